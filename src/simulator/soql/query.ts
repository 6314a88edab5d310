import type { Query } from '@jetstreamapp/soql-parser-js'
import { type Access, fullAccess } from '../org/access.ts'
import type { Org } from '../org/org.ts'
import type { StoredRow, Table } from '../org/table.ts'
import type { FieldPath } from './field-path.ts'
import { findRows, tableNamed } from './find.ts'
import { isGrouped, runGroups } from './group.ts'
import { parse } from './parse.ts'
import type { Output } from './row-writer.ts'
import type { Scope } from './scope.ts'
import { selectOutputs } from './select.ts'
import { notSimulated } from './soql-error.ts'

/** What a query found: the rows in order, and what to show of them. */
export interface QueryResult {
  readonly table: Table
  readonly outputs: readonly Output[]
  /** Those of the outputs that are fields, of the object or of its parents. */
  readonly paths: readonly FieldPath[]
  readonly rows: readonly StoredRow[]
  /** `SELECT COUNT()`: how many rows there are is all that is shown. */
  readonly countOnly: boolean
  /** The results of an aggregate query as JSON texts; there are no rows then. */
  readonly groups?: readonly string[]
}

/** Runs SOQL over the committed rows as far as the user may see them; `all` adds those in the recycle bin and archived
 *  activities (queryAll). Throws ApiError as salesforce-facts 3.3 lists. */
export function runQuery(org: Org, soql: string, all: boolean, access: Access = fullAccess): QueryResult {
  const query = parse(soql)
  if (query.withDataCategory) throw notSimulated('WITH DATA CATEGORY')
  const context = { org, access, soql, all }
  const table = tableNamed(context, query.sObject ?? '')
  const scope: Scope = { ...context, table, alias: query.sObjectAlias }
  const found = { table, outputs: [], paths: [], rows: [], countOnly: false }
  if (isCount(query)) return { ...found, countOnly: true, rows: findRows(scope, query) }
  if (isGrouped(query)) return { ...found, groups: runGroups(scope, query) }
  const outputs = selectOutputs(scope, query)
  const paths = outputs.filter((output): output is FieldPath => 'field' in output)
  return { ...found, outputs, paths, rows: findRows(scope, query) }
}

function isCount({ fields = [], groupBy }: Query): boolean {
  const [only] = fields
  if (fields.length !== 1 || groupBy || only?.type !== 'FieldFunctionExpression') return false
  return only.functionName.toUpperCase() === 'COUNT' && only.parameters.length === 0
}
