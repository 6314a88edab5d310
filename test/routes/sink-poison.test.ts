import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest'
import { actions, shapeOf } from '../../src/actions.ts'
import { commandSchema } from '../../src/avro/derive.ts'
import type { Headers, OutgoingRecord } from '../../src/core/contract.ts'
import { unpackedBytesMax } from '../../src/kafka/compression.ts'
import type { Connector } from '../../src/main.ts'
import { isStub } from '../../src/sink/reject.ts'
import { everyType } from '../avro/contact-describe.ts'
import { sendPacked } from '../kafka/packed-batches.ts'
import { Commander } from './commands.ts'
import { openDoor } from './registry-door.ts'
import { startWorld, until, type World } from './world.ts'

interface Poison {
  readonly value: Buffer | null
  readonly headers?: Headers
  /** Undefined: it is a dead letter. */
  readonly status?: 'REJECTED' | 'SUCCEEDED' | 'FAILED'
}

const json = (value: object, headers?: Headers): Poison => ({
  value: Buffer.from(JSON.stringify(value)),
  ...(headers && { headers }),
})
const command = (rest: object = {}) => ({ commandId: randomUUID(), action: 'CreateContact', ...rest })
const sound = (headers: Headers): Poison => ({
  ...json(command({ fields: { LastName: 'Sound' } }), headers),
  status: 'SUCCEEDED',
})

describe('poison', () => {
  let world: World
  let commander: Commander
  let connector: Connector
  let answered = 0
  let whole: Buffer
  let arrayId = 0

  beforeAll(async () => {
    world = await startWorld()
    connector = await world.start({ sink: true })
    commander = await Commander.open(world)
    whole = (await commander.avro('CreateContact', { fields: { LastName: 'Whole' } })).value!
    // A schema of arrays and maps, as anybody may register one.
    const { name, namespace } = commandSchema(everyType, shapeOf('CreateContact', actions.CreateContact!))
    const bombs = [
      { name: 'commandId', type: 'string' },
      { name: 'many', type: { type: 'array', items: 'null' } },
      { name: 'named', type: { type: 'map', values: 'null' } },
    ] as const
    arrayId = await world.registry.register(`bombs-${randomUUID()}`, {
      type: 'record',
      name,
      namespace: `${namespace}.bombs`,
      fields: bombs,
    } as never)
  })
  afterAll(() => world?.close())

  const framed = (id: number, ...bytes: number[]): Buffer => {
    const frame = Buffer.alloc(5)
    frame.writeInt32BE(id, 1)
    return Buffer.concat([frame, Buffer.from(bytes)])
  }
  // 2^31 - 1 items of no bytes each, said in five.
  const count = [0xfe, 0xff, 0xff, 0xff, 0x0f]

  const poisons: Readonly<Record<string, () => Poison>> = {
    'Avro with bytes left over': () => ({ value: Buffer.concat([whole, Buffer.from([0])]) }),
    'Avro that ends early': () => ({ value: whole.subarray(0, -3) }),
    'another magic byte': () => ({ value: Buffer.concat([Buffer.from([3]), whole.subarray(1)]) }),
    'an unknown schema id': () => ({ value: Buffer.concat([framed(0x7ffffff0), whole.subarray(5)]) }),
    'a negative schema id': () => ({ value: framed(-1, 1, 2, 3) }),
    'an array of two thousand million items in five bytes': () => ({ value: framed(arrayId, 2, 0x63, ...count) }),
    'a map of as many': () => ({ value: framed(arrayId, 2, 0x63, 0, ...count) }),
    'a string longer than the value': () => ({ value: framed(arrayId, ...count) }),
    'JSON nested a hundred thousand deep': () => ({ value: Buffer.from(`{"a":${'['.repeat(100_000)}`) }),
    'sound JSON as deep, in a field': () => {
      const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`
      const value = `{"commandId":"${randomUUID()}","action":"CreateContact","fields":{"LastName":${deep}}}`
      return { value: Buffer.from(value), status: 'REJECTED' }
    },
    'a byte order mark': () => ({ value: Buffer.from(`\ufeff${JSON.stringify(command())}`) }),
    'a commandId of 300 characters': () => json({ commandId: 'x'.repeat(300), action: 'CreateContact' }),
    'JSON that is no object': () => ({
      value: Buffer.from('[]'),
      headers: { 'content-type': Buffer.from('application/json') },
    }),
    'headers of 900,000 bytes about nothing readable': () => ({
      value: Buffer.from('?'),
      headers: { huge: Buffer.alloc(900_000, 'h') },
    }),
    'forty thousand headers': () => ({
      value: Buffer.from('?'),
      headers: Object.fromEntries(Array.from({ length: 40_000 }, (_, i) => [`h${i}`, Buffer.from('v')])),
    }),
    'headers named as what every object has': () => ({
      value: Buffer.from('?'),
      headers: Object.fromEntries(
        ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'length'].map(name => [name, Buffer.from(name)]),
      ),
    }),
    'headers of ours, given by a stranger': () => ({
      value: Buffer.from('?'),
      headers: { '__connect.errors.topic': Buffer.from('elsewhere'), '__connect.errors.offset': Buffer.from('x') },
    }),
    'a correlation id of 900,000 bytes': () => sound({ kafka_correlationId: Buffer.alloc(900_000, 'c') }),
    'three ids of 330,000 bytes, all of them echoed': () =>
      sound(
        Object.fromEntries(
          ['ce_id', 'ce_correlationid', 'kafka_correlationId'].map(name => [name, Buffer.alloc(330_000, 'c')]),
        ),
      ),
    'a traceparent that is none': () => sound({ traceparent: Buffer.from('00-\r\n-zz') }),
    'a reply topic that is a path': () => sound({ kafka_replyTopic: Buffer.from('../../etc/passwd') }),
    'names of Object.prototype': () => ({
      value: Buffer.from(
        `{"commandId":"${randomUUID()}","action":"CreateContact","__proto__":{"recordId":"x"},"constructor":1,"fields":{"__proto__":{"LastName":"x"}}}`,
      ),
      status: 'REJECTED',
    }),
  }

  test.each(Object.keys(poisons))(
    '%s: neither blocks the commands around it nor stops their transaction',
    async name => {
      const { value, headers = {}, status } = poisons[name]!()
      const lettersBefore = await world.readAll(`${commander.topic}.dlq`)
      const around = () => commander.json('CreateContact', { fields: { LastName: 'Around' } }, { key: 'one key' })
      const poison: OutgoingRecord = commander.raw(value, { key: 'one key', headers })
      await world.write([around(), poison, around()])
      answered += status ? 3 : 2
      const replies = (await commander.replies(answered)).slice(status ? -3 : -2)
      expect(replies.map(reply => reply.value.status)).toEqual(['SUCCEEDED', ...(status ? [status] : []), 'SUCCEEDED'])
      const letters = (await world.readAll(`${commander.topic}.dlq`)).slice(lettersBefore.length)
      expect(letters).toHaveLength(status ? 0 : 1)
      for (const letter of letters) {
        expect([letter.value, String(letter.key)]).toEqual([value, 'one key'])
        const own = Object.entries(headers).filter(([header]) => !header.startsWith('__connect.errors.'))
        expect(letter.headers).toMatchObject(Object.fromEntries(own))
        expect(String(letter.headers['__connect.errors.topic'])).toBe(commander.topic)
      }
      expect(connector.ready()).toEqual([])
    },
  )
})

test('a batch that unpacks to more than is held becomes one dead letter, and does not stop its partition', async () => {
  const world = await startWorld()
  try {
    const connector = await world.start({ sink: true })
    const commander = await Commander.open(world)
    const around = () => commander.json('CreateContact', { fields: { LastName: 'Around' } })
    await world.write([around()])
    await commander.replies(1)
    const first = await world.kafka.endOffset(commander.topic, 0)
    await sendPacked(commander.topic, [Buffer.alloc(unpackedBytesMax), Buffer.from('{}')])
    await world.write([around()])
    expect((await commander.replies(2)).map(({ value }) => value.status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
    const [letter, ...others] = await world.readAll(`${commander.topic}.dlq`)
    expect(others).toEqual([])
    expect(isStub(letter!.headers)).toBe(true)
    expect(JSON.parse(String(letter!.value))).toEqual({
      topic: commander.topic,
      partition: 0,
      offset: Number(first),
      lastOffset: Number(first) + 1,
      reason: expect.stringContaining(`more than ${unpackedBytesMax} bytes`),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    })
    expect(String(letter!.headers['__connect.errors.exception.class.name'])).toBe('command.unreadable')
    expect(connector.ready()).toEqual([])
    // Committed, not only passed in memory: the next owner does not write it once more.
    await connector.stop()
    await world.start({ sink: true })
    await world.write([around()])
    await commander.replies(3)
    expect(await world.readAll(`${commander.topic}.dlq`)).toHaveLength(1)
  } finally {
    await world.close()
  }
})

test('while the registry is away Avro waits: nothing is dead-lettered or answered, and all is once it is back', async () => {
  const door = await openDoor(inject('registryUrl'))
  const world = await startWorld({ config: { registry: { url: door.url } } })
  try {
    const connector = await world.start({ sink: true })
    const commander = await Commander.open(world)
    const commandId = randomUUID()
    // The first Avro command: the connector does not know its schema id yet.
    const avro = await commander.avro('CreateContact', { commandId, fields: { LastName: 'Patient' } })
    door.shut()
    await world.write([avro, commander.json('CreateContact', { fields: { LastName: 'Behind it' } })])
    await until(
      () => door.refused > 10, // more than one request's own repetitions
      60_000,
      () => 'the registry is not asked again',
    )
    expect([await commander.repliesNow(), await world.readAll(`${commander.topic}.dlq`)]).toEqual([[], []])
    expect(connector.ready()).toEqual([expect.stringMatching(/is degraded: reading schema/)])
    door.open()
    const replies = await commander.replies(2)
    expect(replies.map(({ value }) => value.status)).toEqual(['SUCCEEDED', 'SUCCEEDED'])
    expect(replies[0]!.value).toMatchObject({ commandId, attempts: 1 })
    expect(await world.readAll(`${commander.topic}.dlq`)).toEqual([])
  } finally {
    await world.close()
    await door.close()
  }
})
