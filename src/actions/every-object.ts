import type { FieldDescribe, ObjectDescribe } from '../core/contract.ts'
import { type Action, creates, deletes, reads, updates, upserts } from './action.ts'

/** Standard objects whose API name carries a number that means nothing outside Salesforce. */
const nouns: Readonly<Record<string, string>> = { Product2: 'Product', Pricebook2: 'Pricebook' }

/** The object's part of action names: `Contact`, `Product` for Product2, `Invoice__c`. */
export const nounOf = (object: string): string => nouns[object] ?? object

/** Whether rows can be found by the field's value in an upsert (salesforce-facts 2.7). */
export const isUpsertField = (field: FieldDescribe): boolean =>
  (field.externalId || field.idLookup) && field.name !== 'Id' && (field.createable || field.updateable)

interface Kind {
  readonly name: (noun: string) => string
  readonly can: (describe: ObjectDescribe) => boolean
  readonly action: (object: string, noun: string) => Action
}

/** What can be asked for any object, standard or custom, that allows it. */
const kinds: readonly Kind[] = [
  {
    name: noun => `Create${noun}`,
    can: describe => describe.createable,
    action: (object, noun) => creates(object, { doc: `Creates a row of ${noun}; the reply carries its id.` }),
  },
  {
    name: noun => `Update${noun}`,
    can: describe => describe.updateable,
    action: (object, noun) =>
      updates(object, { doc: `Changes the named fields of a row of ${noun}; fieldsToNull clears fields.` }),
  },
  {
    name: noun => `Upsert${noun}`,
    can: describe => describe.createable && describe.updateable && describe.fields.some(isUpsertField),
    action: (object, noun) =>
      upserts(object, { doc: `Changes the row of ${noun} that has the external id, or creates it.` }),
  },
  {
    name: noun => `Delete${noun}`,
    can: describe => describe.deletable,
    action: (object, noun) => deletes(object, { doc: `Moves a row of ${noun} to the recycle bin.` }),
  },
  {
    name: noun => `Get${noun}ById`,
    can: describe => describe.queryable,
    action: (object, noun) => reads(object, { doc: `Reads a row of ${noun}; the reply carries its fields.` }),
  },
]

/** The names that every object's actions are made by, with `<Object>` in the object's place, and their docs. */
export const everyObject: readonly { readonly name: string; readonly doc: string }[] = kinds.map(kind => ({
  name: kind.name('<Object>'),
  doc: kind.action('<Object>', '<Object>').doc,
}))

/** The actions that the object's describe allows the connector's user, by name. */
export const actionsByDescribe = (describe: ObjectDescribe): [string, Action][] =>
  kinds
    .filter(kind => kind.can(describe))
    .map(kind => [kind.name(nounOf(describe.name)), kind.action(describe.name, nounOf(describe.name))])

/** The one of the objects that an action of this name is for, if its name is formed by a kind of request. */
export const objectByName = (action: string, objects: readonly string[]): string | undefined =>
  objects.find(object => kinds.some(kind => kind.name(nounOf(object)) === action))
