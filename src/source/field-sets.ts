import type { FieldDescribe, ObjectDescribe } from '../core/contract.ts'
import { RecentRows } from './recent-rows.ts'
import type { FormerFields, VersionFields } from './record.ts'
import type { Window } from './window.ts'

/** What entries of the window were hashed from, up to the last stamp it then held; null if that is not known. */
interface FormerSet {
  readonly names: readonly string[] | null
  readonly untilMs: number
}

/** As it stands in the offsets topic: fields with their types, `Title string`. */
export interface StoredFields {
  readonly names: readonly string[]
  readonly former: readonly FormerSet[]
}

/** More changes than that within one window: the older sets are then no longer told apart. */
const formerSetsMax = 8

// Salesforce changes these when somebody looks at the row, without a new SystemModstamp (Object Reference, system fields).
const viewedFields = new Set(['LastViewedDate', 'LastReferencedDate'])

/** The fields whose change makes a new version: the row's own, neither calculated nor per viewer (design 4.5). */
const isVersionField = (field: FieldDescribe): boolean =>
  !field.calculated && field.type !== 'base64' && field.type !== 'address' && !viewedFields.has(field.name)

/** In an order of their own, so that describe may give them in any. With the type: a value of another type is another text. */
const namesOf = (describe: ObjectDescribe): string[] =>
  describe.fields
    .filter(isVersionField)
    .map(({ name, type }) => `${name} ${type}`)
    .sort()

const plain = (names: readonly string[]): string[] => names.map(name => name.slice(0, name.indexOf(' ')))

/**
 * Which fields tell an object's versions apart, and which did while the window still holds what was seen then. Without
 * the former ones every row of the window would look new when a field is added, removed or retyped.
 */
export class FieldSets {
  #names: readonly string[] | undefined
  #former: readonly FormerSet[] = []
  #isChanged = false
  readonly recent = new RecentRows()
  #used: { readonly describe: ObjectDescribe; readonly fields: VersionFields } | undefined

  /** Puts back what the offsets topic says. */
  restore({ names, former }: StoredFields): void {
    this.#names = names
    this.#former = former
  }

  /** The fields to compare rows by that were read with this describe; `window` is what was seen until now. */
  use(describe: ObjectDescribe, window: Window): VersionFields {
    if (this.#used?.describe === describe) return this.#used.fields
    const names = namesOf(describe)
    if (names.join() !== this.#names?.join()) {
      const untilMs = window.lastStampMs
      if (untilMs !== undefined) this.#former = bounded([...this.#former, { names: this.#names ?? null, untilMs }])
      this.#names = names
      this.#isChanged = true
    }
    this.recent.use(names)
    const present = new Set(names)
    const isKnown = (set: readonly string[] | null): set is readonly string[] =>
      set?.every(n => present.has(n)) ?? false
    const former = this.#former.map(
      ({ names, untilMs }): FormerFields => ({ names: isKnown(names) ? plain(names) : 'unknown', untilMs }),
    )
    this.#used = { describe, fields: { names: plain(names), former, recent: this.recent } }
    return this.#used.fields
  }

  /** Forgets the sets of which the window holds nothing from `fromMs` on; what is to be stored, undefined if nothing changed. */
  takeChange(fromMs: number): StoredFields | undefined {
    const kept = this.#former.filter(({ untilMs }) => untilMs >= fromMs)
    if (kept.length < this.#former.length) {
      this.#former = kept
      this.#isChanged = true
      this.#used = undefined
    }
    if (!this.#isChanged || this.#names === undefined) return undefined
    this.#isChanged = false
    return { names: this.#names, former: this.#former }
  }
}

/** The two oldest become one of which only the stamps are known. */
function bounded(sets: readonly FormerSet[]): readonly FormerSet[] {
  const [first, second, ...later] = sets
  if (!first || !second || sets.length <= formerSetsMax) return sets
  return [{ names: null, untilMs: Math.max(first.untilMs, second.untilMs) }, ...later]
}
