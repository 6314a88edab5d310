import type { FieldType } from '../objects/definition.ts'
import type { Access } from '../org/access.ts'
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
  time: 'xsd:time',
  base64: 'xsd:base64Binary',
  address: 'urn:address',
  location: 'urn:location',
}
const numericTypes: ReadonlySet<FieldType> = new Set(['int', 'double', 'currency', 'percent'] as const)
const compoundTypes: ReadonlySet<FieldType> = new Set(['address', 'location'] as const)
const intDigits = 9

/** The field that names the object's rows. */
const isNameField = (type: ObjectType, field: Field): boolean => field.name === (type.definition.nameField ?? 'Name')

function extraTypeInfo({ definition, type, name }: Field): string | null {
  if (definition.computed?.kind === 'personName') return 'personname'
  if (type === 'textarea') return definition.html ? 'richtextarea' : 'plaintextarea'
  return name === 'PhotoUrl' ? 'imageurl' : null
}

/** What a new row holds; a picklist shows its default at the value instead. */
function defaultValue({ definition, type }: Field): string | number | boolean | null {
  if (type === 'boolean') return definition.defaultValue ?? false
  return definition.values ? null : (definition.defaultValue ?? null)
}

function picklistValues({ definition }: Field) {
  return (definition.values ?? []).map(value => ({
    active: true,
    defaultValue: value === definition.defaultValue,
    label: value,
    validFor: null,
    value,
  }))
}

/** Keys about the relationship of a reference, and about who may see and change the field. */
function relationKeys({ definition, ...field }: Field) {
  const references = definition.referenceTo ?? []
  const writable = field.createable || field.updateable
  return {
    cascadeDelete: definition.cascadeDelete === true,
    namePointing: references.length > 1,
    permissionable:
      field.calculated || compoundTypes.has(field.type) || (writable && (field.nillable || field.type === 'boolean')),
    polymorphicForeignKey: references.length > 1,
    referenceTargetField: null,
    referenceTo: references,
    relationshipName: definition.relationshipName ?? null,
    relationshipOrder: definition.masterDetail ? 0 : null,
    restrictedDelete: definition.restrictedDelete === true,
    writeRequiresMasterRead: false,
  }
}

/** Keys about how the value is kept and made. */
function valueKeys(field: Field) {
  const { definition, type, length } = field
  const formula = definition.computed?.kind === 'value' ? (definition.computed.text ?? null) : null
  const encrypted = type === 'encryptedstring'
  return {
    autoNumber: definition.autoNumber !== undefined,
    byteLength: type === 'id' || type === 'reference' ? length : length * 3,
    calculated: field.calculated,
    calculatedFormula: formula,
    compoundFieldName: definition.compound ?? null,
    defaultValue: defaultValue(field),
    defaultValueFormula: null,
    digits: type === 'int' ? (definition.digits ?? intDigits) : 0,
    displayLocationInDecimal: type === 'location',
    extraTypeInfo: extraTypeInfo(field),
    htmlFormatted: definition.html === true,
    length,
    mask: encrypted ? 'asterisk' : null,
    maskType: encrypted ? 'lastFour' : null,
    picklistValues: picklistValues(field),
    precision: definition.precision ?? 0,
    scale: definition.scale ?? 0,
    soapType: soapTypes[type] ?? 'xsd:string',
    type,
  }
}

/** A field of describe, with every key of salesforce-facts 2.5; one that the user may not change shows so. */
export function fieldJson(type: ObjectType, field: Field, access: Access) {
  return {
    ...relationKeys(field),
    ...valueKeys(field),
    aggregatable:
      (field.groupable && field.type !== 'boolean') || numericTypes.has(field.type) || field.type === 'datetime',
    aiPredictionField: false,
    caseSensitive: false,
    controllerName: null,
    createable: access.canCreate(field),
    custom: field.custom,
    defaultedOnCreate: field.defaultedOnCreate,
    dependentPicklist: false,
    deprecatedAndHidden: false,
    encrypted: false,
    externalId: field.externalId,
    filterable: field.filterable,
    filteredLookupInfo: null,
    formulaTreatNullNumberAsZero: field.calculated && numericTypes.has(field.type),
    groupable: field.groupable,
    highScaleNumber: false,
    idLookup: field.idLookup,
    inlineHelpText: null,
    label: field.label,
    name: field.name,
    nameField: isNameField(type, field),
    nillable: field.nillable,
    queryByDistance: compoundTypes.has(field.type),
    restrictedPicklist: field.restricted,
    searchPrefilterable: false,
    sortable: field.sortable,
    unique: field.unique,
    updateable: access.canUpdate(field),
  }
}
