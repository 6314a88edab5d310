import { describe, expect, test } from 'vitest'
import { murmur2, partitionFor } from '../../src/kafka/partitioner.ts'

// Kafka's own vectors: clients/src/test/java/org/apache/kafka/common/utils/UtilsTest.java, testMurmur2.
const vectors: readonly (readonly [string, number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

describe('partitionFor', () => {
  test.each(vectors)('hashes %s as Java does', (text, hash) => {
    expect(murmur2(Buffer.from(text))).toBe(hash)
    expect(partitionFor(Buffer.from(text), 7)).toBe((hash & 0x7fffffff) % 7)
  })

  test('leaves records without a key to the caller', () => {
    expect(() => partitionFor(null, 4)).toThrow(expect.objectContaining({ code: 'internal.bug' }))
    expect(() => partitionFor(Buffer.from('a'), 0)).toThrow(expect.objectContaining({ code: 'internal.bug' }))
  })
})
