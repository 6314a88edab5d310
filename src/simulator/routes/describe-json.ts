import type { Access } from '../org/access.ts'
import type { Field, ObjectType } from '../org/object-type.ts'
import { fieldJson } from './describe-field.ts'

type Tables = Iterable<{ readonly type: ObjectType }>

/** The flags and names of an object, as `/sobjects` lists them; rights that the user has not are flags that are off (salesforce-facts 2.5). */
export function summaryJson(type: ObjectType, root: string, access: Access) {
  const { definition, name } = type
  const { deletable, layoutable, undeletable, mergeable } = definition
  const url = `${root}/sobjects/${name}`
  const mayDelete = deletable && access.may('delete', type)
  return {
    activateable: false,
    associateEntityType: null,
    associateParentEntity: null,
    createable: definition.createable && access.may('create', type),
    custom: name.endsWith('__c'),
    customSetting: false,
    deepCloneable: false,
    deletable: mayDelete,
    deprecatedAndHidden: false,
    feedEnabled: definition.feedEnabled,
    hasSubtypes: false,
    isInterface: false,
    isSubtype: false,
    keyPrefix: definition.keyPrefix,
    label: definition.label,
    labelPlural: definition.labelPlural,
    layoutable,
    mergeable: mergeable && mayDelete,
    mruEnabled: definition.mruEnabled,
    name,
    queryable: definition.queryable,
    replicateable: definition.replicateable,
    retrieveable: definition.retrieveable,
    searchable: definition.searchable,
    triggerable: definition.triggerable,
    undeletable: undeletable && mayDelete,
    updateable: definition.updateable && access.may('update', type),
    urls: { describe: `${url}/describe`, rowTemplate: `${url}/{ID}`, sobject: url },
  }
}

const masterRecordTypeId = '012000000000000AAA'

/** One of the object's record types, beside the master that every object has. */
export interface RecordTypeRow {
  readonly id: string
  readonly name: string
  readonly developerName: string
  readonly active: boolean
}

/** What describe shows of the org around the object. */
export interface DescribeContext {
  /** `/services/data/vXX.X`. */
  readonly root: string
  readonly access: Access
  readonly tables: Tables
  readonly recordTypes: readonly RecordTypeRow[]
}

/** `/sobjects/X/describe`, with every key of salesforce-facts 2.5, as far as the user may see. */
export function describeJson(type: ObjectType, { root, access, tables, recordTypes }: DescribeContext) {
  const summary = summaryJson(type, root, access)
  const master = { id: masterRecordTypeId, name: 'Master', developerName: 'Master', active: true }
  return {
    ...summary,
    actionOverrides: [],
    childRelationships: childRelationships(type, access, tables),
    compactLayoutable: summary.layoutable,
    defaultImplementation: null,
    extendedBy: null,
    extendsInterfaces: null,
    fields: access.readable(type).map(field => fieldJson(type, field, access)),
    implementedBy: null,
    implementsInterfaces: null,
    listviewable: null,
    lookupLayoutable: null,
    namedLayoutInfos: [],
    networkScopeFieldName: null,
    recordTypeInfos: [...recordTypes, master].map(each => recordTypeInfo(each, summary.urls.sobject)),
    searchLayoutable: summary.layoutable,
    sobjectDescribeOption: 'FULL',
    supportedScopes: [{ label: `All ${type.definition.labelPlural.toLowerCase()}`, name: 'everything' }],
  }
}

function recordTypeInfo({ id, name, developerName, active }: RecordTypeRow, sobjectUrl: string) {
  const master = id === masterRecordTypeId
  return {
    active,
    available: active,
    defaultRecordTypeMapping: master,
    developerName,
    master,
    name,
    recordTypeId: id,
    urls: { layout: `${sobjectUrl}/describe/layouts/${id}` },
  }
}

function childRelationships(parent: ObjectType, access: Access, tables: Tables) {
  return [...tables].flatMap(({ type }) => {
    if (!access.may('read', type)) return []
    const lookups = type.fields.filter(each => each.definition.referenceTo?.includes(parent.name) === true)
    return lookups.filter(each => access.canRead(each)).map(each => childRelationship(type, each))
  })
}

const childRelationship = (child: ObjectType, { name, definition }: Field) => ({
  cascadeDelete: definition.cascadeDelete === true,
  childSObject: child.name,
  deprecatedAndHidden: false,
  field: name,
  junctionIdListNames: [],
  junctionReferenceTo: [],
  relationshipName: definition.childRelationshipName ?? null,
  restrictedDelete: definition.restrictedDelete === true,
})
