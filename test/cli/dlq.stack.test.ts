import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { main } from '../../src/cli/program.ts'
import type { Config } from '../../src/core/config.ts'
import { parseConfig } from '../../src/core/config-load.ts'
import { type IncomingRecord, type OutgoingRecord, offset } from '../../src/core/contract.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import { connectKafka, type KafkaConnection } from '../../src/kafka/connection.ts'
import { kafkaSettings, startConnector } from '../../src/main.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { deadLetterRecord } from '../../src/sink/reject.ts'
import { configText, readAll, testEvents } from '../routes/world.ts'
import { fakeTerminal } from './fake-terminal.ts'
import { until } from './until.ts'

const directory = mkdtempSync(join(tmpdir(), 'dlq-'))
const file = join(directory, 'connector.yaml')
let simulator: Simulator
let config: Config
let kafka: KafkaConnection
let commands: string
let written = 0

beforeAll(async () => {
  simulator = await startSimulator()
})
afterAll(async () => {
  await simulator?.close()
  rmSync(directory, { recursive: true })
})

/** Topics of its own for each test. */
beforeEach(async () => {
  const text = configText(simulator)
  writeFileSync(file, text)
  config = parseConfig(text, { file, env: {} })
  kafka = await connectKafka(kafkaSettings(config.kafka), () => undefined)
  commands = `${config.kafka.topicPrefix}.contact.commands`
  const partitions = (topic: string, count: number, bytes = 1_000_000) => ({
    topic,
    partitions: count,
    replicationFactor: 1,
    config: { 'max.message.bytes': String(bytes) },
  })
  await kafka.ensureTopics([partitions(commands, 2), partitions(`${commands}.dlq`, 1, 1_065_536)])
  written = 0
  return () => kafka.close()
})

async function write(records: readonly OutgoingRecord[]): Promise<void> {
  const writer = kafka.writer(`test-${randomUUID()}`)
  await writer.fence()
  await writer.transact('test', tx => tx.send(records))
  await writer.close()
}

interface Dead {
  readonly value: Buffer | null
  readonly key?: string
  readonly partition?: number
  readonly headers?: Record<string, Buffer>
  readonly messageBytesMax?: number
  /** Parked because its create was in doubt. */
  readonly isParked?: boolean
}

/** Dead letters as the sink writes them. */
const bury = (...letters: readonly Dead[]) =>
  write(
    letters.map(({ value, key = 'k', partition = 0, headers = {}, messageBytesMax = 1_065_536, isParked }) => {
      const place = { topic: commands, partition, offset: offset(written++), timestampMs: 0 }
      const record: IncomingRecord = { ...place, key: Buffer.from(key), value, headers }
      const code = isParked ? 'salesforce.unknown_outcome' : 'command.unreadable'
      const error = new ConnectorError(code, `reason ${record.offset}`)
      const to = { topic: `${commands}.dlq`, partitions: 1, messageBytesMax, connector: config.connector }
      return deadLetterRecord({ kind: 'dead-letter', record, error, ...(isParked && { stage: 'execute' }) }, to)
    }),
  )

const call = async (...args: string[]) => {
  const terminal = fakeTerminal()
  const code = await main(['dlq', ...args, '--config', file], terminal)
  const lines = terminal.outText() === '' ? [] : terminal.outText().split('\n')
  return { code, lines, notes: terminal.noteText() }
}
const jsonOf = (lines: readonly string[]) => lines.map(line => JSON.parse(line) as Record<string, unknown>)
const commandsNow = async () => [...(await readAll(kafka, commands, 0)), ...(await readAll(kafka, commands, 1))]

describe('dlq list', () => {
  test('filters, decodes what it can, and shows the rest without letting it steer the terminal', async () => {
    await bury(
      { value: Buffer.from('{"action":"CreateContact","fields":{"LastName":"Needle"}}'), key: 'one' },
      { value: Buffer.from([1, 2, 0x1b, 0x5b, 0x32, 0x4a]), key: '\u001b]0;x\u0007' },
      { value: Buffer.from([0, 0x7f, 0xff, 0xff, 0xff, 9]), partition: 1 },
      { value: null },
    )
    const { code, lines } = await call('list', '--json')
    expect(code).toBe(0)
    expect(jsonOf(lines)).toMatchObject([
      {
        half: 'commands',
        object: 'Contact',
        stage: 'VALUE_CONVERTER',
        errorClass: 'command.unreadable',
        reason: 'reason 0',
        from: { topic: commands, partition: 0, offset: 0 },
        key: 'one',
        value: { fields: { LastName: 'Needle' } },
        replayable: true,
      },
      { value: null, unreadable: expect.stringContaining('byte 1'), bytes: 6, excerpt: '\u0001\u0002\u001b[2J' },
      { from: { partition: 1 }, unreadable: expect.stringContaining('no Avro schema'), bytes: 6 },
      { value: null, bytes: 0 },
    ])
    const reasons = async (...args: string[]) =>
      jsonOf((await call('list', '--json', ...args)).lines).map(({ reason }) => reason)
    expect(await reasons('--text', 'needle')).toEqual(['reason 0'])
    expect(await reasons('--text', 'REASON 2')).toEqual(['reason 2'])
    expect(await reasons('--max', '2')).toEqual(['reason 0', 'reason 1'])
    expect(await reasons('--stage', 'value_converter', '--error', 'unreadable')).toHaveLength(4)
    expect(await reasons('--stage', 'serialize')).toEqual([])
    expect(await reasons('--error', 'too_large')).toEqual([])
    expect(await reasons('--object', 'Lead')).toEqual([])
    expect(await reasons('events')).toEqual([])
    expect(await reasons('--until', '2026-01-01')).toEqual([])
    expect(await reasons('--since', '2026-01-01T00:00:00Z')).toHaveLength(4)
    expect(await reasons('--since', '2999-01-01')).toEqual([])
    const people = await call('list')
    expect(people.notes).toBe('4 dead letters')
    const control = [...people.lines.join('')].filter(char => /\p{Cc}/u.test(char))
    expect(control).toEqual([])
  })

  test('events that could not be written are listed with their reason, and not replayed', async () => {
    const topic = `${config.kafka.topicPrefix}.contact.events.dlq`
    await kafka.ensureTopics([{ topic, partitions: 1, replicationFactor: 1, config: {} }])
    const value = JSON.stringify({ recordId: '003000000000001AAA', object: 'Contact', reason: 'too large' })
    const headers = { '__connect.errors.stage': Buffer.from('serialize') }
    await write([{ topic, partition: 0, key: Buffer.from('003000000000001AAA'), value: Buffer.from(value), headers }])
    const [letter] = jsonOf((await call('list', 'events', '--json', '--stage', 'serialize')).lines)
    expect(letter).toMatchObject({ half: 'events', reason: 'too large', from: null, replayable: false })
    const refused = await call('replay', 'events')
    expect(refused.code).toBe(2)
    expect(refused.notes).toMatch(/hold no event that could be replayed\nremedy: .*snapshot/)
  })

  test.each([['--since', 'yesterday'], ['--max', '0'], ['everything']])(
    'list %s %s is a usage error',
    async (...args) => {
      expect((await call('list', ...args)).code).toBe(2)
    },
  )
})

describe('dlq replay', () => {
  const some = (count: number): Dead[] =>
    Array.from({ length: count }, (_, i) => ({ value: Buffer.from(`letter ${i}`), key: `k${i}`, partition: i % 2 }))

  test('puts the letters back as they came, once, whatever the filters', async () => {
    const headers = { trace: Buffer.from([0, 255]), kafka_correlationId: Buffer.from([1, 2]) }
    const stub = { value: Buffer.alloc(2_000, 'y'), messageBytesMax: 1_000 }
    await bury({ value: Buffer.from('letter a'), key: 'a', partition: 1, headers }, { value: null, key: 'b' }, stub)
    const dry = await call('replay', '--dry-run')
    expect(dry.lines.filter(line => line.includes('reason'))).toHaveLength(2)
    expect(dry.notes).toMatch(/^2 would be replayed; 1 are kept only by where they stood/)
    expect(await commandsNow()).toEqual([])
    const first = await call('replay', '--text', 'letter a', '--json')
    expect(jsonOf(first.lines)).toEqual([{ replayed: 1, before: 0, inDoubt: 0, stubs: 0, tooLarge: 0 }])
    expect(first.notes).toBe('1 replayed')
    const second = await call('replay', '--json')
    expect(jsonOf(second.lines)).toEqual([{ replayed: 1, before: 1, inDoubt: 0, stubs: 1, tooLarge: 0 }])
    const third = await call('replay')
    expect(third.lines.join()).toMatch(/^0 replayed; 2 were replayed before; 1 are kept only by where they stood/)
    const back = await commandsNow()
    expect(back.map(({ partition, key, value }) => [partition, String(key), value && String(value)])).toEqual([
      [0, 'b', null],
      [1, 'a', 'letter a'],
    ])
    expect(back[1]!.headers).toEqual(headers)
  })

  test('what is in doubt is replayed only when it is asked for', async () => {
    await bury({ value: Buffer.from('unreadable') }, { value: Buffer.from('in doubt'), isParked: true })
    const all = await call('replay')
    expect(all.lines.join()).toMatch(/^1 replayed; 1 are in doubt and were left alone/)
    expect((await commandsNow()).map(({ value }) => String(value))).toEqual(['unreadable'])
    expect((await call('replay', '--error', 'unknown_outcome')).lines.join()).toMatch(/^1 replayed/)
    expect((await commandsNow()).map(({ value }) => String(value))).toEqual(['unreadable', 'in doubt'])
  })

  test('a letter that is sound now is answered by the sink', async () => {
    const connector = await startConnector(config, testEvents(config), { source: false, sink: true })
    const commandId = randomUUID()
    await bury({
      value: Buffer.from(JSON.stringify({ commandId, action: 'CreateContact', fields: { LastName: 'Raised' } })),
      partition: 1,
    })
    expect((await call('replay')).code).toBe(0)
    const reply = await until(async () => (await readAll(kafka, commands.replace('commands', 'replies'), 1))[0])
    expect(JSON.parse(String(reply.value))).toMatchObject({ commandId, status: 'SUCCEEDED', duplicate: false })
    await connector.stop()
  })

  test.each(['replay:before-send', 'replay:after-send', 'replay:before-commit', 'replay:after-commit'])(
    'killed at %s: nothing is lost, nothing comes twice',
    async point => {
      const count = 1_200 // three transactions
      await bury(...some(count))
      const child = spawn(process.execPath, ['test/cli/replay-process.ts', 'dlq', 'replay', '--config', file], {
        env: { ...process.env, FAIL_AT: point, FAIL_AFTER: '1' },
        stdio: 'ignore',
      })
      expect((await once(child, 'exit'))[1]).toBe('SIGKILL')
      const last = await call('replay', '--json')
      const [counts] = jsonOf(last.lines) as [{ replayed: number; before: number }]
      expect(counts).toMatchObject(point.endsWith('after-commit') ? { before: 1_000 } : { before: 500 })
      expect(counts.replayed + counts.before).toBe(count)
      const back = (await commandsNow()).map(({ value }) => String(value)).sort()
      expect(back).toEqual(
        some(count)
          .map(({ value }) => String(value))
          .sort(),
      )
    },
  )

  test('a second replay takes over from one that stands still, which then writes nothing more', async () => {
    await bury(...some(3))
    const id = `${config.environment}.${config.connector}.dlq.replay`
    const stuck = kafka.writer(id)
    await stuck.fence()
    const begun = Promise.withResolvers<void>()
    const goOn = Promise.withResolvers<void>()
    const failed = stuck.transact('replay', async tx => {
      await tx.send([{ topic: commands, partition: 0, key: null, value: Buffer.from('letter 0') }])
      begun.resolve()
      await goOn.promise
    })
    await begun.promise
    expect((await call('replay')).lines.join()).toMatch(/^3 replayed/)
    goOn.resolve()
    await expect(failed).rejects.toMatchObject({ code: expect.stringMatching(/^kafka\./) })
    expect((await commandsNow()).map(({ value }) => String(value)).sort()).toEqual(['letter 0', 'letter 1', 'letter 2'])
  })
})
