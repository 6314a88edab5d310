import type { EventType } from '../core/contract.ts'

type Fields = Readonly<Record<string, unknown>>

/**
 * A change made in Salesforce by someone, as the conformance suite and the demo play it. A value `$Account` stands for
 * the id of an account. `merge`: into a new row with these fields.
 */
export type Change =
  | { readonly create: Fields }
  | { readonly update: Fields }
  | { readonly delete: true }
  | { readonly undelete: true }
  | { readonly merge: Fields }

/** Changes to one row, each seen by a poll before the next is made. */
export type Changes = readonly Change[]

/** What is done to rows of one object. */
export interface ObjectRows {
  readonly object: string
  readonly create: Fields
  readonly update: Fields
  /** The row that others are merged into, for objects whose rows can be (salesforce-facts 5.1). */
  readonly survivor?: Fields
}

export interface Samples {
  /** The trigger fires at the last change of each. */
  readonly samples: readonly Changes[]
  /** It does not. */
  readonly antiSamples: readonly Changes[]
}

/** Samples and anti-samples of the trigger of that type, made from the object's rows. */
export function samplesOf(type: EventType, rows: ObjectRows): Samples {
  const created: Changes = [{ create: rows.create }]
  const updated: Changes = [...created, { update: rows.update }]
  const deleted: Changes = [...created, { delete: true }]
  const undeleted: Changes = [...deleted, { undelete: true }]
  const merged: Changes[] = rows.survivor ? [[...created, { merge: rows.survivor }]] : []
  switch (type) {
    case 'CREATED':
      return { samples: [created], antiSamples: [updated, undeleted] }
    case 'UPDATED':
      return { samples: [updated, [...undeleted, { update: rows.update }]], antiSamples: [created, deleted, undeleted] }
    case 'DELETED':
      return { samples: [deleted, [...updated, { delete: true }]], antiSamples: [updated, ...merged] }
    case 'MERGED':
      return { samples: merged, antiSamples: [deleted] }
    case 'UNDELETED':
      return { samples: [undeleted], antiSamples: [updated] }
    case 'SNAPSHOT':
      return { samples: [], antiSamples: [created] } // fires when a snapshot is asked for, not at a change
  }
}
