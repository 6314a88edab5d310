import { brokerArtifacts, kafkaVersion, startBrokers } from './broker.ts'
import { run, ticking } from './command.ts'
import type { Engine, EngineRequest, Started } from './engine.ts'
import { startGuard } from './guarded.ts'
import { areCached, resolveArchive, resolveJars } from './jars.ts'
import { javaCommand, javaMajor } from './java.ts'
import { registryArtifact, registryVersion, startRegistry } from './registry.ts'

const javaMajorMin = 17
const mavenAnswerMsMax = 30_000
const bindAttemptsMax = 3
const portTaken = /BindException|Address already in use|already bound|in use by another process/i

async function unusable({ env }: Pick<EngineRequest, 'env'>): Promise<string | undefined> {
  const version = await javaMajor(env)
  if (version === 0) return 'no Java found'
  if (version < javaMajorMin) return `Java ${version} found, ${javaMajorMin} or newer is needed`
  if ((await areCached(brokerArtifacts)) && (await areCached([registryArtifact]))) return undefined
  return run('mvn', ['-v'], mavenAnswerMsMax).then(
    () => undefined,
    () => 'no Maven found',
  )
}

async function start(request: EngineRequest): Promise<Started> {
  const { progress } = request
  // One after the other: two Mavens at once gain nothing and mix their progress.
  const classpath = request.broker ? await resolveJars(brokerArtifacts, progress) : undefined
  const appDir = request.registry ? await resolveArchive(registryArtifact, progress) : undefined
  const names = [classpath && `Kafka ${kafkaVersion}`, appDir && `Apicurio Registry ${registryVersion}`]
  const line = `Starting ${names.filter(Boolean).join(' and ')}`
  progress(`${line}.`)
  for (let attempt = 1; ; attempt++) {
    try {
      const starting = startOnce(request, classpath, appDir)
      return await ticking(starting, seconds => `${line}: ${seconds} s.`, progress)
    } catch (error) {
      // A free port may be taken between its choice and its use. Then everything is chosen again.
      if (attempt === bindAttemptsMax || !portTaken.test(String(error))) throw error
    }
  }
}

async function startOnce(
  { brokerNodes, brokerConfig, env }: EngineRequest,
  classpath: string | undefined,
  appDir: string | undefined,
): Promise<Started> {
  const java = javaCommand(env)
  const guard = await startGuard()
  try {
    const [nodes, registryUrl] = await Promise.all([
      classpath ? startBrokers({ guard, java, classpath, count: brokerNodes, config: brokerConfig }) : [],
      appDir ? startRegistry(guard, java, appDir) : undefined,
    ])
    const brokers = classpath ? nodes.map(node => node.address) : undefined
    return { brokers, registryUrl, nodes, stop: () => guard.stop() }
  } catch (error) {
    await guard.stop()
    throw error
  }
}

/** Broker and registry as Java processes of this machine, from Maven's jars. */
export const jvm: Engine = { name: 'jvm', unusable, start }
