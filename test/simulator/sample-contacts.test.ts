import { expect, test } from 'vitest'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { signIn } from './rest-client.ts'

const clock = () => Date.UTC(2026, 10, 23)
const rowsOf = async (seed: number) => {
  const simulator = await startSimulator({ seed, rows: { contact: 300 }, clock })
  const rows = simulator.org.rows('Contact')
  await simulator.close()
  return rows
}

test('sample contacts follow from the seed, are spread over the past, and would pass their own checks', async () => {
  const rows = await rowsOf(1)
  expect(await rowsOf(1)).toEqual(rows)
  expect(await rowsOf(2)).not.toEqual(rows)
  const stamps = rows.map(row => Date.parse(String(row.SystemModstamp).replace('+0000', 'Z')))
  expect(Math.max(...stamps)).toBeLessThan(clock())
  expect(new Set(stamps).size).toBeGreaterThan(250)
  for (const row of rows) expect(String(row.CreatedDate) <= String(row.SystemModstamp)).toBe(true)

  const simulator = await startSimulator()
  const { body } = await (await signIn(simulator)).get('/sobjects/Contact/describe')
  const writable = (body as { fields: { name: string; createable: boolean }[] }).fields.filter(
    field => field.createable,
  )
  const fields = Object.fromEntries(writable.map(({ name }) => [name, rows[0]?.[name]]))
  expect(simulator.org.create('Contact', fields)).toMatch(/^003/)
  await simulator.close()
})
