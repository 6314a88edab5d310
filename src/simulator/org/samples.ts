import { memberStatuses } from '../objects/status-rows.ts'
import type { Cell } from './cell.ts'
import { initialCells } from './initial-cells.ts'
import { systemSlots } from './object-type.ts'
import type { Org } from './org.ts'
import { Draw } from './sample-draw.ts'
import { samples } from './sample-rows.ts'
import type { Sample } from './sample-values.ts'

/** Sample rows were made within this time before the org started. */
const pastMs = 365 * 24 * 60 * 60 * 1000
const marginMs = 60_000

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000

/** How many rows of each object, by its name in any case; parents that are asked for by nobody are added. Throws RangeError for an
 *  object that has no sample rows. */
function wanted(rows: Readonly<Record<string, number>>): Map<string, number> {
  const counts = new Map<string, number>()
  for (const [name, count] of Object.entries(rows)) {
    const sample = samples.find(each => each.object.toLowerCase() === name.toLowerCase())
    if (!sample) throw new RangeError(`no sample rows for ${name}; known are ${samples.map(each => each.object)}`)
    if (!Number.isSafeInteger(count) || count < 0) throw new RangeError(`${name}: ${count} is no number of rows`)
    if (count > 0) counts.set(sample.object, count)
  }
  for (const { object, parents = {} } of samples.toReversed()) {
    const count = counts.get(object)
    if (count === undefined) continue
    for (const [parent, needed] of Object.entries(parents)) if (!counts.has(parent)) counts.set(parent, needed(count))
  }
  return counts
}

/** Fills the org with rows that depend on `random` and the start time alone, made over the past year, a third of them edited since.
 *  `rows` has numbers of rows by object, e.g. `{ contact: 1000 }`; rows that others need, such as contacts' accounts, come with them. */
export function loadSamples(org: Org, rows: Readonly<Record<string, number>>, random: () => number): void {
  const counts = wanted(rows)
  const draw = new Draw(org, random)
  for (const sample of samples) load(org, sample, counts.get(sample.object) ?? 0, draw)
}

function load(org: Org, { object, row: makeRow }: Sample, count: number, draw: Draw): void {
  const table = org.table(object)
  if (!table) throw new RangeError(`the simulated org has no object ${object}`)
  const { type } = table
  const author = org.users.someone
  const owner = type.field('OwnerId')?.slot
  const slots = new Map(type.slots)
  const endMs = org.startedAtMs - marginMs
  for (let i = 0; i < count; i++) {
    const createdMs = wholeSecond(endMs - pastMs + (pastMs * (i + draw.fraction())) / count)
    const stampMs = draw.chance(2 / 3) ? createdMs : wholeSecond(createdMs + draw.fraction() * (endMs - createdMs))
    const row = table.newRow(table.nextId())
    const cells: Cell[] = initialCells(type, row.id)
    if (owner !== undefined) cells[owner] = author
    for (const [name, value] of makeRow(i, draw)) cells[slots.get(name) ?? -1] = value
    cells[systemSlots.CreatedById] = author
    cells[systemSlots.LastModifiedById] = author
    cells[systemSlots.CreatedDate] = createdMs
    cells[systemSlots.LastModifiedDate] = stampMs
    cells[systemSlots.SystemModstamp] = stampMs
    table.put(row, cells)
    if (object === 'Campaign') loadMemberStatuses(org, row.id)
  }
}

/** The statuses that every campaign comes with. */
function loadMemberStatuses(org: Org, campaignId: string): void {
  memberStatuses.forEach(({ label, responded }, i) => {
    const values = { Label: label, HasResponded: responded, IsDefault: i === 0, SortOrder: i + 3 }
    org.load('CampaignMemberStatus', { ...values, CampaignId: campaignId })
  })
}
