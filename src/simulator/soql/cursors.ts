import { requestError } from '../api-error.ts'
import type { Cells } from '../org/cell.ts'
import { makeRecordId, toRecordId } from '../org/record-id.ts'
import { randomFrom } from '../random.ts'
import type { Switches } from '../switches.ts'
import { visibility } from './find.ts'
import { GrowingText, type HeldBytes } from './growing-text.ts'
import type { QueryResult } from './query.ts'
import { type ChildPaging, type ChildRows, type RowWriter, rowWriter } from './row-writer.ts'

/** Where the cursors get the time and the choice between values of page time and query time (salesforce-facts 3.2, 14.2). */
export interface CursorSettings {
  now(): number
  readonly switches: Pick<Switches, 'cursorValues'>
}

interface Cursor extends ChildRows {
  readonly versions: readonly (Cells | undefined)[] | undefined
  readonly all: boolean
  readonly userId: string
  readonly openedAtMs: number
  /** Of the last page that was written, kept while the client's version stays the same. */
  writer: { readonly root: string; readonly write: RowWriter } | undefined
}

/** How a client asks for a page. `root` is `/services/data/vXX.X`. */
export interface PageRequest {
  readonly userId: string
  readonly root: string
  /** A hint: a page may have fewer rows (salesforce-facts 2.3). */
  readonly pageRows: number
}

/** Locators live two days (salesforce-facts 3.2). */
const locatorMsMax = 2 * 24 * 60 * 60 * 1000
/** Rows that all open cursors may hold together, and their number; the oldest goes first. Salesforce has no such limit any more. */
const cursorRowsMax = 5_000_000
const cursorsMax = 10_000
/** A page ends at this many bytes of JSON, but not before this many rows: wide rows make pages of 200 to 500 (salesforce-facts 3.2). */
const pageBytesMax = 1024 * 1024
const wideRowsMin = 200
/** Texts kept for further pages. */
const textsMax = 16
/** One page in so many is shorter than asked for, by up to half. */
const shortPageEvery = 4

/** The results of queries that did not fit into one page, by locator. The seed decides which pages are short. */
export class Cursors {
  readonly #settings: CursorSettings
  readonly #seed: number
  readonly #open = new Map<string, Cursor>()
  readonly #texts: GrowingText[] = []
  #rowsHeld = 0
  #sequence = 0

  constructor(settings: CursorSettings, seed: number) {
    this.#settings = settings
    this.#seed = seed
  }

  /** Whether later pages show a row as it was when the query ran or as it is when the page is read. */
  get values(): Switches['cursorValues'] {
    return this.#settings.switches.cursorValues
  }

  set values(values: Switches['cursorValues']) {
    this.#settings.switches.cursorValues = values
  }

  /** The first page as JSON, in UTF-8; opens a cursor if there are more. */
  firstPage(result: QueryResult, all: boolean, request: PageRequest): HeldBytes {
    const { table, outputs, rows, countOnly, groups } = result
    if (countOnly) return heldText(`${lastPage(rows.length)},"records":[]}`)
    if (groups) return heldText(`${lastPage(groups.length)},"records":[${groups.join(',')}]}`)
    return this.#first({ type: table.type, outputs, rows }, all, request)
  }

  /** The page that `<locator>-<offset>` names. Throws INVALID_QUERY_LOCATOR for one that is bad or too old, and
   *  QUERY_LOCATOR_NOT_FOUND for another user's (salesforce-facts 3.2). */
  page(locatorAndOffset: string, request: PageRequest): HeldBytes {
    const [, id = '', offsetText = ''] = /^([0-9A-Za-z]+)-(\d+)$/.exec(locatorAndOffset) ?? []
    const locator = toRecordId(id) ?? ''
    const cursor = this.#open.get(locator)
    const offset = Number(offsetText)
    if (cursor && this.#settings.now() - cursor.openedAtMs > locatorMsMax) this.#close(locator, cursor)
    if (!this.#open.has(locator) || !cursor || offset > cursor.rows.length)
      throw requestError(400, 'INVALID_QUERY_LOCATOR', 'invalid query locator')
    if (cursor.userId !== request.userId) throw requestError(400, 'QUERY_LOCATOR_NOT_FOUND', 'query locator not found')
    return this.#pageOf(cursor, locator, offset, request)
  }

  /** Forgets every cursor. */
  expireAll(): void {
    this.#open.clear()
    this.#rowsHeld = 0
  }

  #first(found: ChildRows, all: boolean, request: PageRequest): HeldBytes {
    const atQueryTime = this.values === 'queryTime'
    const versions = atQueryTime ? found.rows.map(row => row.cells) : undefined
    const { userId } = request
    const openedAtMs = this.#settings.now()
    const cursor: Cursor = { ...found, versions, all, userId, openedAtMs, writer: undefined }
    const locator = makeRecordId('0r8', ++this.#sequence)
    this.#open.set(locator, cursor)
    this.#rowsHeld += found.rows.length
    const page = this.#pageOf(cursor, locator, 0, request)
    if (page.bytes.toString('latin1', 0, 64).startsWith(lastPage(found.rows.length))) this.#close(locator, cursor)
    this.#evict()
    return page
  }

  #pageOf(cursor: Cursor, locator: string, offset: number, request: PageRequest): HeldBytes {
    const { rows, versions, type, outputs } = cursor
    const write = this.#writerOf(cursor, request)
    const sees = visibility(type, cursor.all)
    const counts = outputs.flatMap(({ childRows }) => childRows ?? [])
    const rowsMax = this.#rowsOf(locator, offset, rows.length - offset, request.pageRows)
    // A sub-query's page is written within its parent's: each has a text of its own.
    const records = this.#texts.pop() ?? new GrowingText()
    let used = 0
    let at = offset
    for (; at < rows.length && used < rowsMax; at++) {
      if (records.bytes >= pageBytesMax && at - offset >= wideRowsMin) break
      const cells = versions ? versions[at] : rows[at]?.cells
      // A row that went away since the query ran is left out.
      if (!cells || !(versions || sees(cells))) continue
      if (used > 0) records.append(',')
      records.append(write(cells))
      used++
      for (const count of counts) used += count(cells)
    }
    // queryAll's next page is read from /query/ too (salesforce-facts 3.2).
    const next = `{"totalSize":${rows.length},"done":false,"nextRecordsUrl":"${request.root}/query/${locator}-${at}"`
    records.append(']}')
    const bytes = records.after(`${at < rows.length ? next : lastPage(rows.length)},"records":[`)
    return { bytes, release: () => this.#keep(records) }
  }

  #writerOf(cursor: Cursor, request: PageRequest): RowWriter {
    const { root } = request
    if (cursor.writer?.root !== root) {
      const paging: ChildPaging = { page: children => textOf(this.#first(children, cursor.all, request)) }
      cursor.writer = { root, write: rowWriter(cursor.type, cursor.outputs, root, paging) }
    }
    return cursor.writer.write
  }

  /** How many rows the page at that place has: the same whenever it is asked for again. */
  #rowsOf(locator: string, offset: number, left: number, asked: number): number {
    if (left <= asked) return asked
    const place = [...locator].reduce((sum, character) => (sum * 31 + character.charCodeAt(0)) | 0, offset)
    const random = randomFrom(this.#seed ^ place)
    return random() < 1 / shortPageEvery ? Math.ceil(asked * (0.5 + random() / 2)) : asked
  }

  #keep(text: GrowingText): void {
    text.clear()
    if (this.#texts.length < textsMax) this.#texts.push(text)
  }

  #close(locator: string, cursor: Cursor): void {
    if (this.#open.delete(locator)) this.#rowsHeld -= cursor.rows.length
  }

  #evict(): void {
    for (const [locator, cursor] of this.#open) {
      if (this.#rowsHeld <= cursorRowsMax && this.#open.size <= cursorsMax) return
      this.#close(locator, cursor)
    }
  }
}

const heldText = (text: string): HeldBytes => ({ bytes: Buffer.from(text), release: () => undefined })

function textOf(held: HeldBytes): string {
  const text = held.bytes.toString()
  held.release()
  return text
}

/** How the last page begins. */
const lastPage = (rows: number): string => `{"totalSize":${rows},"done":true`
