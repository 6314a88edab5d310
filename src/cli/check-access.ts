import type { Action, Operation } from '../actions/action.ts'
import { actions, actionsOf } from '../actions.ts'
import type { Config } from '../core/config.ts'
import type { EventType, FieldDescribe, ObjectDescribe } from '../core/contract.ts'
import { triggers } from '../triggers.ts'

/** What the config asks of one object. */
export interface Asked {
  readonly object: string
  readonly source: boolean
  /** Whether its command topic is read. */
  readonly sink: boolean
  /** Of the sink: the actions that the config names, if it names any. */
  readonly allowed: readonly string[]
  /** Of the source: fields that its triggers cannot do without. */
  readonly readFields: readonly string[]
  /** Of the sink: names of the actions that use each kind of request. */
  readonly operations: ReadonlyMap<Operation, readonly string[]>
  /** Of the sink: fields that an action writes by itself, by the action's name. */
  readonly writtenFields: ReadonlyMap<string, readonly string[]>
  /** Of the sink: filled with the commandId. */
  readonly idempotencyField?: string
}

/** Something that the config asks for and the connector's user cannot do; `remedy` is for the org's admin. */
export interface Gap {
  readonly object: string
  readonly field?: string
  readonly message: string
  readonly remedy: string
}

/** What every event is made of, besides the fields that are merely passed on. */
const eventFields = ['Id', 'SystemModstamp', 'CreatedDate', 'LastModifiedById']

/** A commandId is a UUID. */
const commandIdChars = 36

/** Pure. What the config asks for, an entry for each object, in the order of the config; last those that actions of others write. */
export function askedBy(config: Config): Asked[] {
  const { source, sink } = config
  const polled = source.enabled ? Object.keys(source.objects) : []
  const commanded = sink.enabled ? sink.objects : []
  const taken = Object.entries(actions).filter(
    ([name, { object }]) => commanded.includes(object) && (sink.allow[object]?.includes(name) ?? true),
  )
  const written = taken.map(([, action]) => rowOf(action))
  return [...new Set([...polled, ...commanded, ...written])].map(object => {
    const isPolled = polled.includes(object)
    const isCommanded = commanded.includes(object)
    const own = taken.filter(([, action]) => rowOf(action) === object)
    const idempotencyField = isCommanded ? sink.idempotencyFields[object] : undefined
    return {
      object,
      source: isPolled,
      sink: isCommanded,
      allowed: isCommanded ? (sink.allow[object] ?? []) : [],
      readFields: isPolled ? [...eventFields, ...deletedFields(config, object)] : [],
      operations: new Map(
        (['create', 'update', 'delete', 'get'] as const).map(operation => [
          operation,
          own.filter(([, action]) => action.operation === operation).map(([name]) => name),
        ]),
      ),
      writtenFields: new Map(own.map(([name, action]) => [name, Object.keys(action.fieldsOf?.({}) ?? {})])),
      ...(idempotencyField !== undefined && { idempotencyField }),
    }
  })
}

/** The object of the rows that an action reads or writes. */
const rowOf = ({ object, row }: Action): string => row ?? object

function deletedFields(config: Config, object: string): string[] {
  const switches = config.source.objects[object]?.triggers
  const own = Object.values(triggers).filter(each => each.object === object && switches?.[each.option].enabled)
  const fires = (...types: readonly EventType[]): boolean => own.some(({ type }) => types.includes(type))
  return [
    ...(fires('DELETED', 'MERGED', 'UNDELETED') ? ['IsDeleted'] : []),
    ...(fires('MERGED') ? ['MasterRecordId'] : []),
  ]
}

/** Pure. What is missing for what is asked; `describe` shows the user's own view, undefined if the user sees no such object. */
export function gapsOf(asked: Asked, describe: ObjectDescribe | undefined): Gap[] {
  const { object } = asked
  if (!describe) {
    const message = 'the org has no object of this name that the user may see'
    const remedy = `Check the name (Setup > Object Manager, API Name); if it is right: ${objectRemedy(object, 'Read')}`
    return [{ object, message, remedy }]
  }
  return [
    ...objectGaps(asked, describe),
    ...actionGaps(asked, describe),
    ...fieldGaps(asked, describe),
    ...idempotencyGaps(asked, describe),
  ]
}

/** What the sink would refuse to start with. */
function actionGaps({ object, sink, allowed }: Asked, describe: ObjectDescribe): Gap[] {
  if (!sink) return []
  const known = [...actionsOf(describe).keys()]
  if (known.length === 0)
    return [
      {
        object,
        message: 'it has no actions: the user may neither read nor write its rows',
        remedy: `${objectRemedy(object, 'Read')} Or take it out of sink.objects.`,
      },
    ]
  return allowed
    .filter(name => !known.includes(name))
    .map(name => ({
      object,
      message: `sink.allow names ${name}, which is no action of it for this user`,
      remedy: `Use ${known.join(', ')}; or give the user the right that ${name} needs.`,
    }))
}

function objectGaps(asked: Asked, describe: ObjectDescribe): Gap[] {
  const rights = [
    ['create', describe.createable, 'Create'],
    ['update', describe.updateable, 'Edit'],
    ['delete', describe.deletable, 'Delete'],
    ['get', describe.queryable, 'Read'],
  ] as const
  const gaps: Gap[] = rights
    .filter(([operation, has]) => !has && names(asked, operation).length > 0)
    .map(([operation, , right]) => ({
      object: asked.object,
      message: `the user may not ${operation === 'get' ? 'read' : operation} rows, for ${names(asked, operation).join(', ')}`,
      remedy: objectRemedy(asked.object, right),
    }))
  if (asked.source && !describe.queryable)
    gaps.push({
      object: asked.object,
      message: 'rows cannot be queried, for the source',
      remedy: `${objectRemedy(asked.object, 'Read')} Some objects of Salesforce can never be queried.`,
    })
  return gaps
}

const names = (asked: Asked, operation: Operation): readonly string[] => asked.operations.get(operation) ?? []

function fieldGaps(asked: Asked, describe: ObjectDescribe): Gap[] {
  const { object } = asked
  const gaps: Gap[] = []
  for (const field of asked.readFields)
    if (!fieldOf(describe, field))
      gaps.push({
        object,
        field,
        message: `${field} is missing, which every event is made of`,
        remedy: `Take the object out of source.objects, or switch off the trigger: not every object has ${field}.`,
      })
  for (const [action, fields] of asked.writtenFields)
    for (const field of fields) {
      const found = fieldOf(describe, field)
      const operation = actions[action]!.operation
      if (found && (operation === 'create' ? found.createable : found.updateable)) continue
      const what = found ? 'read' : 'see'
      gaps.push({
        object,
        field,
        message: `the user may ${found ? 'only' : 'not'} ${what} ${field}, which ${action} writes`,
        remedy: fieldRemedy(object, field),
      })
    }
  return gaps
}

function idempotencyGaps({ object, idempotencyField: field }: Asked, describe: ObjectDescribe): Gap[] {
  if (field === undefined) return []
  const gap = (message: string, remedy: string): Gap[] => [{ object, field, message, remedy }]
  const page = `Setup > Object Manager > ${object} > Fields & Relationships`
  const make = `${page} > New: Text, length ${commandIdChars} or more, with Unique and External ID.`
  const found = fieldOf(describe, field)
  if (!found)
    return gap(
      `the idempotency field ${field} does not exist, or the user may not see it`,
      `${make} If it exists: ${fieldRemedy(object, field)}`,
    )
  if (found.type !== 'string' || found.length < commandIdChars)
    return gap(
      `the idempotency field ${field} is a ${found.type} of length ${found.length}; it must be a text of ${commandIdChars} or more`,
      make,
    )
  if (!found.externalId || !found.unique) {
    const missing = [...(found.externalId ? [] : ['External ID']), ...(found.unique ? [] : ['Unique'])].join(' and ')
    const change = `${page} > ${field} > Edit: select ${missing}.`
    return gap(`the idempotency field ${field} is not ${missing}`, found.custom ? change : make)
  }
  if (!found.createable) return gap(`the user may not write the idempotency field ${field}`, fieldRemedy(object, field))
  return []
}

const fieldOf = (describe: ObjectDescribe, name: string): FieldDescribe | undefined =>
  describe.fields.find(field => field.name.toLowerCase() === name.toLowerCase())

const objectRemedy = (object: string, right: string): string =>
  `Setup > Permission Sets > that of the connector's user > Object Settings > ${object} > Edit: select ${right}.`

const fieldRemedy = (object: string, field: string): string =>
  `Setup > Object Manager > ${object} > Fields & Relationships > ${field} > Set Field-Level Security: select Visible, and ` +
  "not Read-Only, for the profile of the connector's user; or the same in a permission set of the user."
