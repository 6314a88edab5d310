import { randomBytes } from 'node:crypto'
import { objectDefinitions } from '../objects/catalog.ts'
import { loadOrganization, loadSetup, loadUsers } from '../objects/fresh-org.ts'
import { defaultSwitches, type Switches } from '../switches.ts'
import { type Access, AccessRights } from './access.ts'
import { alterObject, type ObjectChanges } from './alter-object.ts'
import { Automation } from './automation.ts'
import { CommitDelay } from './commit-delay.ts'
import { initialCells } from './initial-cells.ts'
import { makeObjectType, type Surroundings, systemSlots } from './object-type.ts'
import { RecycleBin } from './recycle-bin.ts'
import { isLive, Table } from './table.ts'
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
  /** The org's clock in epoch milliseconds. */
  readonly now: () => number
  /** Every committed write since the start, oldest first. */
  readonly effects: Effect[] = []
  readonly openTransactions = new Set<Transaction>()
  readonly startedAtMs: number
  /** Where Salesforce's behaviour is not proven: which way this org goes (salesforce-facts 14). */
  readonly switches: Switches = defaultSwitches()
  /** What is withheld from which user. */
  readonly rights: AccessRights = new AccessRights(object => this.table(object)?.type)
  /** What the admins have set up. */
  readonly automation: Automation = new Automation(this)
  /** What has been deleted and can be undeleted, and the log of deletes. */
  readonly bin: RecycleBin = new RecycleBin(this)
  readonly commitDelay: CommitDelay
  readonly #tables = new Map<string, Table>()
  readonly #byPrefix = new Map<string, Table>()
  #advancedMs = 0

  /** `clock` runs the org until it is advanced; `seed` decides random delays, `orgNumber` the org's id. */
  constructor(clock: () => number, seed = 1, orgNumber = 1) {
    this.now = () => clock() + this.#advancedMs
    this.startedAtMs = this.stampMs()
    this.commitDelay = new CommitDelay(seed)
    for (const definition of objectDefinitions) {
      const table = new Table(makeObjectType(definition, this.#surroundings()))
      this.#tables.set(definition.name.toLowerCase(), table)
      this.#byPrefix.set(definition.keyPrefix, table)
    }
    this.users = loadUsers(this)
    this.orgId = loadOrganization(this, orgNumber)
    loadSetup(this)
  }

  /** The user's name in the org; undefined for an id that is no user's. */
  username(userId: string): string | undefined {
    const table = this.table('User')
    const cell = table?.rows.get(userId)?.cells?.[table.type.field('Username')?.slot ?? -1]
    return typeof cell === 'string' ? cell : undefined
  }

  /** What the user may see and change; to be asked anew for each request. */
  accessOf(userId: string): Access {
    return this.rights.of(userId)
  }

  /** The table of an object, whatever the name's case. */
  table(object: string): Table | undefined {
    return this.#tables.get(object.toLowerCase())
  }

  /** The table whose rows have ids like that one. */
  tableOf(id: string): Table | undefined {
    return this.#byPrefix.get(id.slice(0, 3))
  }

  /** Adds, removes or retypes custom fields while clients run. Throws RangeError for what cannot be. */
  alter(object: string, changes: ObjectChanges): void {
    const table = this.table(object)
    if (!table) throw new RangeError(`the simulated org has no object ${object}`)
    table.retype(alterObject(table.type, changes, this.now()))
  }

  /** Sets the org's clock forward; nothing waits for it. */
  advanceClock(ms: number): void {
    if (!(ms >= 0 && Number.isFinite(ms))) throw new RangeError('the clock can only be set forward')
    this.#advancedMs += ms
  }

  get tables(): Iterable<Table> {
    return this.#tables.values()
  }

  /** The stamp a row saved now gets: one-second grain (salesforce-facts 3.5). */
  stampMs(): number {
    return Math.floor(this.now() / 1000) * 1000
  }

  /** `rowLocks`: how many of the first rows it writes fail with UNABLE_TO_LOCK_ROW; `stampMs`: the stamp of every row it saves. */
  begin(writer: Writer, rowLocks = 0, stampMs?: number): Transaction {
    this.bin.sweep()
    const access = this.accessOf(writer.userId)
    const transaction = new Transaction(writer, { startedAtMs: this.now(), rowLocks, stampMs, access }, ended => {
      this.openTransactions.delete(ended)
      if (ended.state !== 'committed') return
      for (const change of ended.changes) this.#record(ended.writer, change)
      this.bin.keep(ended.changes)
      for (const change of ended.changes) change.followUp?.()
    })
    this.openTransactions.add(transaction)
    return transaction
  }

  /** Puts a row in place without checks, user or effect: for what the org has from the start. */
  load(object: string, values: Readonly<Record<string, string | number | boolean | null>>): string {
    const table = this.table(object)
    if (!table) throw new RangeError(`the simulated org has no object ${object}`)
    const row = table.newRow(table.nextId())
    const cells = initialCells(table.type, row.id)
    const stamp = this.stampMs()
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

  #surroundings(): Surroundings {
    return {
      switches: this.switches,
      now: this.now,
      find: id => {
        const table = this.tableOf(id)
        const cells = table?.rows.get(id)?.cells
        return table && cells ? { type: table.type, cells } : undefined
      },
      children: (object, name, id) => {
        const table = this.table(object)
        const field = table?.type.field(name)
        if (!table || !field) return []
        const rows = table.matching(field, id).map(row => row.cells)
        return rows.filter(isLive).map(cells => ({ type: table.type, cells }))
      },
    }
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
