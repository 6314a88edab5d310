import type { FieldDescribe, ObjectDescribe } from '../../src/core/contract.ts'

/** A field of describe; by default a nullable one that may be written. */
export function fieldDescribe(name: string, type: string, flags: Partial<FieldDescribe> = {}): FieldDescribe {
  return {
    name,
    label: name.replace(/__c$/, '').replace(/_/g, ' '),
    type,
    length: 0,
    precision: 0,
    scale: 0,
    digits: 0,
    custom: name.endsWith('__c'),
    createable: true,
    updateable: true,
    nillable: true,
    defaultedOnCreate: false,
    calculated: false,
    externalId: false,
    unique: false,
    idLookup: false,
    filterable: true,
    compoundFieldName: null,
    relationshipName: null,
    referenceTo: [],
    restrictedPicklist: false,
    picklistValues: [],
    ...flags,
  }
}

export function objectDescribe(name: string, fields: readonly FieldDescribe[]): ObjectDescribe {
  const can = { createable: true, updateable: true, deletable: true, queryable: true, replicateable: true }
  return { name, label: name, keyPrefix: '003', custom: name.endsWith('__c'), ...can, fields }
}

const readOnly = { createable: false, updateable: false }

/** A contact with a field of every type describe knows (salesforce-facts 2.5). */
export const everyType: ObjectDescribe = objectDescribe('Contact', [
  fieldDescribe('Id', 'id', { ...readOnly, nillable: false, defaultedOnCreate: true }),
  fieldDescribe('LastName', 'string', { nillable: false }),
  fieldDescribe('AccountId', 'reference'),
  fieldDescribe('Description', 'textarea'),
  fieldDescribe('Phone', 'phone'),
  fieldDescribe('Email', 'email'),
  fieldDescribe('Website__c', 'url'),
  fieldDescribe('Salutation', 'picklist'),
  fieldDescribe('Source__c', 'combobox'),
  fieldDescribe('Secret__c', 'encryptedstring'),
  fieldDescribe('Old_Value__c', 'anyType', readOnly),
  fieldDescribe('Complex__c', 'complexvalue', readOnly),
  fieldDescribe('VIP__c', 'boolean', { nillable: false, defaultedOnCreate: true }),
  fieldDescribe('Visits__c', 'int'),
  fieldDescribe('Views__c', 'long'),
  fieldDescribe('Score__c', 'double'),
  fieldDescribe('Credit_Limit__c', 'currency'),
  fieldDescribe('Share__c', 'percent'),
  fieldDescribe('Birthdate', 'date'),
  fieldDescribe('SystemModstamp', 'datetime', { ...readOnly, nillable: false, defaultedOnCreate: true }),
  fieldDescribe('Met_At__c', 'datetime', { updateable: false }),
  fieldDescribe('Wakes_At__c', 'time', { createable: false }),
  fieldDescribe('Interests__c', 'multipicklist'),
  fieldDescribe('OtherAddress', 'address', readOnly),
  fieldDescribe('MailingAddress', 'address', readOnly),
  fieldDescribe('Place__c', 'location', readOnly),
  fieldDescribe('Photo__c', 'base64'),
])
