import fc from 'fast-check'
import type { FieldDescribe, ObjectDescribe, Row } from '../../src/core/contract.ts'

const minMs = -62_135_596_800_000
const maxMs = 253_402_300_799_999

const iso = (ms: number): string => new Date(ms).toISOString()
const text = fc.string({ unit: 'grapheme', maxLength: 100 })
const number = fc.double({ noNaN: true, noDefaultInfinity: true })
const date = fc.integer({ min: minMs, max: maxMs }).map(ms => iso(ms).slice(0, 10))
const datetime = fc.integer({ min: minMs, max: maxMs }).map(iso)
const time = fc.integer({ min: 0, max: 86_399_999 }).map(ms => iso(ms).slice(11))
const choices = fc.array(fc.stringMatching(/^[A-Za-z0-9 ]{1,20}$/), { minLength: 1, maxLength: 5 })
const orNull = <T>(values: fc.Arbitrary<T>): fc.Arbitrary<T | null> => fc.option(values, { nil: null })
const point = { latitude: orNull(number), longitude: orNull(number) }
const address = fc.record({
  street: orNull(text),
  city: orNull(text),
  state: orNull(text),
  postalCode: orNull(text),
  country: orNull(text),
  stateCode: orNull(text),
  countryCode: orNull(text),
  ...point,
  geocodeAccuracy: orNull(text),
})

const byType: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  boolean: fc.boolean(),
  int: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  long: fc.integer({ min: -(2 ** 52), max: 2 ** 52 }),
  double: number,
  currency: number,
  percent: number,
  date,
  datetime,
  time,
  multipicklist: choices.map(values => values.join(';')),
  address,
  location: fc.record(point),
}

/** JSON values of a field as REST gives them, null included. */
export const fieldValue = (field: FieldDescribe): fc.Arbitrary<unknown> => orNull(byType[field.type] ?? text)

/** Rows of an object; any field may be missing. */
export const rows = (describe: ObjectDescribe): fc.Arbitrary<Row> => {
  const model = Object.fromEntries(describe.fields.map(field => [field.name, fieldValue(field)]))
  return fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Row>
}
