import fc from 'fast-check'

/** A record with a field of each type. */
export const anyType = {
  type: 'record',
  name: 'n.All',
  fields: [
    { name: 'b', type: 'boolean' },
    { name: 'i', type: 'int' },
    { name: 'l', type: 'long' },
    { name: 'f', type: 'float' },
    { name: 'd', type: 'double' },
    { name: 's', type: 'string' },
    { name: 'y', type: 'bytes' },
    { name: 'e', type: { type: 'enum', name: 'E', symbols: ['A', 'B'] } },
    { name: 'x', type: { type: 'fixed', name: 'X', size: 2 } },
    { name: 'a', type: { type: 'array', items: ['null', 'E'] } },
    { name: 'm', type: { type: 'map', values: { type: 'array', items: 'long' } } },
    { name: 'u', type: ['string', 'null', 'boolean', 'double', { type: 'array', items: 'int' }] },
    { name: 'next', type: ['null', 'All'] },
  ],
} as const

// avsc 5.7.9 writes a long below -2^52 as another number and refuses 2^53 - 1.
const long = fc.integer({ min: -(2 ** 52), max: Number.MAX_SAFE_INTEGER - 1 })
const text = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 200 }), fc.string({ maxLength: 70 }))
/** Its values, but for longs that avsc cannot write. */
export const { value: anyValue } = fc.letrec<{ value: unknown }>(tie => ({
  value: fc.record({
    b: fc.boolean(),
    i: fc.integer(),
    l: long,
    f: fc.float(),
    d: fc.double(),
    s: text,
    y: fc.uint8Array().map(bytes => Buffer.from(bytes)),
    e: fc.constantFrom('A', 'B'),
    x: fc.uint8Array({ minLength: 2, maxLength: 2 }).map(bytes => Buffer.from(bytes)),
    a: fc.array(fc.constantFrom(null, 'A', 'B')),
    m: fc.dictionary(text, fc.array(long)),
    u: fc.oneof(text, fc.constant(null), fc.boolean(), fc.double(), fc.array(fc.integer())),
    next: fc.option(tie('value'), { depthSize: 'small', maxDepth: 3 }),
  }),
}))
