import { isUtf8 } from 'node:buffer'
import type { AvroType } from './schema.ts'

/**
 * Reads Avro binary from strangers. avsc's reader trusts its input: an array's count of 2^30 in six bytes makes it push as many
 * values before it notices that the buffer ended. Here every length is checked against the bytes that are left.
 */
interface Cursor {
  readonly bytes: Buffer
  at: number
}

const take = (cursor: Cursor, length: number): number => {
  const from = cursor.at
  if (length < 0 || length > cursor.bytes.length - from) throw new Error('the value ends in the middle of a field')
  cursor.at = from + length
  return from
}

/** A zigzag varint. Two halves of 28 and 36 bits, so that every safe integer is exact. */
function readLong(cursor: Cursor): number {
  let low = 0
  let high = 0
  for (let i = 0; i < 10; i++) {
    const byte = cursor.bytes[take(cursor, 1)]!
    if (i < 4) low += (byte & 0x7f) * 2 ** (7 * i)
    else high += (byte & 0x7f) * 2 ** (7 * (i - 4))
    if (byte < 0x80) {
      const half = high * 2 ** 27 + Math.floor(low / 2)
      const n = low % 2 === 0 ? half : -half - 1
      if (!Number.isSafeInteger(n)) throw new Error('a long is beyond 2^53')
      return n
    }
  }
  throw new Error('a number has more than ten bytes')
}

function readInt(cursor: Cursor): number {
  const n = readLong(cursor)
  if (n !== (n | 0)) throw new Error('an int is beyond 32 bits')
  return n
}

function readBoolean(cursor: Cursor): boolean {
  const byte = cursor.bytes[take(cursor, 1)]!
  if (byte > 1) throw new Error('a boolean is neither 0 nor 1')
  return byte === 1
}

function readSlice(cursor: Cursor, length: number): Buffer {
  const from = take(cursor, length)
  return cursor.bytes.subarray(from, from + length)
}

function readString(cursor: Cursor): string {
  const bytes = readSlice(cursor, readLong(cursor))
  if (!isUtf8(bytes)) throw new Error('a string is not UTF-8')
  return bytes.toString('utf8')
}

/** Runs `item` for each entry of an array's or map's blocks. */
function readBlocks(cursor: Cursor, item: () => void): void {
  for (let count = readLong(cursor); count !== 0; count = readLong(cursor)) {
    if (count < 0) readLong(cursor) // a negative count is followed by the block's size in bytes, which only serves skipping
    for (let left = Math.abs(count); left > 0; left--) {
      const before = cursor.at
      item()
      // Items of no bytes would make the count a loop without end.
      if (cursor.at === before) throw new Error('an array holds items of no bytes')
    }
  }
}

function readMap(cursor: Cursor, values: AvroType): Record<string, unknown> {
  const entries: [string, unknown][] = []
  readBlocks(cursor, () => entries.push([readString(cursor), read(cursor, values)]))
  return Object.fromEntries(entries)
}

function readArray(cursor: Cursor, items: AvroType): unknown[] {
  const values: unknown[] = []
  readBlocks(cursor, () => values.push(read(cursor, items)))
  return values
}

function at<T>(choices: readonly T[], index: number): T {
  const choice = choices[index]
  if (choice === undefined) throw new Error('a union or an enum has no such branch')
  return choice
}

function read(cursor: Cursor, type: AvroType): unknown {
  switch (type.kind) {
    case 'null':
      return null
    case 'boolean':
      return readBoolean(cursor)
    case 'int':
      return readInt(cursor)
    case 'long':
      return readLong(cursor)
    case 'float':
      return cursor.bytes.readFloatLE(take(cursor, 4))
    case 'double':
      return cursor.bytes.readDoubleLE(take(cursor, 8))
    case 'string':
      return readString(cursor)
    case 'bytes':
      return Buffer.from(readSlice(cursor, readLong(cursor)))
    case 'fixed':
      return Buffer.from(readSlice(cursor, type.size))
    case 'enum':
      return at(type.symbols, readInt(cursor))
    case 'array':
      return readArray(cursor, type.items)
    case 'map':
      return readMap(cursor, type.values)
    case 'union':
      return read(cursor, at(type.branches, readLong(cursor)))
    case 'record': {
      const value: Record<string, unknown> = {}
      for (const field of type.fields) value[field.name] = read(cursor, field.type)
      return value
    }
  }
}

/**
 * One Avro value that must fill the bytes exactly: unions bare, longs as numbers, logical types as their plain numbers.
 * Throws a plain Error that says what is wrong and holds nothing of the value; work and memory are bounded by the bytes.
 */
export function readAvro(type: AvroType, bytes: Buffer): unknown {
  const cursor: Cursor = { bytes, at: 0 }
  const value = read(cursor, type)
  if (cursor.at !== bytes.length) throw new Error(`${bytes.length - cursor.at} bytes are left over after the value`)
  return value
}
