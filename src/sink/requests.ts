import type { ObjectDescribe } from '../core/contract.ts'
import type { RowGroup } from '../salesforce/composite.ts'
import type { Command } from './command.ts'

export interface Grouped<T> {
  readonly group: RowGroup
  /** The items of the group's rows, in their order. */
  readonly items: readonly T[]
}

/** Pure. The requests of a wave: rows that share operation, object, external id field and headers stand in one group. */
export function toGroups<T extends { readonly command: Command }>(
  items: readonly T[],
  describe: ObjectDescribe,
): Grouped<T>[] {
  const groups = new Map<string, { group: RowGroup & { rows: object[] }; items: T[] }>()
  for (const item of items) {
    const { row, ...rest } = toRow(item.command, describe)
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
  const { object, recordId, fields, idempotencyField } = command
  const id = { id: recordId }
  switch (command.definition.operation) {
    case 'create':
      return idempotencyField
        ? {
            operation: 'upsert',
            object,
            externalIdField: idempotencyField,
            ...headersOf(fields),
            row: { ...fields, [idempotencyField]: command.commandId },
          }
        : { operation: 'create', object, ...headersOf(fields), row: fields }
    case 'update': {
      const nulls = Object.fromEntries(command.fieldsToNull.map(name => [name, null]))
      return { operation: 'update', object, ...headersOf(fields), row: { ...fields, ...nulls, ...id } }
    }
    case 'delete':
      return { operation: 'delete', object, row: id }
    case 'get':
      return { operation: 'retrieve', object, fields: readableFields(describe), row: id }
  }
}

// A row that names its owner must not be given to another by an assignment rule (design 4.6).
const headersOf = (fields: Command['fields']): { headers?: Record<string, string> } =>
  'OwnerId' in fields ? { headers: { 'Sforce-Auto-Assign': 'FALSE' } } : {}

const readableFields = (describe: ObjectDescribe): string[] =>
  describe.fields.filter(field => field.type !== 'base64').map(field => field.name)
