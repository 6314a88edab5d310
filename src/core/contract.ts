/**
 * The words of this product, in code. Everything else imports these types; this file imports nothing.
 *
 * object, row, field   an sObject, one of its entries as read by REST, one of its columns
 * trigger              a declared kind of change; its records go to the object's event topic
 * action               a declared kind of REST call a command may ask for
 * record               what is on a topic: key, value, headers
 * batch                commands taken from one partition together
 * wave                 commands of one batch that may run at the same time
 * watermark            how far an object has been read from Salesforce and committed
 * window               the versions of rows seen within the lookback, so that late commits are told from repeats
 * attempt mark         metadata on an unchanged offset that says: these commands may have been sent
 */

declare const brand: unique symbol
export type Branded<T, B extends string> = T & { readonly [brand]: B }

/** A Kafka offset. Never a Salesforce position. */
export type Offset = Branded<bigint, 'Offset'>
/** The registry's number of a schema, as it stands in the wire format. */
export type SchemaId = Branded<number, 'SchemaId'>
/** An 18-character Salesforce record id. */
export type RecordId = Branded<string, 'RecordId'>

export const offset = (n: bigint | number | string): Offset => BigInt(n) as Offset

/** Salesforce position: everything up to and including (modifiedAtMs, recordId) was read. `recordId` is '' for "before any row of that second". */
export type Watermark = Readonly<{ modifiedAtMs: number; recordId: string }>

/** A picklist value of describe (SOAP API Developer Guide, DescribeSObjectResult). */
export interface PicklistValue {
  readonly value: string
  readonly label: string | null
  readonly active: boolean
  readonly defaultValue: boolean
}

/** The part of a field's describe that we use (REST: /sobjects/X/describe, `fields[]`). */
export interface FieldDescribe {
  readonly name: string
  readonly label: string
  readonly type: string
  readonly length: number
  readonly precision: number
  readonly scale: number
  readonly digits: number
  readonly custom: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly nillable: boolean
  readonly defaultedOnCreate: boolean
  readonly calculated: boolean
  readonly externalId: boolean
  readonly unique: boolean
  readonly idLookup: boolean
  readonly filterable: boolean
  readonly compoundFieldName: string | null
  readonly relationshipName: string | null
  readonly referenceTo: readonly string[]
  readonly restrictedPicklist: boolean
  readonly picklistValues: readonly PicklistValue[]
}

/** The part of an object's describe that we use. */
export interface ObjectDescribe {
  readonly name: string
  readonly label: string
  readonly keyPrefix: string | null
  readonly custom: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly deletable: boolean
  readonly queryable: boolean
  readonly replicateable: boolean
  readonly fields: readonly FieldDescribe[]
}

/** A row as REST returns it: `attributes` and the selected fields, values as in JSON. */
export type Row = Readonly<Record<string, unknown>>

export type Headers = Readonly<Record<string, Buffer | readonly Buffer[]>>

/** A record to be written; the partition is always chosen by us (kafka-facts 2.1, rule 2). */
export interface OutgoingRecord {
  readonly topic: string
  readonly partition: number
  readonly key: Buffer | null
  /** null is a tombstone. */
  readonly value: Buffer | null
  readonly headers?: Headers
  /** This machine's time unless given. Never Salesforce's: brokers refuse a time too far ahead of their own (INVALID_TIMESTAMP). */
  readonly timestampMs?: number
}

/** A record as it was read; key, value and headers byte for byte. */
export interface IncomingRecord {
  readonly topic: string
  readonly partition: number
  readonly offset: Offset
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: Headers
  readonly timestampMs: number
  /** The record stands for a whole batch of records that cannot be read, and has the offset of its last. */
  readonly unreadable?: UnreadableBatch
}

/** Records that were sent together and can be neither unpacked nor told apart; `sha256` is of their packed bytes. */
export interface UnreadableBatch {
  readonly firstOffset: Offset
  readonly reason: string
  readonly sha256: string
}

export const eventTypes = ['CREATED', 'UPDATED', 'DELETED', 'MERGED', 'UNDELETED', 'SNAPSHOT'] as const
/** SNAPSHOT is the enum's default symbol: a reader that does not know a newer type reads it as "a state of the row". */
export type EventType = (typeof eventTypes)[number]

/** The value of an event record, before Avro. `record` is the row in Avro's terms (avro/codec.ts). */
export interface EventValue {
  readonly eventId: string
  readonly type: EventType
  readonly trigger: string
  readonly object: string
  readonly recordId: string
  readonly orgId: string
  readonly occurredAt: number
  readonly capturedAt: number
  readonly masterRecordId: string | null
  readonly changedByConnector: boolean
  readonly record: Readonly<Record<string, unknown>> | null
}

export const replyStatuses = ['SUCCEEDED', 'FAILED', 'IN_DOUBT', 'REJECTED'] as const
export type ReplyStatus = (typeof replyStatuses)[number]

/** One error of a reply; `code` is Salesforce's (`statusCode` or `errorCode`) or ours in lower case with a dot. */
export interface ReplyError {
  readonly code: string
  readonly message: string
  readonly fields: readonly string[]
  readonly remedy: string
}

/** A row of LeadStatus as a reply carries it (salesforce-facts 6.10). */
export interface LeadStatus {
  readonly id: string
  readonly label: string
  readonly apiName: string
  readonly isDefault: boolean
  readonly isConverted: boolean
  readonly sortOrder: number
}

/** The value of a reply record, before Avro or JSON. Times are epoch milliseconds. */
export interface ReplyValue {
  readonly commandId: string
  readonly commandHash: string
  readonly action: string
  readonly status: ReplyStatus
  readonly recordId: string | null
  readonly created: boolean | null
  readonly record: Readonly<Record<string, unknown>> | null
  /** Replies of Lead only. */
  readonly leadStatuses?: readonly LeadStatus[] | null
  readonly errors: readonly ReplyError[]
  readonly warnings: readonly string[]
  readonly retryable: boolean
  readonly attempts: number
  readonly duplicate: boolean
  readonly candidates: readonly string[]
  readonly command: Readonly<{ topic: string; partition: number; offset: number }>
  readonly startedAt: number
  readonly finishedAt: number
}

/** Where something happened; part of every error's telemetry. */
export type Stage = 'start' | 'poll' | 'serialize' | 'deserialize' | 'execute' | 'reply' | 'transaction'
