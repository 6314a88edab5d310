import { spawn } from 'node:child_process'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Kafka, logLevel } from 'kafkajs'
import { beforeEach, expect, onTestFinished, type TestContext, test, vi } from 'vitest'
import { jvm } from '../../src/stack/jvm.ts'
import { clusterAt, probeRegistry } from '../../src/stack/probe.ts'
import { startStack } from '../../src/stack/stack.ts'
import { isAlive, waitUntil } from './wait-until.ts'

// Longer than a start may take (90 s), so that on a busy machine its own error is seen first.
vi.setConfig({ testTimeout: 150_000 })

// Where the stack comes from Docker there may be no JDK, and then there is nothing to test here.
beforeEach(async ({ skip }: TestContext) => {
  const reason = await jvm.unusable({ brokerNodes: 1, env: process.env })
  skip(reason !== undefined, reason)
})

const env = { ...process.env, KAFKA_BROKERS: '', SCHEMA_REGISTRY_URL: '' }
const answers = (probe: Promise<unknown>) =>
  probe.then(
    () => true,
    () => false,
  )

/** Starts stack-parent.ts with an empty temporary directory of its own; `nextLine` waits for what it tells. */
async function startParent() {
  const dir = await mkdtemp(join(tmpdir(), 'stack-test-'))
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'stack-parent.ts')], {
    env: { ...process.env, TMPDIR: dir },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(async () => {
    parent.kill('SIGKILL')
    await waitUntil('the stack’s directory is removed', async () => (await readdir(dir)).length === 0)
    await rm(dir, { recursive: true })
  })
  const lines = createInterface(parent.stdout)[Symbol.asyncIterator]()
  const nextLine = async () => String((await lines.next()).value)
  return { parent, dir, nextLine }
}

test('after kill -9 of its parent the whole stack is gone, data included', async () => {
  const { parent, dir, nextLine } = await startParent()
  let last = {} as { brokers?: string[]; registryUrl: string; pid: number }
  while (!last.brokers) last = JSON.parse(await nextLine())
  const [broker] = last.brokers as [string]
  expect(await clusterAt(broker)).toMatchObject({ brokerIds: [1] })
  await probeRegistry(last.registryUrl)
  expect(await readdir(dir)).toHaveLength(1)

  parent.kill('SIGKILL')
  await waitUntil('the broker’s process is gone', () => !isAlive(last.pid))
  await waitUntil('the registry is gone', async () => !(await answers(probeRegistry(last.registryUrl))))
  await waitUntil('the data is gone', async () => (await readdir(dir)).length === 0)
  expect(await answers(clusterAt(broker))).toBe(false)
})

test('after kill -9 of its parent while it starts nothing is left either', async () => {
  const { parent, dir, nextLine } = await startParent()
  for (let line = ''; !line.includes('Starting'); ) line = await nextLine()
  const logs = async () => (await readdir(dir, { recursive: true })).filter(name => name.endsWith('.log'))
  await waitUntil('both processes are started', async () => (await logs()).length === 2)
  parent.kill('SIGKILL')
  // The guard removes the directory only after the last of its processes has ended.
  await waitUntil('the data is gone', async () => (await readdir(dir)).length === 0)
})

test('a broker that is killed and restarted is another process with the same address and data', async () => {
  // The controller lets a killed broker join again when its old session has run out, by default after 9 s.
  const brokerConfig = { 'broker.session.timeout.ms': '2000', 'broker.heartbeat.interval.ms': '200' }
  const stack = await startStack({ env: { ...env, SCHEMA_REGISTRY_URL: 'http://unused' }, brokerConfig }, [jvm])
  onTestFinished(() => stack.stop())
  const [node] = stack.nodes as [(typeof stack.nodes)[0]]
  const { pid } = node
  const admin = new Kafka({ brokers: [...stack.brokers], logLevel: logLevel.NOTHING }).admin()
  await admin.connect()
  await admin.createTopics({ topics: [{ topic: 'kept', numPartitions: 3 }], waitForLeaders: true })
  await admin.disconnect()

  node.kill('SIGKILL')
  await waitUntil('the broker is gone', () => !isAlive(pid))
  await node.restart()
  expect(node.pid).not.toBe(pid)
  await admin.connect()
  const { topics } = await admin.fetchTopicMetadata({ topics: ['kept'] })
  await admin.disconnect()
  expect(topics[0]?.partitions).toHaveLength(3)
})

test('what the broker says of a wrong setting is in the error, and nothing is left', async () => {
  const brokerConfig = { 'message.max.bytes': 'many' }
  const starting = startStack({ env: { ...env, SCHEMA_REGISTRY_URL: 'http://unused' }, brokerConfig }, [jvm])
  await expect(starting).rejects.toThrow(/message\.max\.bytes.*many|many.*message\.max\.bytes/s)
})
