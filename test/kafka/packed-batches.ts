import { gzipSync } from 'node:zlib'
import { createKafka, promptRetry } from '../../src/kafka/client.ts'
import { codecs } from '../../src/kafka/compression.ts'
import type { Decoder, FetchedMessages } from '../../src/kafka/kafkajs-internals.ts'
import { kafkajs } from '../../src/kafka/kafkajs-repairs.ts'
import { settings } from './connect.ts'
import { internal } from './unrepaired.ts'

export type CodecNumber = keyof typeof codecs

export const packedValues = ['one', 'Größe', 'ab'.repeat(50), 'Okafor, Okafor and Okafor']

/** Records with these values as Kafka's console producer 4.3.1 packed them, by codec. */
export const packedByJava: Readonly<Record<CodecNumber, Buffer>> = {
  1: Buffer.from(
    'H4sIAAAAAAAA/xNiYGBgZMvPS2WQYpBhYuRzLzq87fD8VIZrjAxyLIwnGBOTaA8Z7Bjk2BiN/LMT0/KLdBQgtEJiXgqUyQAA0hvFMqUAAAA=',
    'base64',
  ),
  2: Buffer.from(
    'glNOQVBQWQAAAAABAAAAAQAAAE6oAZASAAAAAQZvbmUAHAC6AQIBDkdyw7bDn2UA2AEAugEEAcgBYWJh/gIAggIAPABAALoBBgEyT2thZm9yLCAJCCwgYW5kIE9rYWZvcgA=',
    'base64',
  ),
  3: Buffer.from(
    'BCJNGGBAgkoAAAD/FRIAAAABBm9uZQAcAMYBAgEOR3LDtsOfZQDYAQDGAQQByAFhYgIAT/IBAEAAxgEGATJPa2Fmb3IsIAgAwCBhbmQgT2thZm9yAAAAAAA=',
    'base64',
  ),
  4: Buffer.from(
    'KLUv/QBYVAIABAQSAAAAAQZvbmUAHACmAgIBDkdyw7bDn2UA2AEApgIEAcgBYWIAQACmAgYBMk9rYWZvciwgIGFuZCBPa2Fmb3IAAgBWhsVvck8BAAA=',
    'base64',
  ),
}

const headerBytes = 61

/** The record batch at offset 40 with these packed records, as a fetch brings it. */
export function batchOf(codec: CodecNumber, records: number, packed: Buffer): Buffer {
  const header = Buffer.alloc(headerBytes)
  header.writeBigInt64BE(40n, 0)
  header.writeInt32BE(headerBytes - 12 + packed.length, 8)
  header.writeInt8(2, 16)
  header.writeInt16BE(codec, 21)
  header.writeInt32BE(records - 1, 23)
  header.writeInt32BE(records, 57)
  return Buffer.concat([header, packed])
}

/** What the product's kafkajs makes of the batches. */
export async function decodeBatches(...batches: readonly Buffer[]): Promise<FetchedMessages> {
  const bytes = Buffer.concat(batches)
  const size = Buffer.alloc(4)
  size.writeInt32BE(bytes.length)
  const decode = internal<(decoder: Decoder) => Promise<FetchedMessages>>(
    'src/protocol/requests/fetch/v4/decodeMessages.js',
  )
  const DecoderOf = internal<new (bytes: Buffer) => Decoder>('src/protocol/decoder.js')
  return decode(new DecoderOf(Buffer.concat([size, bytes])))
}

/** Writes each list of values as one batch packed by gzip; the product packs nothing, so its codec is lent what that needs. */
export async function sendPacked(topic: string, ...batches: readonly (readonly Buffer[])[]): Promise<void> {
  const pack = async ({ buffer }: { buffer: Buffer }): Promise<Buffer> => gzipSync(buffer)
  const { GZIP } = kafkajs.CompressionTypes
  kafkajs.CompressionCodecs[GZIP] = () => ({ ...codecs[1], compress: pack })
  const producer = createKafka(settings(), () => undefined, promptRetry).producer()
  await producer.connect()
  for (const values of batches) {
    const messages = values.map(value => ({ partition: 0, key: 'k', value }))
    await producer.send({ topic, compression: GZIP, messages })
  }
  await producer.disconnect()
}
