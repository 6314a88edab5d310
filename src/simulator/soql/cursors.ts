import { requestError } from '../api-error.ts'
import type { Cells } from '../org/cell.ts'
import { makeRecordId, toRecordId } from '../org/record-id.ts'
import { isLive, type StoredRow } from '../org/table.ts'
import type { QueryResult } from './query.ts'
import { rowWriter } from './row-writer.ts'

/** Whether later pages show a row as it was when the query ran or as it is when the page is read: undocumented (salesforce-facts 3.2). */
export type CursorValues = 'queryTime' | 'pageTime'

interface Cursor {
  readonly result: QueryResult
  readonly versions: readonly (Cells | undefined)[] | undefined
  readonly deleted: boolean
  readonly userId: string
}

/** Rows that all open cursors may hold together, and their number; the oldest goes first. */
const cursorRowsMax = 5_000_000
const cursorsMax = 10_000

/** The results of queries that did not fit into one page, by locator. */
export class Cursors {
  values: CursorValues = 'pageTime'
  readonly #open = new Map<string, Cursor>()
  #rowsHeld = 0
  #sequence = 0

  /** The first page as JSON text; opens a cursor if there are more. */
  firstPage(result: QueryResult, deleted: boolean, userId: string, root: string, pageRows: number): string {
    if (result.countOnly) return `{"totalSize":${result.rows.length},"done":true,"records":[]}`
    const versions = this.values === 'queryTime' ? result.rows.map(row => row.cells) : undefined
    const cursor: Cursor = { result, versions, deleted, userId }
    if (result.rows.length <= pageRows) return pageOf(cursor, '', 0, pageRows, root)
    const locator = makeRecordId('0r8', ++this.#sequence)
    this.#open.set(locator, cursor)
    this.#rowsHeld += result.rows.length
    this.#evict()
    return pageOf(cursor, locator, 0, pageRows, root)
  }

  /** The page that `<locator>-<offset>` names. Throws INVALID_QUERY_LOCATOR, for another user's cursor too (salesforce-facts 3.2). */
  page(locatorAndOffset: string, userId: string, root: string, pageRows: number): string {
    const [, id = '', offsetText = ''] = /^([0-9A-Za-z]+)-(\d+)$/.exec(locatorAndOffset) ?? []
    const locator = toRecordId(id) ?? ''
    const cursor = this.#open.get(locator)
    const offset = Number(offsetText)
    if (!cursor || cursor.userId !== userId || offset > cursor.result.rows.length) {
      throw requestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    }
    return pageOf(cursor, locator, offset, pageRows, root)
  }

  /** Forgets every cursor: locators live two days at most (salesforce-facts 3.2). */
  expireAll(): void {
    this.#open.clear()
    this.#rowsHeld = 0
  }

  #evict(): void {
    for (const [locator, cursor] of this.#open) {
      if (this.#rowsHeld <= cursorRowsMax && this.#open.size <= cursorsMax) return
      this.#open.delete(locator)
      this.#rowsHeld -= cursor.result.rows.length
    }
  }
}

function pageOf(
  { result, versions, deleted }: Cursor,
  locator: string,
  offset: number,
  pageRows: number,
  root: string,
): string {
  const { rows, table, paths } = result
  const write = rowWriter(table.type, paths, root)
  const end = Math.min(rows.length, offset + pageRows)
  const records: string[] = []
  for (let i = offset; i < end; i++) {
    const cells = versions ? versions[i] : visible(rows[i], deleted)
    if (cells) records.push(write(cells))
  }
  // queryAll's next page is read from /query/ too (salesforce-facts 3.2).
  const next = end < rows.length ? `"nextRecordsUrl":"${root}/query/${locator}-${end}",` : ''
  return `{"totalSize":${rows.length},"done":${next === ''},${next}"records":[${records.join(',')}]}`
}

/** A row that went away since the query ran is left out, so a page may be shorter than asked for. */
function visible(row: StoredRow | undefined, deleted: boolean): Cells | undefined {
  const cells = row?.cells
  return deleted || isLive(cells) ? cells : undefined
}
