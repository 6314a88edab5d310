import fc from 'fast-check'
import { expect, test } from 'vitest'
import { decimalBytes, decimalText, plainText, unscaledOf } from '../../src/avro/decimals.ts'

test('a number and its plain text are the same number, without an exponent', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), n => {
      expect(Number(plainText(n))).toBe(n === 0 ? 0 : n)
      expect(plainText(n)).toMatch(/^-?\d+(\.\d+)?$/)
    }),
  )
})

test('a decimal comes back from its bytes, in as few of them as it takes', () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(10n ** 38n) + 1n, max: 10n ** 38n - 1n }), fc.nat(38), (unscaled, scale) => {
      const bytes = decimalBytes(unscaled)
      const text = decimalText(bytes, scale)
      expect(BigInt(text.replace('.', ''))).toBe(unscaled)
      expect(text.split('.')[1]?.length ?? 0).toBe(scale)
      if (bytes.length > 1) expect(BigInt.asIntN(8 * (bytes.length - 1), unscaled)).not.toBe(unscaled)
    }),
  )
})

test('numbers of up to 15 digits are exact at their scale', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(6), (digits, scale) => {
      const unscaled = digits % 10 ** 15
      expect(unscaledOf(Number(`${unscaled}e-${scale}`), scale)).toBe(BigInt(unscaled))
    }),
  )
})

test('the bytes are those of the Avro specification: two’s complement, big end first', () => {
  expect([0n, 1n, -1n, 127n, 128n, -128n, -129n, 256n].map(n => decimalBytes(n).toString('hex'))).toEqual([
    '00',
    '01',
    'ff',
    '7f',
    '0080',
    '80',
    'ff7f',
    '0100',
  ])
  expect(decimalText(Buffer.alloc(0), 2)).toBe('0.00')
})

test('what is cut off is rounded half away from zero; what does not fit is none', () => {
  expect([1.005, 0.5, -0.5, 2.4999].map(n => unscaledOf(n, 0))).toEqual([1n, 1n, -1n, 2n])
  expect(unscaledOf(1.005, 2)).toBe(101n)
  expect(unscaledOf(9.99e37, 0)).toBe(999n * 10n ** 35n)
  expect(unscaledOf(1e38, 0)).toBeUndefined()
  expect(unscaledOf(1, 38)).toBeUndefined()
})
