import { z } from 'zod'
import type { RowWrites } from '../org/handle.ts'
import { type Command, command, fieldValues, oneOrMany } from './command.ts'

const bulkRowsMax = 1_000_000

const object = z.string()
const id = z.string()
const withFields = { object, id, fields: fieldValues }
const noFields = { object, id }
const convert = z.strictObject({
  leadId: id,
  convertedStatus: z.string(),
  accountId: id.optional(),
  contactId: id.optional(),
  opportunityId: id.optional(),
  doNotCreateOpportunity: z.boolean().optional(),
  opportunityName: z.string().optional(),
  ownerId: id.optional(),
})

/** One write by another user than the connector's. */
const write = z.discriminatedUnion('operation', [
  z.strictObject({ operation: z.literal('create'), object, fields: fieldValues.default({}) }),
  z.strictObject({ operation: z.literal('update'), ...withFields, fields: fieldValues.default({}) }),
  z.strictObject({ operation: z.literal('delete'), ...noFields }),
  z.strictObject({ operation: z.literal('undelete'), ...noFields }),
  z.strictObject({ operation: z.literal('hardDelete'), ...noFields }),
  z.strictObject({ operation: z.literal('touch'), ...withFields, fields: fieldValues.default({}) }),
  z.strictObject({ operation: z.literal('revise'), ...withFields }),
])
type Write = z.infer<typeof write>
const writes = oneOrMany(write)

const merge = z.strictObject({
  object,
  masterId: id,
  loserIds: z.array(id),
  values: fieldValues.default({}),
})

function perform(rows: RowWrites, one: Write): string {
  switch (one.operation) {
    case 'create':
      return rows.create(one.object, one.fields)
    case 'update':
      rows.update(one.object, one.id, one.fields)
      return one.id
    case 'touch':
      rows.touch(one.object, one.id, one.fields)
      return one.id
    case 'revise':
      rows.revise(one.object, one.id, one.fields)
      return one.id
    default:
      rows[one.operation](one.object, one.id)
      return one.id
  }
}

const number = (value: unknown, n: number): unknown =>
  typeof value === 'string' ? value.replaceAll('{n}', String(n)) : value

/** Writes of rows, each a transaction of its own or within one that is held open. */
export const rowCommands: Readonly<Record<string, Command>> = {
  rows: command(
    'One write or a list of them, each a transaction: {operation: create|update|delete|undelete|hardDelete|touch|revise, object, id, fields}. touch moves SystemModstamp alone, revise no stamp.',
    writes,
    ({ handle }, body) => ({ ids: body.map(one => perform(handle, one)) }),
  ),
  'bulk-write': command(
    'Creates count rows of one stamp in one transaction: {object, count, fields}; {n} in a text is the number of the row.',
    z.strictObject({ object, count: z.int().min(1).max(bulkRowsMax), fields: fieldValues }),
    ({ handle }, { object: name, count, fields }) => {
      const entries = Object.entries(fields)
      const fieldsOf = (n: number) => Object.fromEntries(entries.map(([key, value]) => [key, number(value, n)]))
      return { created: handle.bulkWrite(name, count, fieldsOf).length }
    },
  ),
  merge: command(
    'Merges one or two rows into a master: {object, masterId, loserIds, values}.',
    merge,
    ({ handle }, { object: name, ...order }) => handle.merge(name, order),
  ),
  convert: command(
    'Converts a lead: {leadId, convertedStatus, accountId, contactId, opportunityId, doNotCreateOpportunity, opportunityName, ownerId}.',
    convert,
    ({ handle }, body) => handle.convert(withoutUndefined(body)),
  ),
  'archive-tasks': command(
    'Archives the closed tasks whose day is 365 days ago: {}.',
    z.strictObject({}),
    ({ handle }) => ({ archived: handle.archiveTasks() }),
  ),
  begin: command(
    'Opens a transaction and names it: {userId, stamp}; stamp is that of all its rows, the time of each write unless given.',
    z.strictObject({ userId: id.optional(), stamp: z.iso.datetime({ offset: true }).optional() }),
    ({ handle, held }, { userId, stamp }) => ({
      transaction: held.hold(handle.begin(userId, stamp === undefined ? undefined : wholeSecond(stamp))),
    }),
    ({ held }) => held.names,
  ),
  write: command(
    'Writes in an open transaction, unseen until its commit: {transaction, rows}; rows as for rows.',
    z.strictObject({ transaction: z.string(), rows: writes }),
    ({ held }, { transaction, rows }) => {
      const open = held.find(transaction)
      return { ids: rows.map(one => perform(open, one)) }
    },
  ),
  commit: command(
    'Commits an open transaction: {transaction}.',
    z.strictObject({ transaction: z.string() }),
    ({ held }, { transaction }) => held.release(transaction).commit() ?? {},
  ),
  rollback: command(
    'Rolls an open transaction back: {transaction}.',
    z.strictObject({ transaction: z.string() }),
    ({ held }, { transaction }) => held.release(transaction).rollback() ?? {},
  ),
}

const wholeSecond = (text: string): number => Math.floor(Date.parse(text) / 1000) * 1000

type Defined<T> = { [K in keyof T]: Exclude<T[K], undefined> }

/** Optional properties that were not sent are left out. */
const withoutUndefined = <T extends object>(given: T): Defined<T> =>
  Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Defined<T>
