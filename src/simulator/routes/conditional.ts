import { createHash } from 'node:crypto'
import { requestError } from '../api-error.ts'
import { systemSlots } from '../org/object-type.ts'
import type { StoredRow, Table } from '../org/table.ts'
import type { Answer, Call } from '../router.ts'

const secondMs = 1000

const preconditionFailed = (): Error =>
  requestError(412, 'PRECONDITION_FAILED', 'The record does not meet the conditions of the request headers')

/** The header's time; undefined without the header. On a write, text that is no date is refused (salesforce-facts 2.3). */
function dateIn(call: Call, name: string): number | undefined {
  const text = call.headers[name]
  if (text === undefined) return undefined
  const ms = Date.parse(text)
  if (Number.isFinite(ms)) return ms
  if (call.method === 'GET' || call.method === 'HEAD') return undefined
  throw requestError(400, 'INVALID_HEADER', `Invalid value for the header ${name}: ${text}`)
}

/** The answer, or 304 without a body if nothing changed since `If-Modified-Since` (salesforce-facts 2.3, 2.5). */
export function unlessUnmodified(call: Call, changedAtMs: number, answer: () => Answer): Answer {
  const changed = Math.floor(changedAtMs / secondMs) * secondMs
  const headers = { 'Last-Modified': new Date(changed).toUTCString() }
  const known = dateIn(call, 'if-modified-since')
  if (known !== undefined && changed <= known) return { status: 304, headers }
  const unmodified = dateIn(call, 'if-unmodified-since')
  if (unmodified !== undefined && changed > unmodified) throw preconditionFailed()
  const given = answer()
  return { ...given, headers: { ...headers, ...given.headers } }
}

/** Account rows alone have an ETag (salesforce-facts 2.3); it stands for all of the row's values. */
function etagOf(table: Table, row: StoredRow): string | undefined {
  if (table.type.name !== 'Account') return undefined
  return `"${createHash('sha1').update(JSON.stringify(row.cells)).digest('base64')}"`
}

/** Whether one of the header's tags, of which clients may send several or `*`, is the row's. */
function names(header: string, etag: string): boolean {
  return header.split(',').some(tag => {
    const bare = tag
      .trim()
      .replace(/^W\//, '')
      .replace(/-gzip"$/, '"')
    return bare === '*' || bare === etag
  })
}

const lastModified = (row: StoredRow): number => Number(row.cells?.[systemSlots.LastModifiedDate])

/** A row's answer to a read, with the conditions that its headers make. */
export function readConditionally(call: Call, table: Table, row: StoredRow, answer: () => Answer): Answer {
  const etag = etagOf(table, row)
  if (etag === undefined) return unlessUnmodified(call, lastModified(row), answer)
  const { 'if-match': match, 'if-none-match': noneMatch } = call.headers
  if (match !== undefined && !names(match, etag)) throw preconditionFailed()
  if (noneMatch !== undefined && names(noneMatch, etag)) return { status: 304, headers: { ETag: etag } }
  const given = unlessUnmodified(call, lastModified(row), answer)
  return { ...given, headers: { ...given.headers, ETag: etag } }
}

/** Throws 412 if the row does not meet the conditions that a PATCH's headers make: dates at one second's grain, tags for Account. */
export function refuseUnlessMet(call: Call, table: Table, row: StoredRow | undefined): void {
  const unmodified = dateIn(call, 'if-unmodified-since')
  const modified = dateIn(call, 'if-modified-since')
  if (!row?.cells) return
  const changed = lastModified(row)
  if (unmodified !== undefined && changed > unmodified) throw preconditionFailed()
  if (modified !== undefined && changed <= modified) throw preconditionFailed()
  const etag = etagOf(table, row)
  if (etag === undefined) return
  const { 'if-match': match, 'if-none-match': noneMatch } = call.headers
  if (match !== undefined && !names(match, etag)) throw preconditionFailed()
  if (noneMatch !== undefined && names(noneMatch, etag)) throw preconditionFailed()
}
