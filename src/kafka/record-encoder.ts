/** A record as kafkajs hands it to its encoder (src/protocol/recordBatch/record/v0/index.js). */
export interface UnencodedRecord {
  readonly offsetDelta?: number
  readonly timestampDelta?: number
  readonly key: Bytes
  readonly value: Bytes
  readonly headers?: Readonly<Record<string, Bytes | readonly Bytes[]>>
}
type Bytes = Buffer | string | null | undefined

/** The bytes of a record (record format v2, Kafka's protocol guide) behind its length. */
export function recordSize({ offsetDelta = 0, timestampDelta = 0, key, value, headers = {} }: UnencodedRecord): number {
  let headerCount = 0
  let size = 1 + sizeOf(timestampDelta) + sizeOf(offsetDelta) + fieldSize(key) + fieldSize(value)
  for (const name of Object.keys(headers)) {
    const given = headers[name]
    if (Array.isArray(given)) {
      for (const one of given) size += fieldSize(name) + fieldSize(one)
      headerCount += given.length
    } else {
      size += fieldSize(name) + fieldSize(given as Bytes)
      headerCount++
    }
  }
  return size + sizeOf(headerCount)
}

/** Writes a record behind its length and returns where it ends; `size` is its `recordSize`. */
export function writeRecord(into: Buffer, start: number, record: UnencodedRecord, size: number): number {
  const { offsetDelta = 0, timestampDelta = 0, key, value, headers = {} } = record
  let at = writeVarint(into, start, size)
  into[at++] = 0 // attributes: none is defined for a record
  at = writeVarint(into, writeVarint(into, at, timestampDelta), offsetDelta)
  at = writeField(into, writeField(into, at, key), value)
  const names = Object.keys(headers)
  let headerCount = 0
  for (const name of names) headerCount += Array.isArray(headers[name]) ? headers[name].length : 1
  at = writeVarint(into, at, headerCount)
  for (const name of names) {
    const given = headers[name]
    if (Array.isArray(given)) for (const one of given) at = writeField(into, writeField(into, at, name), one)
    else at = writeField(into, writeField(into, at, name), given as Bytes)
  }
  return at
}

const lengthOf = (value: Bytes): number =>
  value === null || value === undefined ? -1 : typeof value === 'string' ? Buffer.byteLength(value) : value.length

function fieldSize(value: Bytes): number {
  const length = lengthOf(value)
  return length < 0 ? sizeOf(length) : sizeOf(length) + length
}

function writeField(into: Buffer, start: number, value: Bytes): number {
  const at = writeVarint(into, start, lengthOf(value))
  if (value === null || value === undefined) return at
  return at + (typeof value === 'string' ? into.write(value, at) : value.copy(into, at))
}

// Signed numbers as unsigned ones, near zero small (zigzag); by arithmetic, for times may differ by more than 31 bits.
const zigzag = (n: number): number => (n < 0 ? -2 * n - 1 : 2 * n)

/** The bytes of a varint. */
export function sizeOf(n: number): number {
  let size = 1
  for (let rest = zigzag(n); rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

/** Writes a varint and returns where it ends. */
function writeVarint(into: Buffer, start: number, n: number): number {
  let at = start
  let rest = zigzag(n)
  for (; rest >= 128; rest = Math.floor(rest / 128)) into[at++] = (rest % 128) + 128
  into[at++] = rest
  return at
}
