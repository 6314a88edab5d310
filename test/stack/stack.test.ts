import { expect, test } from 'vitest'
import { isConnectorError } from '../../src/core/errors.ts'
import type { Engine, EngineRequest } from '../../src/stack/engine.ts'
import { startStack } from '../../src/stack/stack.ts'

interface FakeEngine extends Engine {
  readonly requests: EngineRequest[]
  stops: number
}

function fakeEngine(name: Engine['name'], behaviour: { unusable?: string; failure?: Error } = {}): FakeEngine {
  const engine: FakeEngine = {
    name,
    requests: [],
    stops: 0,
    unusable: async () => behaviour.unusable,
    start: async request => {
      engine.requests.push(request)
      if (behaviour.failure) throw behaviour.failure
      return {
        brokers: request.broker ? [`${name}:1`] : undefined,
        registryUrl: request.registry ? `http://${name}` : undefined,
        nodes: [],
        stop: async () => {
          engine.stops++
        },
      }
    },
  }
  return engine
}

const both = { KAFKA_BROKERS: 'a:1, b:2,', SCHEMA_REGISTRY_URL: 'http://registry' }

test('brokers and registry of the environment are used, and no engine is asked', async () => {
  const jvm = fakeEngine('jvm')
  const stack = await startStack({ env: both }, [jvm])
  expect(stack).toMatchObject({
    brokers: ['a:1', 'b:2'],
    registryUrl: 'http://registry',
    engine: 'environment',
    nodes: [],
  })
  await stack.stop()
  expect(jvm.requests).toEqual([])
  expect(jvm.stops).toBe(0)
})

test('what the environment lacks is started, and only that', async () => {
  const jvm = fakeEngine('jvm')
  const withRegistry = await startStack({ env: { KAFKA_BROKERS: 'a:1' } }, [jvm])
  expect(withRegistry).toMatchObject({ brokers: ['a:1'], registryUrl: 'http://jvm', engine: 'jvm' })
  const withBroker = await startStack({ env: { SCHEMA_REGISTRY_URL: 'http://registry' } }, [jvm])
  expect(withBroker).toMatchObject({ brokers: ['jvm:1'], registryUrl: 'http://registry', engine: 'jvm' })
  expect(jvm.requests.map(({ broker, registry }) => ({ broker, registry }))).toEqual([
    { broker: false, registry: true },
    { broker: true, registry: false },
  ])
})

test('empty settings count as not set', async () => {
  const stack = await startStack({ env: { KAFKA_BROKERS: ' ', SCHEMA_REGISTRY_URL: '' } }, [fakeEngine('jvm')])
  expect(stack).toMatchObject({ brokers: ['jvm:1'], registryUrl: 'http://jvm' })
})

test('the first usable engine is taken, and stopped by stop()', async () => {
  const [docker, jvm] = [fakeEngine('docker'), fakeEngine('jvm')]
  const stack = await startStack({ env: {}, brokerConfig: { a: 'b' } }, [docker, jvm])
  expect(stack.engine).toBe('docker')
  expect(docker.requests).toMatchObject([{ last: false, brokerNodes: 1, brokerConfig: { a: 'b' } }])
  await stack.stop()
  expect([docker.stops, jvm.requests.length]).toEqual([1, 0])
})

test('an engine that fails is followed by the next one, which says so', async () => {
  const lines: string[] = []
  const docker = fakeEngine('docker', { failure: new Error('the pull took too long.') })
  const stack = await startStack({ env: {}, progress: line => lines.push(line) }, [docker, fakeEngine('jvm')])
  expect(stack.engine).toBe('jvm')
  expect(lines).toEqual(['docker: the pull took too long. Trying jvm.'])
})

test('the last usable engine is told so, and its failure is the failure', async () => {
  const failure = new Error('no room')
  const docker = fakeEngine('docker', { failure })
  await expect(startStack({ env: {} }, [docker, fakeEngine('jvm', { unusable: 'no Java found' })])).rejects.toBe(
    failure,
  )
  expect(docker.requests).toMatchObject([{ last: true }])
})

test('without an engine the error says what was looked for and what to install', async () => {
  const engines = [
    fakeEngine('docker', { unusable: 'no Docker daemon answers' }),
    fakeEngine('jvm', { unusable: 'no Java found' }),
  ]
  const error = await startStack({ env: {} }, engines).catch((e: unknown) => e)
  if (!isConnectorError(error, 'stack.unavailable')) throw error
  expect(error.consequence).toBe('exit-config')
  expect(error.message).toContain('docker: no Docker daemon answers; jvm: no Java found')
  expect(error.remedy).toMatch(/JDK 17.*Maven.*Docker.*KAFKA_BROKERS.*SCHEMA_REGISTRY_URL/)
})
