import { randomBytes } from 'node:crypto'
import { afterAll, beforeAll, expect, inject, test, vi } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { codecs } from '../../src/kafka/compression.ts'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import { connect, eventually, newTopic, readAll, valuesOf } from '../kafka/connect.ts'
import { GroupWorld } from '../kafka/group-world.ts'
import { writeWithJava } from './java.ts'

const timeout = 300_000 // the first run downloads Kafka's tools

// Each goes through another part of a codec: literals, short and long repeats, more than one block, bytes that do not pack.
const small = Array.from({ length: 50 }, (_, n) => `{"recordId":"003000000000${n}","title":"Größe ${n % 7}"}`)
const repetitive = ['ab'.repeat(500_000), 'The quick brown fox jumps over the lazy dog. '.repeat(22_000)]
const random = [1, 100, 70_000, 600_000].map(bytes => randomBytes(bytes).toString('base64'))
const values = [...small, ...repetitive, ...random]

let kafka: KafkaConnection
beforeAll(async () => {
  kafka = await connect()
})
afterAll(() => kafka.close())

test.each([
  ['gzip', 1],
  ['snappy', 2],
  ['lz4', 3],
  ['zstd', 4],
] as const)('what Java’s producer packs with %s is read, alone and in a group', { timeout }, async (name, number) => {
  const topic = await newTopic(kafka, 1, { 'max.message.bytes': '8388608' })
  await writeWithJava(inject('kafkaBrokers'), topic, name, values)
  const unpack = vi.spyOn(codecs[number], 'decompress')
  expect(valuesOf(await readAll(kafka, topic))).toEqual(values)
  expect(unpack).toHaveBeenCalled()
  const world = new GroupWorld(kafka)
  const seen: string[] = []
  const { crashes } = await world.join(topic, topic, {
    onBatch: async ({ records, resolve }) => {
      seen.push(...valuesOf(records))
      resolve(offset(records.at(-1)!.offset + 1n))
    },
  })
  await eventually(() => [seen.length, crashes]).toEqual([values.length, []])
  expect(seen).toEqual(values)
  await world.leave()
})
