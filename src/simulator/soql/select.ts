import type { FieldType, FieldTypeOf, Query, Subquery } from '@jetstreamapp/soql-parser-js'
import { requestError } from '../api-error.ts'
import type { Field } from '../org/object-type.ts'
import { childOutput } from './children.ts'
import { type FieldPath, ownPaths, parentCells, parentStep, resolvePath } from './field-path.ts'
import { tableOfId } from './name-object.ts'
import { type Output, rowWriter } from './row-writer.ts'
import type { Scope } from './scope.ts'
import { malformedQuery, noSuchObject, noSuchRelationship, notSimulated, soqlError } from './soql-error.ts'

/** FIELDS(ALL) and FIELDS(CUSTOM) need a LIMIT up to this (salesforce-facts 3.1). */
const fieldsRowsMax = 200
/** Sub-queries in one SELECT (salesforce-facts 3.4). */
const childQueriesMax = 20

/** What a SELECT list shows of each row. Throws INVALID_FIELD and MALFORMED_QUERY (salesforce-facts 3.1, 3.3). */
export function selectOutputs(scope: Scope, { fields = [], limit }: Query | Subquery): Output[] {
  const outputs = fields.flatMap(field => outputsOf(scope, field, limit))
  if (fields.filter(field => field.type === 'FieldSubquery').length > childQueriesMax)
    throw malformedQuery(`The maximum number of sub-queries in a query is ${childQueriesMax}`)
  const seen = new Set<string>()
  for (const { name, parents } of outputs) {
    const path = [...parents.map(step => step.name), name].join('.')
    if (seen.has(path)) throw soqlError(scope.soql, path, 'INVALID_FIELD', `duplicate field selected: ${path}`)
    seen.add(path)
  }
  return outputs
}

/** The name of a selected field as the statement has it, its object's alias included. */
export const selectedText = (field: FieldType): string => {
  if (field.type === 'FieldRelationship') return [...field.relationships, field.field].join('.')
  return field.type === 'Field' ? field.field : ''
}

function outputsOf(scope: Scope, field: FieldType, limit: number | undefined): Output[] {
  switch (field.type) {
    case 'FieldSubquery':
      return [childOutput(scope, field.subquery, selectOutputs)]
    case 'FieldTypeof':
      return [typeofOutput(scope, field)]
    case 'FieldFunctionExpression':
      return functionOutputs(scope, field, limit)
    default:
      if ('alias' in field && field.alias && !('objectPrefix' in field))
        throw soqlError(scope.soql, field.alias, 'MALFORMED_QUERY', 'only aggregate expressions use field aliasing')
      return [resolvePath(scope, selectedText(field))]
  }
}

function functionOutputs(
  scope: Scope,
  { functionName, parameters, alias }: Extract<FieldType, { type: 'FieldFunctionExpression' }>,
  limit: number | undefined,
): Output[] {
  const name = functionName.toUpperCase()
  const [parameter] = parameters
  if (name === 'FIELDS') return fieldsOf(scope, String(parameter).toUpperCase(), limit)
  // A picklist's labels are its values here, and there is one currency.
  if ((name === 'TOLABEL' || name === 'CONVERTCURRENCY') && typeof parameter === 'string') {
    const path = resolvePath(scope, parameter)
    return [alias ? { ...path, name: alias } : path]
  }
  throw notSimulated(`${functionName}() here`)
}

function fieldsOf({ table, access }: Scope, which: string, limit: number | undefined): FieldPath[] {
  if (which !== 'STANDARD' && (limit ?? Number.POSITIVE_INFINITY) > fieldsRowsMax) {
    throw malformedQuery(`The SOQL FIELDS function must have a LIMIT of at most ${fieldsRowsMax}`)
  }
  const isAsked = (field: Field) => which === 'ALL' || field.custom === (which === 'CUSTOM')
  return ownPaths(access.readable(table.type).filter(isAsked))
}

/** TYPEOF: the parent's fields by its object; none but its attributes if no branch is for it (salesforce-facts 6.4). */
function typeofOutput(scope: Scope, { field, conditions }: FieldTypeOf): Output {
  const { soql, org, table } = scope
  const step = parentStep(scope, table, field)
  if (!step) throw noSuchRelationship(soql, field, field)
  const branches = conditions.map(({ objectType, fieldList }) => {
    const target = objectType === undefined ? undefined : step.tables.find(each => sameName(each.type.name, objectType))
    if (objectType !== undefined && !target) {
      if (!org.table(objectType)) throw noSuchObject(soql, objectType)
      throw requestError(400, 'INVALID_TYPE', `${objectType} is not a target of the relationship ${field}`)
    }
    const tables = target ? [target] : step.tables
    return tables.map(each => ({
      table: each,
      outputs: fieldList.map(name => resolvePath({ ...scope, table: each, alias: undefined }, name)),
    }))
  })
  return {
    name: step.name,
    parents: [],
    writer: root => {
      const writers = new Map(
        step.tables.map(each => {
          const outputs = branches.flat().find(branch => branch.table === each)?.outputs ?? []
          return [each, rowWriter(each.type, outputs, root)] as const
        }),
      )
      return cells => {
        const parent = parentCells(step, cells)
        const target = parent && tableOfId(step.tables, parent[0])
        return (parent && target && writers.get(target)?.(parent)) ?? 'null'
      }
    },
  }
}

const sameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase()
