import type { EventType } from './core/contract.ts'

/** A change made in Salesforce by someone, as the conformance suite plays it. */
export type Change =
  | { readonly create: Readonly<Record<string, unknown>> }
  | { readonly update: Readonly<Record<string, unknown>> }
  | { readonly delete: true }

export interface Trigger {
  readonly object: string
  readonly type: EventType
  /** Its switch in the config: source.objects.<Object>.triggers.<option> */
  readonly option: 'created' | 'updated' | 'deleted'
  readonly doc: string
  /** Changes to one row, each seen by a poll, after which the trigger has fired. */
  readonly samples: readonly (readonly Change[])[]
  /** Changes to one row after which it has not. */
  readonly antiSamples: readonly (readonly Change[])[]
}

const create: Change = { create: { LastName: 'Okafor', Email: 'ada@example.com', VIP__c: true } }

/** All triggers by name. One entry is one kind of change (design 2). */
export const triggers: Readonly<Record<string, Trigger>> = {
  'contact-created': {
    object: 'Contact',
    type: 'CREATED',
    option: 'created',
    doc: 'A contact was created; fires once, with its latest state.',
    samples: [[create]],
    antiSamples: [],
  },
  'contact-updated': {
    object: 'Contact',
    type: 'UPDATED',
    option: 'updated',
    doc: 'A contact that was seen before has a new version.',
    samples: [[create, { update: { Title: 'Chief Engineer' } }]],
    antiSamples: [[create], [create, { delete: true }]],
  },
  'contact-deleted': {
    object: 'Contact',
    type: 'DELETED',
    option: 'deleted',
    doc: 'A contact went to the recycle bin.',
    samples: [[create, { delete: true }]],
    antiSamples: [[create, { update: { Title: 'Still here' } }]],
  },
}
