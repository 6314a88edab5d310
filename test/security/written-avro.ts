import type { AvroRecordSchema, AvroSchema } from '../../src/avro/schema.ts'

type Content = Readonly<Record<string, unknown>>

/** A schema that fits the value, with whatever names it has: a producer registers what it likes. */
export function schemaFor(fullname: string, value: Content): AvroRecordSchema {
  let count = 0
  const of = (each: unknown): AvroSchema => {
    if (typeof each === 'string') return 'string'
    if (typeof each === 'boolean') return 'boolean'
    if (typeof each === 'number') return 'double'
    if (Array.isArray(each)) return { type: 'array', items: 'string' }
    return recordOf(`Part${count++}`, each as Content) as AvroSchema
  }
  const recordOf = (name: string, content: Content): AvroRecordSchema => ({
    type: 'record',
    name,
    fields: Object.entries(content).map(([field, item]) => ({ name: field, type: of(item) })),
  })
  return recordOf(fullname, value)
}

function zigzag(n: number): Buffer {
  const bytes: number[] = []
  let rest = n * 2
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return Buffer.from([...bytes, rest])
}

/** The value in Avro binary, by no library of ours: names that avsc refuses are written as well. */
export function writeAvro(value: unknown): Buffer {
  if (typeof value === 'string') {
    const bytes = Buffer.from(value)
    return Buffer.concat([zigzag(bytes.length), bytes])
  }
  if (typeof value === 'boolean') return Buffer.from([value ? 1 : 0])
  if (typeof value === 'number') {
    const bytes = Buffer.alloc(8)
    bytes.writeDoubleLE(value)
    return bytes
  }
  if (Array.isArray(value))
    return value.length === 0
      ? Buffer.from([0])
      : Buffer.concat([zigzag(value.length), ...value.map(writeAvro), Buffer.from([0])])
  return Buffer.concat(Object.values(value as Content).map(writeAvro))
}
