import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { formatDate, formatDateTime, formatTime, parseDate, parseDateTime, parseTime } from '../../src/avro/times.ts'

// 0001-01-01 to 9999-12-31, which Date itself handles: the reference for the parsers, which avoid it.
const instants = fc.integer({ min: -62_135_596_800_000, max: 253_402_300_799_999 })

describe('datetime', () => {
  test.for([
    ['2026-11-23T10:11:12.000+0000', '2026-11-23T10:11:12.000Z'],
    ['2026-11-23T10:11:12Z', '2026-11-23T10:11:12.000Z'],
    ['2026-11-23T10:11:12.5Z', '2026-11-23T10:11:12.500Z'],
    ['2026-11-23T10:11:12.123456789Z', '2026-11-23T10:11:12.123Z'],
    ['2026-11-23T10:11:12.250+01:00', '2026-11-23T09:11:12.250Z'],
    ['2026-01-01T00:30:00-0530', '2026-01-01T06:00:00.000Z'],
    ['2024-02-29T23:59:59+00:00', '2024-02-29T23:59:59.000Z'],
    ['1900-02-28T00:00:00Z', '1900-02-28T00:00:00.000Z'],
    ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ])('%s', ([text, iso]) => expect(formatDateTime(parseDateTime(text!))).toBe(iso))

  test('every instant of the years 1 to 9999 reads as Date writes it', () => {
    fc.assert(fc.property(instants, ms => parseDateTime(new Date(ms).toISOString()) === ms))
    fc.assert(fc.property(instants, ms => parseDateTime(new Date(ms).toISOString().replace('Z', '+0000')) === ms))
  })

  test.for([
    '',
    '2026-11-23',
    '2026-11-23T10:11:12',
    '2026-11-23 10:11:12Z',
    '2026-11-23T10:11:12.Z',
    '2026-11-23T10:11:12.1234567890Z',
    '2026-11-23T10:11:12Z ',
    '2026-11-23T10:11:12+00',
    '2026-11-23T10:11:12+00:0',
    '2026-11-23T10:11:12+00:600',
    '2026-11-23T10:11:12+24:00',
    '2026-11-23T10:11:12*0000',
    '2026-11-23T24:00:00Z',
    '2026-11-23T10:60:00Z',
    '2026-11-23T10:11:60Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-01T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-04-00T00:00:00Z',
    '0000-04-01T00:00:00Z',
    '0001-01-01T00:00:00+01:00',
    '+02026-04-01T00:00:00Z',
    '２026-04-01T00:00:00Z',
  ])('refuses "%s"', text => expect(parseDateTime(text)).toBeNaN())

  test('refuses numbers that no four-digit year can say', () => {
    for (const ms of [253_402_300_800_000, -62_135_596_800_001, 1.5, Number.NaN, Number.POSITIVE_INFINITY, '0', null])
      expect(formatDateTime(ms)).toBeUndefined()
  })
})

describe('date', () => {
  test('every day reads as Date writes it, and back', () => {
    fc.assert(
      fc.property(fc.integer({ min: -719_162, max: 2_932_896 }), days => {
        const text = new Date(days * 86_400_000).toISOString().slice(0, 10)
        return parseDate(text) === days && formatDate(days) === text
      }),
    )
  })
  test.for(['', '2026-1-01', '2026-01-01Z', '2026/01/01', '2026-02-30', '20260101'])('refuses "%s"', text =>
    expect(parseDate(text)).toBeNaN(),
  )
  test('refuses days outside the years 1 to 9999', () => {
    for (const days of [-719_163, 2_932_897, 0.5, Number.NaN, '1', undefined]) expect(formatDate(days)).toBeUndefined()
  })
})

describe('time', () => {
  test('every millisecond of the day comes back', () => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 86_399_999 }), ms => parseTime(formatTime(ms)!) === ms))
  })
  test('the milliseconds and the Z may be missing', () => {
    expect(parseTime('10:11:12')).toBe(36_672_000)
    expect(parseTime('10:11:12.25')).toBe(36_672_250)
    expect(parseTime('10:11:12Z')).toBe(36_672_000)
  })
  test.for(['', '10:11', '24:00:00Z', '10:11:12+01:00', '10:11:12.Z', '1:11:12Z', '10-11-12Z'])('refuses "%s"', text =>
    expect(parseTime(text)).toBeNaN(),
  )
  test('refuses numbers that are no time of day', () => {
    for (const ms of [-1, 86_400_000, 0.5, Number.NaN, '0']) expect(formatTime(ms)).toBeUndefined()
  })
})
