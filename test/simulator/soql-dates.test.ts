import { expect, test } from 'vitest'
import { literalSpan } from '../../src/simulator/soql/calendar.ts'
import { recordsOf, useSimulator } from './rest-client.ts'

// A Wednesday in the middle of a month, a quarter and a year.
const noonMs = Date.UTC(2026, 7, 19, 12, 30, 15)
let nowMs = noonMs
const client = useSimulator({ clock: () => nowMs })

test.each<[string, from: string, to: string]>([
  ['TODAY', '2026-08-19', '2026-08-20'],
  ['YESTERDAY', '2026-08-18', '2026-08-19'],
  ['TOMORROW', '2026-08-20', '2026-08-21'],
  ['LAST_WEEK', '2026-08-09', '2026-08-16'],
  ['THIS_WEEK', '2026-08-16', '2026-08-23'],
  ['NEXT_WEEK', '2026-08-23', '2026-08-30'],
  ['LAST_MONTH', '2026-07-01', '2026-08-01'],
  ['THIS_MONTH', '2026-08-01', '2026-09-01'],
  ['NEXT_MONTH', '2026-09-01', '2026-10-01'],
  ['LAST_90_DAYS', '2026-05-21', '2026-08-20'],
  ['NEXT_90_DAYS', '2026-08-20', '2026-11-18'],
  ['LAST_N_DAYS:1', '2026-08-18', '2026-08-20'],
  ['NEXT_N_DAYS:2', '2026-08-20', '2026-08-22'],
  ['N_DAYS_AGO:3', '2026-08-16', '2026-08-17'],
  ['LAST_N_WEEKS:2', '2026-08-02', '2026-08-16'],
  ['NEXT_N_WEEKS:2', '2026-08-23', '2026-09-06'],
  ['N_WEEKS_AGO:1', '2026-08-09', '2026-08-16'],
  ['LAST_N_MONTHS:8', '2025-12-01', '2026-08-01'],
  ['NEXT_N_MONTHS:5', '2026-09-01', '2027-02-01'],
  ['N_MONTHS_AGO:8', '2025-12-01', '2026-01-01'],
  ['THIS_QUARTER', '2026-07-01', '2026-10-01'],
  ['LAST_QUARTER', '2026-04-01', '2026-07-01'],
  ['NEXT_QUARTER', '2026-10-01', '2027-01-01'],
  ['LAST_N_QUARTERS:3', '2025-10-01', '2026-07-01'],
  ['NEXT_N_QUARTERS:1', '2026-10-01', '2027-01-01'],
  ['N_QUARTERS_AGO:3', '2025-10-01', '2026-01-01'],
  ['THIS_YEAR', '2026-01-01', '2027-01-01'],
  ['LAST_YEAR', '2025-01-01', '2026-01-01'],
  ['NEXT_YEAR', '2027-01-01', '2028-01-01'],
  ['LAST_N_YEARS:2', '2024-01-01', '2026-01-01'],
  ['NEXT_N_YEARS:2', '2027-01-01', '2029-01-01'],
  ['N_YEARS_AGO:2', '2024-01-01', '2025-01-01'],
  ['THIS_FISCAL_QUARTER', '2026-07-01', '2026-10-01'],
  ['LAST_FISCAL_QUARTER', '2026-04-01', '2026-07-01'],
  ['NEXT_FISCAL_YEAR', '2027-01-01', '2028-01-01'],
  ['LAST_N_FISCAL_QUARTERS:3', '2025-10-01', '2026-07-01'],
  ['NEXT_N_FISCAL_YEARS:2', '2027-01-01', '2029-01-01'],
  ['N_FISCAL_QUARTERS_AGO:1', '2026-04-01', '2026-07-01'],
  ['N_FISCAL_YEARS_AGO:1', '2025-01-01', '2026-01-01'],
])('%s', async (literal, from, to) => {
  const span = literalSpan(literal.toLowerCase(), noonMs)
  expect(span && [new Date(span.fromMs).toISOString(), new Date(span.toMs).toISOString()]).toEqual([
    `${from}T00:00:00.000Z`,
    `${to}T00:00:00.000Z`,
  ])
  // And the parser takes it.
  expect((await client.soql(`SELECT Id FROM Contact WHERE CreatedDate = ${literal}`)).status).toBe(200)
})

test('every day of four years lies in its own today, week, month, quarter and year', () => {
  const dayMs = 24 * 60 * 60 * 1000
  for (let ms = Date.UTC(2023, 11, 25); ms < Date.UTC(2028, 0, 5); ms += dayMs) {
    for (const unit of ['TODAY', 'THIS_WEEK', 'THIS_MONTH', 'THIS_QUARTER', 'THIS_YEAR']) {
      const span = literalSpan(unit, ms + 12_345)
      expect(span && span.fromMs <= ms && ms < span.toMs, `${unit} of ${new Date(ms).toISOString()}`).toBe(true)
    }
    expect(new Date(literalSpan('THIS_WEEK', ms)?.fromMs ?? 0).getUTCDay()).toBe(0)
  }
})

let ids: string[] = []
/** Contacts created yesterday, today in two places, and tomorrow, by the clock of the queries. */
function seeded(): string[] {
  if (ids.length > 0) return ids
  const times = ['2026-08-18T23:59:59Z', '2026-08-19T00:00:00Z', '2026-08-19T23:59:59Z', '2026-08-20T00:00:00Z']
  ids = times.map((time, i) => {
    nowMs = Date.parse(time)
    return client.simulator.org.create('Contact', { LastName: `C${i}`, Birthdate: time.slice(0, 10) })
  })
  nowMs = noonMs
  return ids
}

test.each<[string, number[]]>([
  ['CreatedDate = TODAY', [1, 2]],
  ['CreatedDate != TODAY', [0, 3]],
  ['CreatedDate < TODAY', [0]],
  ['CreatedDate <= TODAY', [0, 1, 2]],
  ['CreatedDate > TODAY', [3]],
  ['CreatedDate >= TODAY', [1, 2, 3]],
  ['CreatedDate IN (YESTERDAY, TOMORROW)', [0, 3]],
  ['CreatedDate NOT IN (YESTERDAY, TOMORROW)', [1, 2]],
  ['Birthdate = TODAY', [1, 2]],
  ['Birthdate > TODAY', [3]],
  ['Birthdate IN (YESTERDAY, 2026-08-20)', [0, 3]],
  ['SystemModstamp <= YESTERDAY', [0]],
  ['DAY_ONLY(CreatedDate) = 2026-08-19', [1, 2]],
  ['DAY_ONLY(convertTimezone(CreatedDate)) > TODAY', [3]],
  ['HOUR_IN_DAY(CreatedDate) = 23', [0, 2]],
  ['DAY_IN_MONTH(Birthdate) = 20', [3]],
  ['DAY_IN_WEEK(CreatedDate) = 4', [1, 2]],
  ['CALENDAR_MONTH(CreatedDate) = 8 AND FISCAL_QUARTER(CreatedDate) = 3', [0, 1, 2, 3]],
  ['DAY_IN_YEAR(CreatedDate) > 231', [3]],
  ['WEEK_IN_MONTH(CreatedDate) = 3 AND WEEK_IN_YEAR(CreatedDate) = 33', [0, 1, 2]],
])('%s', async (where, expected) => {
  const known = seeded()
  const got = await client.soql(`SELECT Id FROM Contact WHERE ${where} ORDER BY Id`)
  expect(got.status, JSON.stringify(got.body)).toBe(200)
  expect(recordsOf(got).map(row => known.indexOf(String(row.Id)))).toEqual(expected)
})

test.each(['Birthdate', 'CreatedDate'])('%s of an unthinkable time is refused', async field => {
  for (const literal of ['LAST_N_DAYS:99999999999', 'NEXT_N_YEARS:9999999', 'N_WEEKS_AGO:99999999999999999999999'])
    expect(await client.soql(`SELECT Id FROM Contact WHERE ${field} = ${literal}`)).toMatchObject({
      status: 400,
      body: [{ errorCode: 'MALFORMED_QUERY' }],
    })
})

test.each([
  ['CreatedDate > 2026-08-19', 'must be of type dateTime and should not be enclosed in quotes'],
  ['Birthdate = 2026-08-19T00:00:00Z', 'must be of type date and should not be enclosed in quotes'],
  ["Birthdate = '2026-08-19'", 'must be of type date and should not be enclosed in quotes'],
  ['LastName = TODAY', 'must be of type string and should be enclosed in quotes'],
  ['DAY_ONLY(LastName) = 2026-08-19', "field 'LastName' can not be used in the function DAY_ONLY"],
])('%s is refused', async (where, text) => {
  const got = await client.soql(`SELECT Id FROM Contact WHERE ${where}`)
  expect(got).toMatchObject({
    status: 400,
    body: [{ errorCode: 'INVALID_FIELD', message: expect.stringContaining(text) }],
  })
})
