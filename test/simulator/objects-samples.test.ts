import { expect, test } from 'vitest'
import { Org } from '../../src/simulator/org/org.ts'
import { loadSamples } from '../../src/simulator/org/samples.ts'
import { randomFrom } from '../../src/simulator/random.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { signIn } from './rest-client.ts'

const clock = () => Date.UTC(2026, 10, 23)
const rowsOf = async (seed: number) => {
  const simulator = await startSimulator({ seed, rows: { contact: 300 }, clock })
  const rows = simulator.org.rows('Contact')
  await simulator.close()
  return rows
}

test('sample contacts follow from the seed and are spread over the past', async () => {
  const rows = await rowsOf(1)
  expect(await rowsOf(1)).toEqual(rows)
  expect(await rowsOf(2)).not.toEqual(rows)
  const stamps = rows.map(row => Date.parse(String(row.SystemModstamp).replace('+0000', 'Z')))
  expect(Math.max(...stamps)).toBeLessThan(clock())
  expect(new Set(stamps).size).toBeGreaterThan(250)
  for (const row of rows) expect(String(row.CreatedDate) <= String(row.SystemModstamp)).toBe(true)
  expect(rows.filter(row => row.AccountId !== null).length).toBeGreaterThan(200)
})

// biome-ignore format: one list
const objects = [
  'Account', 'Contact', 'Lead', 'Task', 'Opportunity', 'Campaign', 'CampaignMember', 'CampaignMemberStatus', 'Product2',
  'Pricebook2', 'PricebookEntry', 'Order', 'OrderItem', 'User', 'Invoice__c', 'Attachment',
]
const createdBySalesforce = new Set(['ConvertedDate', 'IsConverted', 'Status', 'Body'])

test.each(objects)('a sample %s would pass its own checks', async object => {
  const rows = { [object.toLowerCase()]: 25 }
  const simulator = await startSimulator({ seed: 3, rows, clock })
  const sampled = simulator.org.rows(object)
  expect(sampled.length).toBeGreaterThanOrEqual(25)
  const { body } = await (await signIn(simulator)).get(`/sobjects/${object}/describe`)
  const { fields } = body as { fields: { name: string; createable: boolean; updateable: boolean }[] }
  const row = sampled.at(-1) ?? {}
  const writable = fields.filter(each => each.updateable && !createdBySalesforce.has(each.name))
  const values = Object.fromEntries(writable.map(({ name }) => [name, row[name]]))
  simulator.org.update(object, String(row.Id), values)
  expect(simulator.org.row(object, String(row.Id))).toEqual({
    ...row,
    ...{ LastModifiedDate: expect.anything(), SystemModstamp: expect.anything() },
  })
  await simulator.close()
})

test('what rows need comes with them, as many as were asked for where they were', () => {
  const org = new Org(clock)
  loadSamples(org, { orderitem: 40, Account: 3 }, randomFrom(1))
  const size = (object: string) => org.table(object)?.rows.size
  expect(['OrderItem', 'Order', 'Account', 'PricebookEntry', 'Product2'].map(size)).toEqual([40, 4, 3, 4, 4])
  for (const rows of [{ unicorn: 1 }, { leadstatus: 1 }, { contact: -1 }, { contact: 0.5 }])
    expect(() => loadSamples(new Org(clock), rows, randomFrom(1))).toThrow(RangeError)
  expect(() => loadSamples(new Org(clock), { pricebookentry: 3, product2: 2 }, randomFrom(1))).toThrow(RangeError)
})

test('sample opportunities are where their stages put them', async () => {
  const simulator = await startSimulator({ rows: { opportunity: 40 }, clock })
  const { org } = simulator
  for (const row of org.rows('Opportunity')) {
    const { StageName, IsClosed, IsWon, Probability, ForecastCategory, ForecastCategoryName } = row
    const id = org.create('Opportunity', { Name: 'Same', StageName, CloseDate: '2027-01-01' })
    const outcome = { IsClosed, IsWon, Probability, ForecastCategory, ForecastCategoryName }
    expect(org.row('Opportunity', id)).toMatchObject(outcome)
  }
  await simulator.close()
})
