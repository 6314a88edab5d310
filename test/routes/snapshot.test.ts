import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parseConfig } from '../../src/core/config-load.ts'
import { startProcess } from '../chaos/process.ts'
import { sendSignal, stateOf } from './operator.ts'
import { type ConfigChanges, configText, startWorld, type World } from './world.ts'

type Event = Readonly<Record<string, unknown>> & { readonly record: Readonly<Record<string, unknown>> }

let world: World
afterEach(() => world.close())

const rowsMany = 2_600
const sourceOf = (more: object = {}): ConfigChanges => ({
  // A set of results is large, and this machine may have other work.
  salesforce: { request_timeout_ms: 4_000 },
  source: { interval_ms: 200, page_rows_max: 200, start: 'snapshot', objects: { Contact: {} }, ...more },
})
const bulk = { snapshot_bulk_rows_min: 1 }

const open = async (rows: number, config: ConfigChanges): Promise<void> => {
  world = await startWorld({ config, simulator: { rows: { contact: rows } } })
}
const eventTopic = (): string => `${world.config.kafka.topicPrefix}.contact.events`

async function events(count: number): Promise<Event[]> {
  const records = await world.read(eventTopic(), count)
  return Promise.all(records.map(async record => (await world.decode(record)) as Event))
}

const typesOf = (seen: readonly Event[]): Record<string, number> => {
  const types: Record<string, number> = {}
  for (const { type } of seen) types[String(type)] = (types[String(type)] ?? 0) + 1
  return types
}
const idsOf = (seen: readonly Event[], type: string): unknown[] =>
  seen.filter(event => event.type === type).map(({ recordId }) => recordId)

/** Edits, creates and deletes while the snapshot waits at a fault; returns the three ids. */
function changeMeanwhile(): { edited: string; created: string; deleted: string } {
  const { org } = world.simulator
  const ids = org.rows('Contact').map(({ Id }) => String(Id))
  const [edited, deleted] = [ids[3]!, ids[4]!]
  org.update('Contact', edited, { Title: 'Edited meanwhile' })
  org.delete('Contact', deleted)
  return { edited, deleted, created: org.create('Contact', { LastName: 'Meanwhile' }) }
}

describe.each([
  ['REST', {}, '/query/'],
  ['a bulk job', bulk, '/results.*locator'],
])('a start by a snapshot through %s', (_, more, path) => {
  test('gives every row once, then what changed meanwhile with its type', async () => {
    await open(rowsMany, sourceOf(more))
    world.simulator.faults.add({ action: 'delayBefore', delayMs: 1_000, match: { path } })
    await world.start({ source: true })
    await events(200)
    const { edited, created, deleted } = changeMeanwhile()
    const seen = await events(rowsMany + 3)
    expect(typesOf(seen)).toEqual({ SNAPSHOT: rowsMany, UPDATED: 1, CREATED: 1, DELETED: 1 })
    expect(typesOf(seen.slice(0, rowsMany))).toEqual({ SNAPSHOT: rowsMany })
    expect(new Set(idsOf(seen, 'SNAPSHOT')).size).toBe(rowsMany)
    expect([idsOf(seen, 'UPDATED'), idsOf(seen, 'CREATED'), idsOf(seen, 'DELETED')]).toEqual([
      [edited],
      [created],
      [deleted],
    ])
    expect(seen[0]).toMatchObject({ trigger: 'contact-snapshot', record: { IsDeleted: false } })
    await expect.poll(async () => (await stateOf(world)).control?.snapshot, { timeout: 10_000 }).toBeNull()
    expect((await stateOf(world)).control?.ended).toMatchObject({ id: 'start', outcome: 'done', rows: rowsMany })
  })
})

describe('a snapshot that is killed', () => {
  test.each([
    ['REST', {}],
    ['bulk', bulk],
  ])('between pages and inside transactions goes on where it was committed (%s)', async (_, more) => {
    const directory = mkdtempSync(join(tmpdir(), 'snapshot-'))
    const file = join(directory, 'connector.yaml')
    try {
      await open(rowsMany, sourceOf(more))
      const defaults = JSON.parse(configText(world.simulator)) as { kafka: object }
      const { connector, environment, kafka } = world.config
      const own = { topic_prefix: kafka.topicPrefix }
      const changes = { ...sourceOf(more), kafka: { ...defaults.kafka, ...own }, http: { host: '127.0.0.1', port: 0 } }
      const text = JSON.stringify({ ...JSON.parse(configText(world.simulator, changes)), connector, environment })
      parseConfig(text, { file, env: {} })
      writeFileSync(file, text)
      for (const at of ['records:before-commit', 'records:after-commit']) {
        const victim = startProcess(file, { at, after: 6 })
        expect(await victim.ended, victim.output()).toBe('SIGKILL')
      }
      const before = (await world.readAll(eventTopic())).length
      expect(before).toBeGreaterThan(1_000)
      const calls = world.simulator.apiCalls()
      await world.start({ source: true })
      const seen = await events(rowsMany)
      expect(new Set(idsOf(seen, 'SNAPSHOT')).size).toBe(rowsMany)
      // It read on: a new start would take a call for each page again.
      const pagesLeft = Math.ceil((rowsMany - before) / 200)
      expect(world.simulator.apiCalls() - calls).toBeLessThan(pagesLeft + 15)
      await expect.poll(async () => (await stateOf(world)).control?.snapshot, { timeout: 10_000 }).toBeNull()
      expect(await world.readAll(eventTopic())).toHaveLength(rowsMany)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

test('a bulk job that is gone is followed by another one, from the last row', async () => {
  await open(rowsMany, sourceOf(bulk))
  world.simulator.faults.add({ action: 'delayBefore', delayMs: 1_500, match: { path: '/results.*locator' } })
  await world.start({ source: true })
  await expect
    .poll(async () => (await stateOf(world)).control?.snapshot?.rows, { timeout: 20_000 })
    .toBeGreaterThanOrEqual(1_000)
  await dropJobs()
  const seen = await events(rowsMany)
  expect(new Set(idsOf(seen, 'SNAPSHOT')).size).toBe(rowsMany)
  await expect.poll(async () => (await stateOf(world)).control?.snapshot, { timeout: 10_000 }).toBeNull()
  expect(await world.readAll(eventTopic())).toHaveLength(rowsMany)
})

/** Deletes every job, as the connector's user. */
async function dropJobs(): Promise<void> {
  const { tokenUrl, clientId, clientSecret, url } = world.simulator
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
  })
  const { access_token: token } = (await (await fetch(tokenUrl, { method: 'POST', body })).json()) as {
    access_token: string
  }
  const headers = { authorization: `Bearer ${token}` }
  const jobs = `${url}/services/data/v68.0/jobs/query`
  const { records } = (await (await fetch(jobs, { headers })).json()) as { records: { id: string }[] }
  expect(records.length).toBeGreaterThan(0)
  for (const { id } of records) expect((await fetch(`${jobs}/${id}`, { method: 'DELETE', headers })).status).toBe(204)
}

describe('a snapshot that is asked for while it runs', () => {
  const running = { source: { interval_ms: 200, objects: { Contact: {} } } }

  test('with a condition, publishes the rows that meet it, and no change twice', async () => {
    await open(300, running)
    const { org } = world.simulator
    const ids = org.rows('Contact').map(({ Id }) => String(Id))
    await world.start({ source: true })
    org.update('Contact', ids[0]!, { Title: 'Chosen' })
    await events(1)
    const created = org.create('Contact', { LastName: 'Chosen too', Title: 'Chosen' })
    await events(2)
    await new Promise(resolve => setTimeout(resolve, 1_100)) // the snapshot's second must be a later one
    const id = await sendSignal(world, { type: 'snapshot', where: "Title = 'Chosen'" })
    await expect.poll(async () => (await stateOf(world)).control?.ended?.id, { timeout: 20_000 }).toBe(id)
    org.update('Contact', ids[1]!, { Title: 'Last' })
    const seen = await events(5)
    expect(idsOf(seen, 'SNAPSHOT')).toEqual([ids[0], created])
    expect(idsOf(seen, 'UPDATED')).toEqual([ids[0], ids[1]])
    expect(idsOf(seen, 'CREATED')).toEqual([created])
  })

  test.each([
    ['Title = ', 'failed'],
    ['Id != null) OR (Id != null', 'refused'],
  ])('with the condition %j, which is none, ends at once and says why', async (where, outcome) => {
    await open(10, running)
    await world.start({ source: true })
    const id = await sendSignal(world, { type: 'snapshot', objects: ['Contact'], where })
    const ends = async () => {
      const { ended, last } = (await stateOf(world)).control ?? {}
      return [ended, last].find(end => end?.id === id && end.outcome === outcome)?.reason
    }
    await expect.poll(ends, { timeout: 20_000 }).toMatch(/MALFORMED_QUERY|bracket/)
    world.simulator.org.create('Contact', { LastName: 'Goes on' })
    expect(typesOf(await events(1))).toEqual({ CREATED: 1 })
  })
})
