import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, platform, totalmem } from 'node:os'
import { join } from 'node:path'
import { table } from '../src/cli/terminal.ts'
import { startChild } from './child.ts'
import { profileFlags, readOptions } from './options.ts'
import type { SignIn } from './scene.ts'
import { type OrgClient, signInTo } from './simulator-client.ts'
import { cpuSecondsOf, MemorySampler } from './usage.ts'

/** How fast the simulated org loads and answers, so that it never is the bottleneck that is measured. */
const options = readOptions({ rows: 1_000_000, queried: 200_000, written: 40_000, clients: 2 }, {})

/** One measured figure. CPU seconds are the org's, undefined where unknown. */
interface Figure {
  readonly what: string
  readonly rows: number
  readonly seconds: number
  readonly perSecond: number
  readonly cpuSeconds: number | undefined
  readonly requests: number
}

const wideFields = 'FIELDS(STANDARD)'
const narrowFields =
  'Id, FirstName, LastName, Email, Phone, AccountId, Title, CreatedDate, LastModifiedDate, SystemModstamp'
const collectionRows = 200
const collectionsPerComposite = 5
const millisecondsPerDay = 24 * 60 * 60 * 1000

/** Contacts made in this run, to be updated. */
const created: string[] = []

const simulate = ['src/cli.ts', 'simulate', '--json', '--rows', `contact=${options.rows}`]
await using child = startChild([...profileFlags(options.profile), ...simulate])
using memory = new MemorySampler(child.pid)
const details = JSON.parse(await child.nextLine()) as SignIn
const loadSeconds = (performance.now() - child.startedAtMs) / 1_000
await using plain = await signInTo(details, false)
await using packed = await signInTo(details, true)
// Memory is sampled twice a second: one sample at least is of the loaded org.
await new Promise(resolve => setTimeout(resolve, 1_000))
const loadedBytes = memory.until(performance.now())?.lastQuarter

const figures = [
  await query(`query, ${narrowFields.split(',').length} fields`, plain, narrowFields),
  await query('query, all standard fields', plain, wideFields),
  await query('query, all standard fields, gzip', packed, wideFields),
  await create('create, collections of 200', 1),
  await create('create, 5 collections in a composite', collectionsPerComposite),
  await update('update, collections of 200', 1),
  await update('update, 5 collections in a composite', collectionsPerComposite),
]
print()

/** Runs the work from several clients at once; each call gives the rows and requests it took, undefined when there is no more. */
async function measure(
  what: string,
  work: () => Promise<{ rows: number; requests: number } | undefined>,
): Promise<Figure> {
  const startedAtMs = performance.now()
  const cpuBefore = cpuSecondsOf(child.pid)
  let rows = 0
  let requests = 0
  const client = async (): Promise<void> => {
    for (let done = await work(); done; done = await work()) {
      rows += done.rows
      requests += done.requests
    }
  }
  await Promise.all(Array.from({ length: options.clients }, client))
  const seconds = (performance.now() - startedAtMs) / 1_000
  const cpuAfter = cpuSecondsOf(child.pid)
  const cpuSeconds = cpuAfter === undefined || cpuBefore === undefined ? undefined : cpuAfter - cpuBefore
  console.error(`${what}: ${(rows / seconds).toFixed(0)} rows/s`)
  return { what, rows, seconds, perSecond: rows / seconds, cpuSeconds, requests }
}

/** Reads ranges of SystemModstamp, a day each, page by page, until enough rows have come. */
async function query(what: string, client: OrgClient, fields: string): Promise<Figure> {
  let day = 0
  let rowsLeft = options.queried
  const startMs = Math.floor(Date.now() / millisecondsPerDay) * millisecondsPerDay
  const literal = (days: number): string => new Date(startMs - days * millisecondsPerDay).toISOString()
  return measure(what, async () => {
    if (rowsLeft <= 0 || day > 365) return undefined
    const range = `SystemModstamp >= ${literal(++day)} AND SystemModstamp < ${literal(day - 1)}`
    const soql = `SELECT ${fields} FROM Contact WHERE ${range} ORDER BY SystemModstamp, Id`
    let page = await client.send('GET', `${client.root}/queryAll?q=${encodeURIComponent(soql)}`)
    const rows = Number(/"totalSize":(\d+)/.exec(page)?.[1])
    let requests = 1
    for (let next = nextUrl(page); next; next = nextUrl(page)) {
      page = await client.send('GET', next)
      requests++
    }
    rowsLeft -= rows
    return { rows, requests }
  })
}

function nextUrl(page: string): string | undefined {
  return /"nextRecordsUrl":"([^"]+)"/.exec(page.slice(0, 500))?.[1]
}

function newContact(i: number): Record<string, unknown> {
  const LastName = `Bench ${i}`
  const email = `bench.${i}@customer.example`
  return { attributes: { type: 'Contact' }, LastName, FirstName: 'Ada', Email: email, Phone: '+49 30 1', VIP__c: true }
}

async function create(what: string, collections: number): Promise<Figure> {
  return write(what, 'POST', collections, newContact, ids => void created.push(...ids))
}

async function update(what: string, collections: number): Promise<Figure> {
  const change = (i: number) => ({ attributes: { type: 'Contact' }, id: created[i % created.length], Title: what })
  return write(what, 'PATCH', collections, change, () => undefined)
}

async function write(
  what: string,
  method: 'POST' | 'PATCH',
  collections: number,
  row: (i: number) => Record<string, unknown>,
  done: (ids: readonly string[]) => void,
): Promise<Figure> {
  let sent = 0
  const url = `${plain.root}/composite/sobjects`
  return measure(what, async () => {
    if (sent >= options.written) return undefined
    const bodies = Array.from({ length: collections }, () => {
      const from = sent
      sent += collectionRows
      return { allOrNone: false, records: Array.from({ length: collectionRows }, (_, i) => row(from + i)) }
    })
    const subrequests = bodies.map((body, i) => ({ method, url, referenceId: `c${i}`, body }))
    const answer =
      collections === 1
        ? await plain.send(method, url, JSON.stringify(bodies[0]))
        : await plain.send('POST', `${plain.root}/composite`, JSON.stringify({ compositeRequest: subrequests }))
    const results = [...answer.matchAll(/"id":"(\w{18})","success":true/g)].map(match => match[1] ?? '')
    const rows = collections * collectionRows
    if (results.length !== rows) throw new Error(`${what}: ${results.length} of ${rows} rows: ${answer.slice(0, 500)}`)
    done(results)
    return { rows, requests: 1 }
  })
}

function print(): void {
  const shown = figures.map(({ what, rows, seconds, perSecond, cpuSeconds, requests }) => [
    what,
    String(rows),
    seconds.toFixed(2),
    perSecond.toFixed(0),
    cpuSeconds?.toFixed(2) ?? '?',
    String(requests),
  ])
  const load = loadavg()[0] ?? Number.NaN
  const mib = (bytes: number | undefined) => (bytes === undefined ? '?' : (bytes / 1_048_576).toFixed(0))
  const lines = table([['what', 'rows', 's', 'rows/s', 'CPU s', 'requests'], ...shown])
  const peakBytes = memory.until(performance.now())?.peak
  console.log(['', ...lines, ''].join('\n'))
  console.log(`load: ${options.rows} contacts in ${loadSeconds.toFixed(1)} s, RSS ${mib(loadedBytes)} MiB after it`)
  console.log(`peak RSS of the whole run: ${mib(peakBytes)} MiB; load average at the end ${load.toFixed(1)}`)
  const machine = { platform: platform(), cpu: cpus()[0]?.model, cpus: cpus().length, memoryBytes: totalmem() }
  const at = new Date().toISOString()
  const result = { benchmark: 'simulator', at, options, node: process.version, machine, loadAtEnd: loadavg() }
  const folder = join(import.meta.dirname, 'results')
  mkdirSync(folder, { recursive: true })
  const file = join(folder, `simulator-${at.replaceAll(':', '')}.json`)
  writeFileSync(file, `${JSON.stringify({ ...result, loadSeconds, loadedBytes, peakBytes, figures }, null, 2)}\n`)
  console.log(`written: ${file}`)
}
