import { expect, test } from 'vitest'
import { makeRecordId, toRecordId } from '../../src/simulator/org/record-id.ts'

test('ids printed in Salesforce’s documentation have the checksum we compute', () => {
  for (const id of ['001D000000IqhSLIAZ', '003RO0000035WQgYAM', '750R0000000zw4yIAA', '0013000000FzN3rAAF']) {
    expect(toRecordId(id.slice(0, 15))).toBe(id)
    expect(toRecordId(id)).toBe(id)
  }
})

test('what is no id, or has a wrong checksum, is undefined', () => {
  for (const text of [
    '',
    'x',
    '0013000000FzN3rAAG',
    '0013000000FzN3',
    '0013000000FzN3r ',
    "0013000000Fz'3r",
    '001900K0001pPuOAAU',
  ]) {
    expect(toRecordId(text), text).toBeUndefined()
  }
})

test('ids given out later sort later', () => {
  const ids = [1, 9, 10, 35, 36, 61, 62, 3843, 3844, 1_000_000].map(sequence => makeRecordId('003', sequence))
  expect(ids).toEqual(ids.toSorted((a, b) => (a < b ? -1 : 1)))
  expect(ids.every(id => toRecordId(id) === id && id.startsWith('003'))).toBe(true)
})
