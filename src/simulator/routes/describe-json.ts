import type { FieldType } from '../objects/definition.ts'
import type { Field, ObjectType } from '../org/object-type.ts'

const soapTypes: Readonly<Partial<Record<FieldType, string>>> = {
  id: 'tns:ID',
  reference: 'tns:ID',
  boolean: 'xsd:boolean',
  int: 'xsd:int',
  double: 'xsd:double',
  currency: 'xsd:double',
  percent: 'xsd:double',
  date: 'xsd:date',
  datetime: 'xsd:dateTime',
  address: 'urn:address',
}
const numericTypes: ReadonlySet<FieldType> = new Set(['int', 'double', 'currency', 'percent'] as const)

/** A field of describe, with every key of salesforce-facts 2.5. */
function fieldJson(field: Field) {
  const { definition, type } = field
  const references = definition.referenceTo ?? []
  return {
    aggregatable: field.groupable || numericTypes.has(type) || type === 'datetime',
    aiPredictionField: false,
    autoNumber: false,
    byteLength: type === 'id' || type === 'reference' ? 18 : field.length * 3,
    calculated: false,
    calculatedFormula: null,
    cascadeDelete: false,
    caseSensitive: false,
    compoundFieldName: definition.compound ?? null,
    controllerName: null,
    createable: field.createable,
    custom: field.custom,
    defaultValue: type === 'boolean' ? false : null,
    defaultValueFormula: null,
    defaultedOnCreate: field.defaultedOnCreate,
    dependentPicklist: false,
    deprecatedAndHidden: false,
    digits: type === 'int' ? 9 : 0,
    displayLocationInDecimal: false,
    encrypted: false,
    externalId: field.externalId,
    extraTypeInfo: type === 'textarea' ? 'plaintextarea' : null,
    filterable: field.filterable,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: false,
    groupable: field.groupable,
    highScaleNumber: false,
    htmlFormatted: false,
    idLookup: field.idLookup,
    inlineHelpText: null,
    label: field.label,
    length: field.length,
    mask: null,
    maskType: null,
    name: field.name,
    nameField: field.name === 'Name',
    namePointing: false,
    nillable: field.nillable,
    permissionable: field.nillable && (field.createable || field.updateable),
    picklistValues: (definition.values ?? []).map(value => ({
      active: true,
      defaultValue: false,
      label: value,
      validFor: null,
      value,
    })),
    polymorphicForeignKey: false,
    precision: definition.precision ?? 0,
    queryByDistance: type === 'address',
    referenceTargetField: null,
    referenceTo: references,
    relationshipName: definition.relationshipName ?? null,
    relationshipOrder: null,
    restrictedDelete: false,
    restrictedPicklist: field.restricted,
    scale: definition.scale ?? 0,
    searchPrefilterable: false,
    soapType: soapTypes[type] ?? 'xsd:string',
    sortable: field.sortable,
    type,
    unique: field.unique,
    updateable: field.updateable,
    writeRequiresMasterRead: false,
  }
}

/** The flags and names of an object, as `/sobjects` lists them. */
export function summaryJson(type: ObjectType, root: string) {
  const { createable, updateable, deletable, replicateable, keyPrefix, label, labelPlural, name } = type.definition
  const url = `${root}/sobjects/${name}`
  return {
    activateable: false,
    associateEntityType: null,
    associateParentEntity: null,
    createable,
    custom: name.endsWith('__c'),
    customSetting: false,
    deepCloneable: false,
    deletable,
    deprecatedAndHidden: false,
    feedEnabled: deletable,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix,
    label,
    labelPlural,
    layoutable: createable,
    mergeable: type.field('MasterRecordId') !== undefined,
    mruEnabled: createable,
    name,
    queryable: true,
    replicateable,
    retrieveable: true,
    searchable: createable,
    triggerable: createable,
    undeletable: deletable,
    updateable,
    urls: { describe: `${url}/describe`, rowTemplate: `${url}/{ID}`, sobject: url },
  }
}

const masterRecordType = {
  active: true,
  available: true,
  defaultRecordTypeMapping: true,
  developerName: 'Master',
  master: true,
  name: 'Master',
  recordTypeId: '012000000000000AAA',
}

/** `/sobjects/X/describe`, with every key of salesforce-facts 2.5; `children` are the objects that look up to this one. */
export function describeJson(type: ObjectType, root: string, tables: Iterable<{ readonly type: ObjectType }>) {
  const summary = summaryJson(type, root)
  const layout = `${summary.urls.sobject}/describe/layouts/${masterRecordType.recordTypeId}`
  return {
    ...summary,
    actionOverrides: [],
    childRelationships: childRelationships(type, tables),
    compactLayoutable: summary.createable,
    defaultImplementation: null,
    extendedBy: null,
    extendsInterfaces: null,
    fields: type.fields.map(fieldJson),
    implementedBy: null,
    implementsInterfaces: null,
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: [{ ...masterRecordType, urls: { layout } }],
    searchLayoutable: summary.createable,
    sobjectDescribeOption: 'FULL',
    supportedScopes: [{ label: 'All records', name: 'everything' }],
  }
}

function childRelationships(parent: ObjectType, tables: Iterable<{ readonly type: ObjectType }>) {
  return [...tables].flatMap(({ type }) =>
    type.fields
      .filter(field => field.definition.referenceTo?.includes(parent.name))
      .map(field => ({
        cascadeDelete: false,
        childSObject: type.name,
        deprecatedAndHidden: false,
        field: field.name,
        junctionIdListNames: [],
        junctionReferenceTo: [],
        relationshipName: field.name === `${parent.name}Id` ? type.definition.labelPlural : null,
        restrictedDelete: false,
      })),
  )
}
