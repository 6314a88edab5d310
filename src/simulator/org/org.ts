import { randomBytes } from 'node:crypto'
import { objectDefinitions } from '../objects/catalog.ts'
import { type Access, fullAccess } from './access.ts'
import { makeObjectType, systemSlots } from './object-type.ts'
import { Table } from './table.ts'
import { type Change, Transaction, type WriteOperation, type Writer } from './transaction.ts'

/** What a committed write did: the log that tests compare with what clients believe. Times are epoch milliseconds. */
export interface Effect {
  readonly operation: WriteOperation
  readonly object: string
  readonly recordId: string
  readonly userId: string
  /** The HTTP request that wrote; empty for a write through the handle. */
  readonly requestId: string
  readonly savedAtMs: number
  readonly committedAtMs: number
}

/** Older effects are forgotten beyond this. */
const effectsMax = 1_000_000

/** The users of the org: the connector's integration user, and a person. */
export interface OrgUsers {
  readonly connector: string
  readonly someone: string
}

/** The simulated org: tables, users, time, and the transactions that change the tables. */
export class Org {
  readonly orgId: string
  readonly users: OrgUsers
  readonly now: () => number
  /** Every committed write since the start, oldest first. */
  readonly effects: Effect[] = []
  readonly openTransactions = new Set<Transaction>()
  readonly startedAtMs: number
  readonly #tables = new Map<string, Table>()

  constructor(now: () => number) {
    this.now = now
    this.startedAtMs = this.stampMs()
    for (const definition of objectDefinitions) {
      this.#tables.set(definition.name.toLowerCase(), new Table(makeObjectType(definition)))
    }
    const person = (Alias: string, FirstName: string, LastName: string) => {
      const Username = `${Alias}@simulated.example`
      return this.load('User', {
        Username,
        Email: Username,
        Alias,
        FirstName,
        LastName,
        UserType: 'Standard',
        IsActive: true,
      })
    }
    this.users = { someone: person('someone', 'Someone', 'Else'), connector: person('connect', 'Integration', 'User') }
    this.orgId = this.load('Organization', {
      Name: 'Simulated Org',
      OrganizationType: 'Developer Edition',
      IsSandbox: false,
      InstanceName: 'SIM1',
    })
  }

  /** The user's name in the org; undefined for an id that is no user's. */
  username(userId: string): string | undefined {
    const table = this.table('User')
    const cell = table?.rows.get(userId)?.cells?.[table.type.field('Username')?.slot ?? -1]
    return typeof cell === 'string' ? cell : undefined
  }

  /** What the user may see and change. */
  accessOf(_userId: string): Access {
    return fullAccess
  }

  /** The table of an object, whatever the name's case. */
  table(object: string): Table | undefined {
    return this.#tables.get(object.toLowerCase())
  }

  get tables(): Iterable<Table> {
    return this.#tables.values()
  }

  /** The stamp a row saved now gets: one-second grain (salesforce-facts 3.5). */
  stampMs(): number {
    return Math.floor(this.now() / 1000) * 1000
  }

  /** `rowLocks`: how many of the first rows it writes fail with UNABLE_TO_LOCK_ROW. */
  begin(writer: Writer, rowLocks = 0): Transaction {
    const transaction = new Transaction(writer, rowLocks, this.now(), ended => {
      this.openTransactions.delete(ended)
      if (ended.state === 'committed') for (const change of ended.changes) this.#record(ended.writer, change)
    })
    this.openTransactions.add(transaction)
    return transaction
  }

  /** Puts a row in place without checks, user or effect: for what the org has from the start. */
  load(object: string, values: Readonly<Record<string, string | number | boolean | null>>): string {
    const table = this.table(object)
    if (!table) throw new RangeError(`the simulated org has no object ${object}`)
    const row = table.newRow(table.nextId())
    const cells = new Array<string | number | boolean | null>(table.type.slotCount).fill(null)
    const stamp = this.stampMs()
    cells[systemSlots.Id] = row.id
    cells[systemSlots.IsDeleted] = false
    for (const slot of [systemSlots.CreatedDate, systemSlots.LastModifiedDate, systemSlots.SystemModstamp])
      cells[slot] = stamp
    const author = this.users?.someone ?? (object === 'User' ? row.id : null)
    cells[systemSlots.CreatedById] = author
    cells[systemSlots.LastModifiedById] = author
    for (const [name, value] of Object.entries(values)) {
      const slot = table.type.field(name)?.slot ?? -1
      if (slot >= 0) cells[slot] = value
    }
    table.put(row, cells)
    return row.id
  }

  #record(writer: Writer, change: Change): void {
    if (this.effects.length >= effectsMax) this.effects.splice(0, effectsMax / 10)
    this.effects.push({
      operation: change.operation,
      object: change.table.type.name,
      recordId: change.row.id,
      userId: writer.userId,
      requestId: writer.requestId,
      savedAtMs: change.savedAtMs,
      committedAtMs: this.now(),
    })
  }
}

/** An id for one HTTP request, to tie its effects together. */
export const makeRequestId = (): string => randomBytes(8).toString('hex')
