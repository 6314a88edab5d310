import type { Row } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { RowGroup, RowResult } from './composite.ts'
import { codeEntry } from './error-codes.ts'
import { isRecordId } from './ids.ts'
import { readErrors } from './read-errors.ts'
import type { ApiError } from './salesforce-error.ts'
import { fieldPath, identifier } from './soql.ts'

/** Some rows of a group that go together as one collections call, or one row that goes as a request of its own. */
export interface Part {
  readonly group: RowGroup
  /** Where the group stands among the groups, and the rows in the group. */
  readonly groupIndex: number
  readonly indexes: readonly number[]
  /** Not inside /composite. */
  readonly direct: boolean
  /** One row, by the resource of its object instead of a collections call. */
  readonly single: boolean
}

const rowsMax = 200
/** Of a part's rows as JSON; five parts are far below what a request may hold. */
const partBytesMax = 2 * 1_048_576

/**
 * In /composite, `@{ref.field}` in any text stands for another subrequest's result. A row that holds these characters
 * as content is sent outside, where they mean themselves.
 */
const referenceMark = '@{'

/** Parts of at most 200 rows and 2 MiB (one row may be larger), in the order of the rows. */
export function splitGroups(groups: readonly RowGroup[]): Part[] {
  return groups.flatMap((group, groupIndex) => {
    const plain: number[] = []
    const direct: number[] = []
    const bytes = group.rows.map(row => {
      const json = JSON.stringify(row)
      return { size: Buffer.byteLength(json), direct: json.includes(referenceMark) }
    })
    for (const [index, row] of bytes.entries()) (row.direct ? direct : plain).push(index)
    const countMax = Math.min(rowsMax, group.rowsMax ?? rowsMax)
    const cut = (indexes: readonly number[]): number[][] => cutBySize(indexes, index => bytes[index]!.size, countMax)
    return [
      ...cut(plain).map(indexes => ({ group, groupIndex, indexes, direct: false, single: false })),
      ...cut(direct).map(indexes => ({ group, groupIndex, indexes, direct: true, single: false })),
    ]
  })
}

function cutBySize(indexes: readonly number[], sizeOf: (index: number) => number, countMax: number): number[][] {
  const cuts: number[][] = []
  let bytes = 0
  for (const index of indexes) {
    const last = cuts.at(-1)
    bytes += sizeOf(index)
    if (last && last.length < countMax && bytes <= partBytesMax) last.push(index)
    else {
      cuts.push([index])
      bytes = sizeOf(index)
    }
  }
  return cuts
}

/** The two halves of a part that was refused as a whole. */
export function halve(part: Part): Part[] {
  const middle = Math.ceil(part.indexes.length / 2)
  return [part.indexes.slice(0, middle), part.indexes.slice(middle)].map(indexes => ({ ...part, indexes }))
}

/** One call for a part (REST API guide, sObject Collections; salesforce-facts 7.5), below /services/data/vXX.X. */
export interface CollectionsCall {
  readonly method: 'POST' | 'PATCH' | 'DELETE'
  readonly path: string
  readonly body?: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** The call that carries the part. Throws `salesforce.invalid_query` for a bad name, `internal.bug` for a bad id. */
export function callOf({ group, indexes, single }: Part): CollectionsCall {
  const object = identifier(group.object)
  const headers = group.headers ?? {}
  const rows = indexes.map(index => group.rows[index]!)
  if (single) return { ...singleCall(group.operation, object, rows[0]!), headers }
  const records = (): unknown => ({
    allOrNone: false,
    records: rows.map(row => ({ ...row, attributes: { type: object } })),
  })
  switch (group.operation) {
    case 'create':
      return { method: 'POST', path: '/composite/sobjects', body: records(), headers }
    case 'update':
      return { method: 'PATCH', path: '/composite/sobjects', body: records(), headers }
    case 'upsert': {
      const path = `/composite/sobjects/${object}/${identifier(group.externalIdField ?? '')}`
      return { method: 'PATCH', path, body: records(), headers }
    }
    case 'delete': {
      const path = `/composite/sobjects?ids=${rows.map(idOf).join(',')}&allOrNone=false`
      return { method: 'DELETE', path, headers }
    }
    case 'retrieve': {
      // By POST: the fields of a wide object do not fit into a URL.
      const body = { ids: rows.map(idOf), fields: (group.fields ?? []).map(fieldPath) }
      return { method: 'POST', path: `/composite/sobjects/${object}`, body, headers }
    }
  }
}

/** Whether a row of the group may go as a request of its own: neither a value in its path nor another shape of answer. */
export const canBeSingle = ({ operation }: RowGroup): boolean =>
  operation === 'create' || operation === 'update' || operation === 'delete'

/** A row by the resource of its object (salesforce-facts 2). */
function singleCall(operation: RowGroup['operation'], object: string, row: object): Omit<CollectionsCall, 'headers'> {
  if (operation === 'create') return { method: 'POST', path: `/sobjects/${object}`, body: row }
  const path = `/sobjects/${object}/${idOf(row)}`
  if (operation === 'delete') return { method: 'DELETE', path }
  const { id: _, ...fields } = row as { readonly id: string }
  return { method: 'PATCH', path, body: fields }
}

/** Ids stand in URLs, so nothing else may pass for one; commands are checked long before. */
function idOf(row: object): string {
  if ('id' in row && typeof row.id === 'string' && isRecordId(row.id)) return row.id
  throw new ConnectorError('internal.bug', 'a row without a record id was to be deleted or read', {
    remedy: 'Report this.',
  })
}

/**
 * The results of a part from the body of its call, in the order of its rows (salesforce-facts 7.5); undefined if the
 * body is not what such a call answers, or if an id shows that a result belongs to another row.
 */
export function readResults({ group, indexes, single }: Part, body: unknown): RowResult[] | undefined {
  if (single) return readSingle(group, indexes[0]!, body)
  if (!Array.isArray(body) || body.length !== indexes.length) return undefined
  const results = body.map(group.operation === 'retrieve' ? readRecord : readResult)
  if (!results.every(result => result !== undefined)) return undefined
  const saved = results.flatMap(result => (result.ok && result.id !== null ? [result.id.slice(0, idCharsMin)] : []))
  if (group.operation === 'create' && new Set(saved).size < saved.length) return undefined
  const isOfItsRow = (item: unknown, i: number): boolean => agrees(idIn(item), idIn(group.rows[indexes[i]!]))
  return body.every(isOfItsRow) ? results : undefined
}

/** A create answers `{id, success, errors}`, an update and a delete nothing (204). */
function readSingle({ operation, rows }: RowGroup, index: number, body: unknown): RowResult[] | undefined {
  if (operation !== 'create') return [{ ok: true, id: idIn(rows[index]!) ?? null }]
  const result = readResult(body)
  return result && [result]
}

/** The 15 characters that both forms of an id have in common (salesforce-facts 10.1). */
const idCharsMin = 15

/** The id of a row or a result: `id` in collections, `Id` in a record. */
function idIn(value: unknown): string | undefined {
  const { id, Id } = (value ?? {}) as Record<string, unknown>
  const found = id ?? Id
  return typeof found === 'string' ? found : undefined
}

/** A failed row may lack its id, and what is being created has none yet. */
const agrees = (answered: string | undefined, asked: string | undefined): boolean =>
  answered === undefined || asked === undefined || answered.slice(0, idCharsMin) === asked.slice(0, idCharsMin)

function readRecord(item: unknown): RowResult | undefined {
  if (item === null) return { ok: true, id: null, record: null }
  if (typeof item !== 'object' || Array.isArray(item)) return undefined
  const record = item as Row
  return { ok: true, id: typeof record.Id === 'string' ? record.Id : null, record }
}

/** `{id, success, created?, errors: [{statusCode, message, fields}]}`; an error of a row says that it was not saved. */
function readResult(item: unknown): RowResult | undefined {
  const { id, success, created, errors } = (item ?? {}) as Record<string, unknown>
  if (success === true) return { ok: true, id: readId(id), ...(typeof created === 'boolean' && { created }) }
  const read = readErrors(errors)
  return success === false && read.length > 0 ? refusedRow(read) : undefined
}

const readId = (id: unknown): string | null => (typeof id === 'string' && isRecordId(id) ? id : null)

/** A row that was not saved, for these reasons. */
export const refusedRow = (errors: readonly ApiError[]): RowResult & { readonly ok: false } => ({
  ok: false,
  errors,
  executed: 'no',
  retryable: errors.every(error => codeEntry(error.code).retryable),
})
