import { isDeepStrictEqual } from 'node:util'
import type { FieldDescribe, ObjectDescribe, PicklistValue } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { ApiResponse } from './client.ts'
import { type DescribeChanged, describeChanges, namesOf } from './describe-changes.ts'
import { identifier } from './soql.ts'

/** A describe is taken from memory for this long unless asked otherwise; then Salesforce is asked whether it changed. */
const ageMsDefault = 300_000
const entriesMax = 200

interface Entry {
  readonly describe: ObjectDescribe
  readonly lastModified: string | undefined
  readonly checkedAtMs: number
}

export type DescribeAnswer = Pick<ApiResponse<unknown>, 'status' | 'headers' | 'body'>

/** GET of /sobjects/X/describe; answers 304 if it did not change since `ifModifiedSince`, an HTTP date. */
export type FetchDescribe = (path: string, ifModifiedSince: string | undefined) => Promise<DescribeAnswer>

/**
 * Describes by object, each fetched once however many ask at the same time, and asked for again by a conditional GET
 * after five minutes (salesforce-facts 2.3). As long as nothing changed, the same object is returned: a reader that keeps
 * it sees a change by comparing, and what it is by describeChanges (describe-changes.ts).
 */
export class Describes {
  readonly #fetch: FetchDescribe
  readonly #nowMs: () => number
  readonly #onChanged: (e: DescribeChanged) => void
  readonly #entries = new Map<string, Entry>()
  readonly #running = new Map<string, Promise<ObjectDescribe>>()

  constructor(
    fetch: FetchDescribe,
    nowMs: () => number = () => performance.now(),
    onChanged: (e: DescribeChanged) => void = () => undefined,
  ) {
    this.#fetch = fetch
    this.#onChanged = onChanged
    this.#nowMs = nowMs
  }

  /** Throws `salesforce.invalid_query` for what is no object name, and what the request throws. */
  async get(object: string, ageMsMax = ageMsDefault): Promise<ObjectDescribe> {
    const key = identifier(object).toLowerCase()
    const entry = this.#entries.get(key)
    if (entry && !this.#isStale(entry, ageMsMax)) return entry.describe
    const running = this.#running.get(key) ?? this.#refresh(key, object, entry)
    this.#running.set(key, running)
    return running
  }

  /** By a common grid of times, so that all objects are asked about together and can share an API call. */
  #isStale({ checkedAtMs }: Entry, ageMsMax: number): boolean {
    if (ageMsMax <= 0) return true
    return Math.floor(this.#nowMs() / ageMsMax) > Math.floor(checkedAtMs / ageMsMax)
  }

  async #refresh(key: string, object: string, former: Entry | undefined): Promise<ObjectDescribe> {
    try {
      const answer = await this.#fetch(`/sobjects/${object}/describe`, former?.lastModified)
      const unchanged = answer.status === 304 && former !== undefined
      const describe = unchanged ? former.describe : this.#keep(former?.describe, readDescribe(object, answer.body))
      // An answer inside a composite has no such header: then the next question is asked without a condition.
      const lastModified = unchanged ? former.lastModified : answer.headers['last-modified']
      this.#entries.delete(key) // set again at the end: the first key is the one refreshed longest ago
      this.#entries.set(key, { describe, lastModified, checkedAtMs: this.#nowMs() })
      if (this.#entries.size > entriesMax) this.#entries.delete(this.#entries.keys().next().value!)
      return describe
    } finally {
      this.#running.delete(key)
    }
  }

  /** The former describe if the new one says the same: a 200 can be due to what we do not read. */
  #keep(former: ObjectDescribe | undefined, read: ObjectDescribe): ObjectDescribe {
    if (!former) return read
    if (isDeepStrictEqual(former, read)) return former
    this.#onChanged(namesOf(read.name, describeChanges(former, read)))
    return read
  }
}

type Json = Readonly<Record<string, unknown>>

/** Keeps what the contract names: a describe has ten times as much. Throws `salesforce.bad_answer`. */
function readDescribe(object: string, body: unknown): ObjectDescribe {
  const json = (body ?? {}) as Json
  if (typeof json.name !== 'string' || !Array.isArray(json.fields) || !json.fields.every(isJson))
    throw new ConnectorError('salesforce.bad_answer', `the describe of ${object} has no name or no fields`, {
      remedy: 'Check that salesforce.login_url leads to an org of Salesforce.',
    })
  return {
    name: json.name,
    label: text(json.label),
    keyPrefix: textOrNull(json.keyPrefix),
    custom: json.custom === true,
    createable: json.createable === true,
    updateable: json.updateable === true,
    deletable: json.deletable === true,
    queryable: json.queryable === true,
    replicateable: json.replicateable === true,
    fields: json.fields.map(readField),
  }
}

const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null
const text = (value: unknown): string => (typeof value === 'string' ? value : '')
const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null)
const count = (value: unknown): number => (typeof value === 'number' ? value : 0)

function readField(json: Json): FieldDescribe {
  return {
    name: text(json.name),
    label: text(json.label),
    type: text(json.type),
    length: count(json.length),
    precision: count(json.precision),
    scale: count(json.scale),
    digits: count(json.digits),
    custom: json.custom === true,
    createable: json.createable === true,
    updateable: json.updateable === true,
    nillable: json.nillable === true,
    defaultedOnCreate: json.defaultedOnCreate === true,
    calculated: json.calculated === true,
    externalId: json.externalId === true,
    unique: json.unique === true,
    idLookup: json.idLookup === true,
    filterable: json.filterable === true,
    compoundFieldName: textOrNull(json.compoundFieldName),
    relationshipName: textOrNull(json.relationshipName),
    referenceTo: Array.isArray(json.referenceTo) ? json.referenceTo.map(text) : [],
    restrictedPicklist: json.restrictedPicklist === true,
    picklistValues: Array.isArray(json.picklistValues) ? json.picklistValues.filter(isJson).map(readPicklistValue) : [],
  }
}

const readPicklistValue = (json: Json): PicklistValue => ({
  value: text(json.value),
  label: textOrNull(json.label),
  active: json.active === true,
  defaultValue: json.defaultValue === true,
})
