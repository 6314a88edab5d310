import { requestError, rowError } from '../api-error.ts'
import type { Cell } from './cell.ts'
import { refuseWithoutRight, writableRow } from './checks.ts'
import { type ChildLookup, childLookups, childrenOf } from './child-lookups.ts'
import { systemSlots } from './object-type.ts'
import type { Org } from './org.ts'
import type { RowInput } from './read-row.ts'
import { saveAsSystem, saveVersion, updateRow } from './save.ts'
import type { StoredRow, Table } from './table.ts'
import type { Transaction } from './transaction.ts'

const losersMax = 2

/** A merge: the row that stays with the values it takes over, and the one or two that go. */
export interface MergeRequest {
  readonly masterId: string
  readonly loserIds: readonly string[]
  readonly values?: RowInput
}

/** What SOAP's merge() answers. */
export interface MergeResult {
  readonly id: string
  readonly mergedRecordIds: readonly string[]
  readonly updatedRelatedIds: readonly string[]
}

/** Merges rows of one object (salesforce-facts 5.1): losers are deleted with MasterRecordId, their children go to the winner, the winner
 *  takes the values. Throws ApiError; then the caller rolls back. */
export function mergeRows(org: Org, transaction: Transaction, table: Table, request: MergeRequest): MergeResult {
  const { masterId, loserIds, values } = request
  if (!table.type.definition.mergeable)
    throw requestError(400, 'INVALID_TYPE_FOR_OPERATION', `entity type ${table.type.name} does not support merge`)
  refuseWithoutRight(org, transaction, table.type, 'delete')
  const winner = writableRow(transaction, table, masterId)
  const losers = [...new Set(loserIds)].map(id => writableRow(transaction, table, id))
  if (losers.length === 0 || losers.length > losersMax || losers.includes(winner))
    throw rowError('MERGE_FAILED', `a merge takes one or ${losersMax} rows other than the master record`)
  for (const loser of losers) deleteLoser(org, transaction, table, loser, winner.id)
  const moved = losers.flatMap(loser => moveChildren(org, transaction, table, loser, winner))
  updateRow(org, transaction, table, winner.id, values ?? { values: new Map(), options: quiet })
  return { id: winner.id, mergedRecordIds: losers.map(loser => loser.id), updatedRelatedIds: [...new Set(moved)] }
}

const quiet = { assign: false, allowDuplicates: true, root: '' } as const

/** A merge deletes nothing along with the losers: their children move. */
function deleteLoser(org: Org, transaction: Transaction, table: Table, loser: StoredRow, winnerId: string): void {
  const cells: Cell[] = [...(loser.cells ?? [])]
  cells[systemSlots.IsDeleted] = true
  const master = table.type.field('MasterRecordId')
  if (master) cells[master.slot] = winnerId
  const stamps = org.switches.deleteMovesLastModified ? 'user' : 'system'
  saveVersion(org, transaction, { operation: 'delete', table, row: loser, cells, stamps })
}

/** Points the loser's children to the winner, without rules or flows; returns their ids. */
function moveChildren(org: Org, transaction: Transaction, table: Table, loser: StoredRow, winner: StoredRow): string[] {
  const stamps = org.switches.mergeMovesChildStamp ? 'system' : 'none'
  const moved: string[] = []
  for (const lookup of childLookups(org, table.type)) {
    for (const child of childrenOf(lookup, loser.id)) {
      if (isSecondMembership(lookup, child, winner.id)) {
        const cells: Cell[] = [...(child.cells ?? [])]
        cells[systemSlots.IsDeleted] = true
        saveVersion(org, transaction, { operation: 'delete', table: lookup.table, row: child, cells })
        continue
      }
      // The winner cannot be its own parent.
      const parent = child === winner ? null : winner.id
      saveAsSystem(org, transaction, lookup.table, child, { [lookup.field.name]: parent }, stamps)
      moved.push(child.id)
    }
  }
  return moved
}

/** A person is in a campaign once: the loser's membership goes if the winner has one (salesforce-facts 6.7). */
function isSecondMembership({ table, field }: ChildLookup, child: StoredRow, winnerId: string): boolean {
  const campaign = table.type.name === 'CampaignMember' ? table.type.field('CampaignId') : undefined
  if (!campaign) return false
  return childrenOf({ table, field }, winnerId).some(
    other => other.cells?.[campaign.slot] === child.cells?.[campaign.slot],
  )
}
