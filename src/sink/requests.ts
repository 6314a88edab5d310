import type { ObjectDescribe } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { RowGroup } from '../salesforce/composite.ts'
import type { Command } from './command.ts'
import { rowsTogetherMax } from './outcome.ts'

export interface Grouped<T> {
  readonly group: RowGroup
  /** The items of the group's rows, in their order. */
  readonly items: readonly T[]
}

/**
 * Pure. The requests of a wave: rows that share operation, object, external id field, headers and how often they were
 * refused stand in one group.
 */
export function toGroups<T extends { readonly command: Command; readonly refused?: number }>(
  items: readonly T[],
  describe: ObjectDescribe,
): Grouped<T>[] {
  const groups = new Map<string, { group: RowGroup & { rows: object[] }; items: T[] }>()
  for (const item of items) {
    const { row, ...request } = toRow(item.command, describe)
    const rest = item.refused ? { ...request, rowsMax: rowsTogetherMax(item.refused) } : request
    const kind = JSON.stringify(rest)
    const known = groups.get(kind)
    if (known) {
      known.group.rows.push(row)
      known.items.push(item)
    } else groups.set(kind, { group: { ...rest, rows: [row] }, items: [item] })
  }
  return [...groups.values()]
}

function toRow(command: Command, describe: ObjectDescribe): Omit<RowGroup, 'rows'> & { row: object } {
  const { object, recordId, fields, idempotencyField, externalId } = command
  const id = { id: recordId }
  const headers = headersOf(command)
  switch (command.definition.operation) {
    case 'create':
      return idempotencyField
        ? {
            operation: 'upsert',
            object,
            externalIdField: idempotencyField,
            ...headers,
            row: { ...fields, [idempotencyField]: command.commandId },
          }
        : { operation: 'create', object, ...headers, row: fields }
    case 'update':
      return { operation: 'update', object, ...headers, row: { ...fields, ...nullsOf(command), ...id } }
    case 'upsert': {
      const row = { ...fields, ...nullsOf(command) }
      return { operation: 'upsert', object, externalIdField: externalId?.field ?? '', ...headers, row }
    }
    case 'delete':
      return { operation: 'delete', object, row: id }
    case 'get':
      return { operation: 'retrieve', object, fields: readableFields(describe), row: id }
    case 'look-up':
      throw new ConnectorError('internal.bug', `${command.action} has no request of its own`, {
        remedy: 'Report this.',
      })
  }
}

const nullsOf = (command: Command): Record<string, null> =>
  Object.fromEntries(command.fieldsToNull.map(name => [name, null]))

/** The options of the request's rows as headers (salesforce-facts 2.3). */
function headersOf({ fields, saveOptions }: Command): { headers?: Record<string, string> } {
  const { autoAssign, allowSave } = saveOptions
  const headers: Record<string, string> = {}
  // A row that names its owner must not be given to another by an assignment rule (design 4.6).
  if (autoAssign !== undefined || 'OwnerId' in fields || 'Owner' in fields)
    headers['Sforce-Auto-Assign'] = autoAssign ? 'TRUE' : 'FALSE'
  if (allowSave !== undefined) headers['Sforce-Duplicate-Rule-Header'] = `allowSave=${allowSave}`
  return Object.keys(headers).length > 0 ? { headers } : {}
}

const readableFields = (describe: ObjectDescribe): string[] =>
  describe.fields.filter(field => field.type !== 'base64').map(field => field.name)
