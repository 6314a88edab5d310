import { join } from 'node:path'
import type { Guard } from './guarded.ts'
import { jvmFlags } from './java.ts'
import { probeRegistry, untilReady } from './probe.ts'

export const registryVersion = '3.0.9'
// Later versions need JDK 21, and no other 3.x that runs on 17 is published.
export const registryArtifact = `io.apicurio:apicurio-registry-app:${registryVersion}:tar.gz:all`
/** Path of Apicurio's Confluent-compatible API. */
export const registryPath = '/apis/ccompat/v7'

const readyMsMax = 90_000

/**
 * Starts Apicurio with its storage in memory, on ports of its own choice; resolves to the URL of its
 * Confluent-compatible API when that answers.
 */
export async function startRegistry(guard: Guard, java: string, appDir: string): Promise<string> {
  const process = await guard.start('apicurio', java, [
    ...jvmFlags,
    '-Xmx512m',
    '-Djava.util.logging.manager=org.jboss.logmanager.LogManager',
    '-Dquarkus.http.host=127.0.0.1',
    '-Dquarkus.http.port=0',
    '-Dquarkus.management.host=127.0.0.1',
    '-Dquarkus.management.port=0',
    '-Dquarkus.banner.enabled=false',
    '-Dquarkus.log.level=WARN',
    '-Dquarkus.log.category."io.apicurio".level=WARN',
    // The one that tells the port.
    '-Dquarkus.log.category."io.quarkus".level=INFO',
    '-jar',
    join(appDir, `apicurio-registry-app-${registryVersion}-runner.jar`),
  ])
  let url = ''
  const probe = async () => {
    const address = /Listening on: (http:\/\/[\d.]+:\d+)/.exec(await process.logTail())?.[1]
    if (!address) throw new Error('it has not told its port yet')
    url = address + registryPath
    await probeRegistry(url)
  }
  await untilReady('Apicurio Registry', process, probe, readyMsMax)
  return url
}
