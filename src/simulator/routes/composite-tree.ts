import { ApiError, requestError, rowError } from '../api-error.ts'
import { childLookups } from '../org/child-lookups.ts'
import type { Field } from '../org/object-type.ts'
import { readRow } from '../org/read-row.ts'
import { createRow } from '../org/save.ts'
import type { Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { bodyList, bodyObject, isJson, type Json } from './body.ts'
import { tableOf } from './metadata.ts'
import { type RowFailure, rowFailure } from './row-results.ts'

/** Salesforce-facts 7. */
const recordsMax = 200
const typesMax = 5
const levelsMax = 5

/** A record of the tree before it is saved. */
interface Node {
  readonly referenceId: string
  readonly table: Table
  readonly fields: Json
  /** The lookup to the parent and the parent; none at the top. */
  readonly parent?: { readonly lookup: Field; readonly node: Node }
}

interface Failed {
  readonly referenceId: string
  readonly errors: readonly RowFailure[]
}

/** A tree as a list, parents before their children. Throws for the whole request; the texts of the limits are not proven. */
function readTree(call: Call): Node[] {
  const nodes: Node[] = []
  readLevel(call, tableOf(call), bodyList(call, 'records'), 1, undefined, nodes)
  if (nodes.length > recordsMax) throw requestError(400, 'LIMIT_EXCEEDED', `A tree can have ${recordsMax} records`)
  if (new Set(nodes.map(({ table }) => table)).size > typesMax)
    throw requestError(400, 'LIMIT_EXCEEDED', `A tree can have records of ${typesMax} types`)
  return nodes
}

function readLevel(
  call: Call,
  table: Table,
  records: readonly unknown[],
  level: number,
  above: { readonly lookup: Field; readonly node: Node } | undefined,
  nodes: Node[],
): void {
  if (level > levelsMax) throw requestError(400, 'LIMIT_EXCEEDED', `A tree can be ${levelsMax} levels deep`)
  for (const json of records) {
    const { attributes, ...rest } = bodyObject({ body: json })
    const { type, referenceId } = isJson(attributes) ? attributes : ({} as Json)
    if (typeof referenceId !== 'string' || referenceId === '')
      throw requestError(400, 'INVALID_INPUT', 'Include a reference ID for each record in the request.')
    if (typeof type !== 'string')
      throw requestError(400, 'INVALID_INPUT', 'Include an entity type for each record in the request.')
    if (type.toLowerCase() !== table.type.name.toLowerCase())
      throw requestError(400, 'INVALID_INPUT', `A record of type ${table.type.name} is expected: ${type}`)
    const { fields, children } = splitRecord(call, table, rest)
    const node: Node = { referenceId, table, fields, ...(above ? { parent: above } : {}) }
    nodes.push(node)
    for (const { lookup, child, records: below } of children)
      readLevel(call, child, below, level + 1, { lookup, node }, nodes)
  }
}

/** A record's own fields and its children, which stand under the name that the parent has for them. */
function splitRecord(call: Call, table: Table, record: Json) {
  const fields: Record<string, unknown> = {}
  const children: { lookup: Field; child: Table; records: readonly unknown[] }[] = []
  for (const [name, value] of Object.entries(record)) {
    if (!isJson(value) || !Array.isArray(value.records)) {
      fields[name] = value
      continue
    }
    const found = childLookups(call.api.org, table.type).find(
      ({ field }) => field.definition.childRelationshipName?.toLowerCase() === name.toLowerCase(),
    )
    if (!found || !call.access.may('read', found.table.type))
      throw requestError(400, 'INVALID_FIELD', `No such relation '${name}' on sobject of type ${table.type.name}`)
    children.push({ lookup: found.field, child: found.table, records: value.records })
  }
  return { fields, children }
}

function tree(call: Call): Answer {
  const nodes = readTree(call)
  const ids = new Map<Node, string>()
  const failed: Failed[] = []
  const seen = new Set<string>()
  for (const node of nodes) {
    try {
      if (seen.has(node.referenceId)) throw rowError('INVALID_INPUT', 'Duplicate ReferenceId provided in the request.')
      seen.add(node.referenceId)
      // A child whose parent failed is not tried.
      if (!node.parent || ids.has(node.parent.node)) ids.set(node, createNode(call, node, ids))
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      failed.push({ referenceId: node.referenceId, errors: error.errors.map(rowFailure) })
    }
  }
  if (failed.length > 0) return jsonAnswer({ hasErrors: true, results: failed }, 400)
  const results = nodes.map(node => ({ referenceId: node.referenceId, id: ids.get(node) }))
  return jsonAnswer({ hasErrors: false, results }, 201)
}

function createNode(call: Call, { table, fields, parent }: Node, ids: ReadonlyMap<Node, string>): string {
  const json = parent ? { ...fields, [parent.lookup.name]: ids.get(parent.node) } : fields
  const input = readRow(call.api.org, table.type, json, call.text, [], call)
  return createRow(call.api.org, call.transaction, table, input)
}

/** `/composite/tree/X` (salesforce-facts 7.3): all rows or none, one API call. */
export const treeRoutes: Routes = { 'composite/tree/:object': { POST: tree } }
