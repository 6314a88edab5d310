import fc from 'fast-check'
import { expect, test } from 'vitest'
import { isRecordId, to18 } from '../../src/salesforce/ids.ts'

// Ids printed in Salesforce's documentation (salesforce-facts 10.1).
const printed = [
  '0013000000FzN3rAAF',
  '001D000000IqhSLIAZ',
  '003RO0000035WQgYAM',
  '750R0000000zw4yIAA',
  '00DB0000000TfcRMAS',
]

test.each(printed)('%s is the long form of its first 15 characters', id => {
  expect(to18(id.slice(0, 15))).toBe(id)
  expect(to18(id)).toBe(id)
})

test('the id that the documentation prints with a wrong checksum is none', () => {
  expect(isRecordId('001900K0001pPuOAAU')).toBe(false)
  expect(() => to18('001900K0001pPuOAAU')).toThrowError(expect.objectContaining({ code: 'command.invalid' }))
})

test('a changed letter of the checksum is noticed', () => {
  const id = fc.stringMatching(/^[A-Za-z0-9]{15}$/)
  fc.assert(
    fc.property(
      id,
      fc.integer({ min: 15, max: 17 }),
      fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'),
      (short, at, letter) => {
        const long: string = to18(short)
        const changed = long.slice(0, at) + letter + long.slice(at + 1)
        expect(isRecordId(changed)).toBe(changed === long)
      },
    ),
  )
})

test('changing the case of a letter in the short part is noticed by the long form', () => {
  const id = fc.stringMatching(/^[a-z]{15}$/)
  fc.assert(
    fc.property(id, fc.nat(14), (short, at) => {
      const long: string = to18(short)
      expect(isRecordId(long.slice(0, at) + long[at]!.toUpperCase() + long.slice(at + 1))).toBe(false)
    }),
  )
})

test.each(["003' OR Id != '", '003000000000000AAA/../../Account', '', '003', '003000000000000é', '00300000000000\n'])(
  '%j is no id',
  text => {
    expect(isRecordId(text)).toBe(false)
  },
)

test('the key prefix must fit', () => {
  expect(isRecordId('003RO0000035WQgYAM', '003')).toBe(true)
  expect(isRecordId('003RO0000035WQgYAM', '001')).toBe(false)
})
