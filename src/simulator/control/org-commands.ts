import { z } from 'zod'
import type { Grants } from '../org/access.ts'
import type { ObjectChanges } from '../org/alter-object.ts'
import type { AutomationRule } from '../org/automation-rule.ts'
import type { Org } from '../org/org.ts'
import { setSwitches } from '../switches.ts'
import { type Command, command, oneOrMany } from './command.ts'

const clockStepMsMax = 400 * 24 * 3_600_000
const delayMsMax = 600_000

const ruleBase = {
  name: z.string().min(1),
  object: z.string(),
  on: z.array(z.enum(['create', 'update', 'delete'])).optional(),
  when: z
    .array(
      z.strictObject({
        field: z.string(),
        is: z.enum(['=', '!=', '<', '>', 'contains', 'changed']),
        value: z.union([z.string(), z.number(), z.boolean(), z.null()]).optional(),
      }),
    )
    .optional(),
}
const rule = z.discriminatedUnion('kind', [
  z.strictObject({
    ...{ kind: z.literal('validation'), ...ruleBase, message: z.string() },
    ...{ code: z.string().optional(), fields: z.array(z.string()).optional() },
  }),
  z.strictObject({
    ...{ kind: z.literal('duplicate'), ...ruleBase, action: z.enum(['alert', 'block']) },
    ...{ match: z.array(z.string()).min(1), message: z.string().optional() },
  }),
  z.strictObject({
    ...{ kind: z.literal('flow'), ...ruleBase, set: z.record(z.string(), z.unknown()) },
    ...{ afterCommitMs: z.number().min(0).optional(), sameStamp: z.boolean().optional() },
  }),
  z.strictObject({ kind: z.literal('assignment'), ...ruleBase, ownerId: z.string() }),
])
const grants = z.strictObject({
  userId: z.string().optional(),
  objects: z.record(z.string(), z.record(z.string(), z.boolean())).optional(),
  fields: z.record(z.string(), z.enum(['edit', 'read', 'none'])).optional(),
  editsConvertedLeads: z.boolean().optional(),
})

/** How the org is set up and what time it is. */
export const orgCommands: Readonly<Record<string, Command>> = {
  switches: command(
    'Sets switches by name: the ways Salesforce may behave where it is not proven.',
    z.record(z.string(), z.unknown()),
    ({ org }, changes) => {
      setSwitches(org.switches, changes)
      return org.switches
    },
    ({ org }) => org.switches,
  ),
  access: command(
    "Sets a user's rights, the connector's unless named: {userId, objects: {Contact: {create: false}}, fields: {'Contact.Email': edit|read|none}, editsConvertedLeads}.",
    grants,
    ({ org }, { userId = org.users.connector, ...given }) => {
      if (org.username(userId) === undefined) throw new RangeError(`the simulated org has no user ${userId}`)
      org.rights.set(userId, given as Grants, org.now())
      return org.rights.withheld
    },
    ({ org }) => org.rights.withheld,
  ),
  rules: command(
    'Sets a rule or a list of them, each by its name: {kind: validation|duplicate|flow|assignment, name, object, on, when: [{field, is, value}], …}; validation: message, code, fields; duplicate: action alert|block, match, message; flow: set, afterCommitMs, sameStamp; assignment: ownerId.',
    oneOrMany(rule),
    ({ org }, body) => {
      for (const one of body) org.automation.set(one as AutomationRule)
      return org.automation.rules
    },
    ({ org }) => org.automation.rules,
  ),
  'remove-rules': command(
    'Removes rules: {names}; all of them without names.',
    z.strictObject({ names: z.array(z.string()).optional() }),
    ({ org }, { names = org.automation.rules.map(({ name }) => name) }) => {
      for (const name of names) if (!org.automation.remove(name)) throw new RangeError(`there is no rule ${name}`)
      return org.automation.rules
    },
  ),
  fields: command(
    'Changes custom fields: {object, add: [{name, type, …}], remove: [name], retype: {name: {type, …}}}.',
    z.strictObject({
      object: z.string(),
      add: z.array(z.looseObject({ name: z.string(), type: z.string() })).optional(),
      remove: z.array(z.string()).optional(),
      retype: z.record(z.string(), z.looseObject({ type: z.string() })).optional(),
    }),
    ({ org }, { object, ...changes }) => {
      org.alter(object, changes as ObjectChanges)
      return { fields: org.table(object)?.type.fields.map(field => field.name) }
    },
  ),
  clock: command(
    "Sets the org's clock forward: {advanceMs}.",
    z.strictObject({ advanceMs: z.number().min(0).max(clockStepMsMax) }),
    ({ org }, { advanceMs }) => {
      org.advanceClock(advanceMs)
      return clock(org)
    },
    ({ org }) => clock(org),
  ),
  'commit-delay': command(
    'How long written rows stay unseen after they were stamped: {ms, randomMs}; a random part from 0 to randomMs is drawn from the seed.',
    z.strictObject({ ms: z.number().min(0).max(delayMsMax), randomMs: z.number().min(0).max(delayMsMax).default(0) }),
    ({ org }, { ms, randomMs }) => {
      org.commitDelay.fixedMs = ms
      org.commitDelay.randomMs = randomMs
      return { ms, randomMs }
    },
    ({ org }) => ({ ms: org.commitDelay.fixedMs, randomMs: org.commitDelay.randomMs }),
  ),
  'empty-bin': command(
    'Empties the recycle bin, or takes these rows out of it for good: {ids}. They go physically after the switch physicalDeletionMs.',
    z.strictObject({ ids: z.array(z.string()).optional() }),
    ({ org }, { ids }) => ({ emptied: org.bin.empty(ids) }),
    ({ org }) => ({ rows: org.bin.size }),
  ),
  replication: command(
    'What getDeleted and getUpdated reach back to: {enabledAt, purgeDeletesBefore}.',
    z.strictObject({
      enabledAt: z.iso.datetime({ offset: true }).optional(),
      purgeDeletesBefore: z.iso.datetime({ offset: true }).optional(),
    }),
    ({ org }, { enabledAt, purgeDeletesBefore }) => {
      if (enabledAt !== undefined) org.bin.log.enabledAtMs = Date.parse(enabledAt)
      if (purgeDeletesBefore !== undefined) org.bin.log.purge(Date.parse(purgeDeletesBefore))
      return replication(org)
    },
    ({ org }) => replication(org),
  ),
}

const clock = (org: Org) => ({ now: new Date(org.now()).toISOString() })

const replication = ({ bin: { log } }: Org) => ({
  enabledAt: new Date(log.enabledAtMs).toISOString(),
  deletesPurgedBefore: new Date(log.purgedToMs).toISOString(),
})
