import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { type Containers, docker } from '../../src/stack/docker.ts'
import type { EngineRequest } from '../../src/stack/engine.ts'

const one = { brokerNodes: 1, env: {} } as const
const request: EngineRequest = {
  ...one,
  broker: false,
  registry: true,
  brokerConfig: {},
  last: false,
  progress: () => {},
}

/** A docker command that answers by its first words and notes its calls; what is not in `answers` fails. */
function fakeDocker(answers: Record<string, string>) {
  const calls: { line: string; timeoutMs: number | undefined }[] = []
  const execute = async (_: string, args: readonly string[], timeoutMs?: number) => {
    const line = args.join(' ')
    calls.push({ line, timeoutMs })
    const found = Object.entries(answers).find(([start]) => line.startsWith(start))
    if (!found) throw new Error(`docker ${line} failed`)
    return found[1]
  }
  return { execute, calls }
}

interface FakeContainers extends Containers {
  readonly log: unknown[]
}

/** Containers that are up at once; `port` is where every published port leads to. */
function fakeContainers(port: number, failing = ''): FakeContainers {
  const log: unknown[] = []
  class GenericContainer {
    readonly #image: string
    constructor(image: string) {
      this.#image = image
    }
    withEnvironment(environment: Record<string, string>) {
      log.push({ image: this.#image, environment })
      return this
    }
    withExposedPorts(...ports: unknown[]) {
      log.push({ image: this.#image, ports })
      return this
    }
    withStartupTimeout() {
      return this
    }
    async start() {
      if (this.#image.startsWith(failing) && failing) throw new Error(`${failing} does not start`)
      log.push(`start ${this.#image}`)
      return {
        getHost: () => '127.0.0.1',
        getMappedPort: () => port,
        getId: () => 'id',
        stop: async () => log.push(`stop ${this.#image}`),
      }
    }
  }
  return { GenericContainer, log }
}

async function registryServer(): Promise<number> {
  const server = createServer((_, response) => response.end('[]')).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return (server.address() as AddressInfo).port
}

test('Docker is used only if its daemon answers and testcontainers is there', async () => {
  const up = fakeDocker({ info: '28.2.2\n' }).execute
  const load = async () => fakeContainers(0)
  expect(await docker(up, load).unusable(one)).toBeUndefined()
  expect(await docker(fakeDocker({}).execute, load).unusable(one)).toBe('no Docker daemon answers')
  // Some versions report a missing daemon with an empty version and exit code 0.
  expect(await docker(fakeDocker({ info: '\n' }).execute, load).unusable(one)).toBe('no Docker daemon answers')
  expect(await docker(up, () => Promise.reject(new Error('none'))).unusable(one)).toContain('testcontainers')
  expect(await docker(up, load).unusable({ brokerNodes: 3, env: {} })).toContain('3 nodes')
})

test('an image that is there is not pulled, and the registry’s URL is the published port’s', async () => {
  const port = await registryServer()
  const { execute, calls } = fakeDocker({ 'image inspect': 'sha256:1' })
  const containers = fakeContainers(port)
  const started = await docker(execute, async () => containers).start(request)
  expect(started).toMatchObject({ brokers: undefined, registryUrl: `http://127.0.0.1:${port}/apis/ccompat/v7` })
  expect(calls.map(({ line }) => line)).toEqual(['image inspect --format {{.Id}} apicurio/apicurio-registry:3.0.9'])
  await started.stop()
  expect(containers.log.slice(-2)).toEqual([
    'start apicurio/apicurio-registry:3.0.9',
    'stop apicurio/apicurio-registry:3.0.9',
  ])
})

test('a missing image is pulled, in a minute if there is another engine, longer if there is none', async () => {
  const { execute, calls } = fakeDocker({ pull: '' })
  const engine = docker(execute, async () => fakeContainers(await registryServer()))
  await engine.start(request)
  await engine.start({ ...request, last: true })
  expect(calls.filter(({ line }) => line.startsWith('pull')).map(({ timeoutMs }) => timeoutMs)).toEqual([
    60_000, 900_000,
  ])
})

test('a pull that fails is a failure of the start', async () => {
  const engine = docker(fakeDocker({}).execute, async () => fakeContainers(0))
  await expect(engine.start(request)).rejects.toThrow('docker pull --quiet apicurio/apicurio-registry:3.0.9 failed')
})

test('the broker is told to listen on the port that is published, and its neighbour is stopped if it fails', async () => {
  const containers = fakeContainers(await registryServer(), 'apache/kafka')
  const engine = docker(fakeDocker({ 'image inspect': '' }).execute, async () => containers)
  const brokerConfig = { 'message.max.bytes': '5' }
  await expect(engine.start({ ...request, broker: true, brokerConfig })).rejects.toThrow('apache/kafka does not start')
  const ofBroker = containers.log.filter(entry => (entry as { image?: string }).image?.startsWith('apache/kafka'))
  const [{ environment }, { ports }] = ofBroker as [
    { environment: Record<string, string> },
    { ports: [{ container: number; host: number }] },
  ]
  const { container, host } = ports[0]
  expect(container).toBeGreaterThan(0)
  expect(host).toBe(container)
  expect(environment).toMatchObject({
    CLUSTER_ID: expect.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_-]{21}$/),
    KAFKA_PROCESS_ROLES: 'broker,controller',
    KAFKA_ADVERTISED_LISTENERS: `PLAINTEXT://127.0.0.1:${host}`,
    KAFKA_LISTENERS: expect.stringContaining(`PLAINTEXT://:${host},`),
    KAFKA_MESSAGE_MAX_BYTES: '5',
  })
  expect(containers.log).toContain('stop apicurio/apicurio-registry:3.0.9')
})
