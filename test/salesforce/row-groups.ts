import type { RowGroup } from '../../src/salesforce/composite.ts'
import { to18 } from '../../src/salesforce/ids.ts'

/** What Salesforce thinks of a row: see FakeCollections. */
export type Kind = 'good' | 'bad' | 'poison' | 'mark'
const digits = { good: '0', bad: '1', poison: '2', mark: '3' }
export const operations = ['create', 'update', 'delete', 'upsert', 'retrieve'] as const

let count = 0
export const idOf = (kind: Kind): string => to18(`003${digits[kind]}${String(count++).padStart(11, '0')}`)

/** A group whose rows are of these kinds. */
export function groupOf(
  operation: RowGroup['operation'],
  kinds: readonly Kind[],
  headers: Record<string, string> = {},
): RowGroup {
  const rows = kinds.map(kind => {
    const id = idOf(kind)
    if (operation === 'delete' || operation === 'retrieve') return { id }
    const text = kind === 'mark' ? 'see @{part0.id}' : 'plain'
    return operation === 'update' ? { id, text } : { Command__c: id, text }
  })
  const more =
    operation === 'upsert' ? { externalIdField: 'Command__c' } : operation === 'retrieve' ? { fields: ['Id'] } : {}
  return { operation, object: 'Contact', rows, headers, ...more }
}

/** The id that tells a row from the others: its own, or the command's. */
export const idIn = (row: object): string => String(Object.values(row)[0])
/** A row's kind stands in the fourth character of its id, so that ids alone tell it (deletes and retrieves). */
export const kindOf = (id: string): Kind => (Object.keys(digits) as Kind[])[Number(id[3])]!
export const kindIn = (row: object): Kind => kindOf(idIn(row))
