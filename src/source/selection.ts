import type { TriggerOptions } from '../core/config-triggers.ts'
import type { EventType, FieldDescribe, ObjectDescribe } from '../core/contract.ts'
import { queriesMax } from '../salesforce/composite-reads.ts'
import { type Trigger, type TriggerOption, triggersOf } from '../triggers.ts'
import { type Condition, readCondition } from './condition.ts'
import { idsPerQueryMax, matchingIds, type PollParts } from './poll.ts'
import type { Sighting } from './record.ts'

/** A trigger that is switched on. */
interface Firing {
  readonly name: string
  /** Fields that its events carry, as describe names them; undefined: all. */
  readonly fields: readonly string[] | undefined
  readonly where: string | undefined
  /** Evaluated on the row; a text is a condition that Salesforce is asked about. */
  readonly condition: Condition | string | undefined
}

/** What Salesforce said: by condition, the ids of the rows that meet it. */
export type Answers = ReadonlyMap<string, ReadonlySet<string>>

/** Read whatever is published: what a row's version, its type and its place are told from. */
const systemFields: ReadonlySet<string> = new Set([
  'Id',
  'SystemModstamp',
  'CreatedDate',
  'LastModifiedById',
  'LastModifiedDate',
  'IsDeleted',
  'MasterRecordId',
])

/** What of an object's changes is published: which triggers fire, for which rows, with which fields (design 4.6). */
export class Selection {
  /** The object with the fields that are read: all, or if every trigger names its own, those and what they depend on. */
  readonly describe: ObjectDescribe
  readonly #firings = new Map<EventType, Firing>()
  /** Texts of the conditions: those told from the row, and those that Salesforce must be asked about. */
  readonly conditions: { readonly own: readonly string[]; readonly asked: readonly string[] }

  /** `timeZone` of the connector's user, for date literals; undefined if it is not known. */
  constructor(
    describe: ObjectDescribe,
    options: Readonly<Record<TriggerOption, TriggerOptions>>,
    timeZone: string | undefined,
  ) {
    for (const [name, trigger] of Object.entries(triggersOf(describe.name)))
      if (options[trigger.option].enabled)
        this.#firings.set(trigger.type, firing(name, trigger, describe, options, timeZone))
    const found = [...this.#firings.values()]
    const textsOf = (isAsked: boolean) => [
      ...new Set(
        found.filter(each => (typeof each.condition === 'string') === isAsked).flatMap(({ where }) => where ?? []),
      ),
    ]
    this.conditions = { own: textsOf(false), asked: textsOf(true) }
    this.describe = narrowed(describe, [...this.#firings.values()])
  }

  /** The name of the trigger that fires for events of that type; undefined if it is switched off. */
  triggerOf(type: EventType): string | undefined {
    return this.#firings.get(type)?.name
  }

  /** The fields that events of that type carry; undefined: all that are read. */
  fieldsOf(type: EventType): readonly string[] | undefined {
    return this.#firings.get(type)?.fields
  }

  /** Calls that `ask` makes for a page of as many rows, all of them changed. */
  callsPerPageMax(rows: number): number {
    return Math.ceil((this.conditions.asked.length * Math.ceil(rows / idsPerQueryMax)) / queriesMax)
  }

  /**
   * Asks Salesforce which of the rows meet the conditions that only it can evaluate: no call if there is none such to
   * ask about, else one for up to five queries. What it says is of the moment: a row purged since meets none. Throws
   * ConnectorError.
   */
  async ask(parts: PollParts, sightings: readonly Sighting[], signal: AbortSignal): Promise<Answers> {
    const idsByCondition = new Map<string, string[]>()
    for (const { type, row, version } of sightings) {
      const condition = this.#firings.get(type)?.condition
      if (typeof condition !== 'string' || row === null) continue
      const ids = idsByCondition.get(condition)
      if (ids) ids.push(version.recordId)
      else idsByCondition.set(condition, [version.recordId])
    }
    const asked = [...idsByCondition].map(
      async ([where, ids]) => [where, await matchingIds(parts, this.describe.name, ids, where, signal)] as const,
    )
    return new Map(await Promise.all(asked))
  }

  /** Whether an event is published; a row of which nothing is left meets every condition, since nobody can tell. */
  publishes({ type, row, version }: Sighting, answers: Answers, nowMs: number): boolean {
    const found = this.#firings.get(type)
    if (!found) return false
    const { condition } = found
    if (condition === undefined || row === null) return true
    if (typeof condition === 'string') return answers.get(condition)?.has(version.recordId) ?? false
    return condition.holds(row, nowMs)
  }
}

function firing(
  name: string,
  { option }: Trigger,
  describe: ObjectDescribe,
  options: Readonly<Record<TriggerOption, TriggerOptions>>,
  timeZone: string | undefined,
): Firing {
  const { fields, where } = options[option]
  return {
    name,
    fields: fields && describe.fields.filter(isAmong(fields)).map(field => field.name),
    where,
    condition: where === undefined ? undefined : (readCondition(where, describe, timeZone) ?? where),
  }
}

/** Names in the config may be in any case, as in SOQL. */
function isAmong(names: readonly string[]): (field: FieldDescribe) => boolean {
  const wanted = new Set(names.map(name => name.toLowerCase()))
  return field => wanted.has(field.name.toLowerCase())
}

function narrowed(describe: ObjectDescribe, firings: readonly Firing[]): ObjectDescribe {
  const wanted = new Set(systemFields)
  for (const { fields, condition } of firings) {
    if (!fields) return describe
    for (const name of fields) wanted.add(name)
    if (typeof condition === 'object') for (const name of condition.fields) wanted.add(name)
  }
  return { ...describe, fields: describe.fields.filter(({ name }) => wanted.has(name)) }
}
