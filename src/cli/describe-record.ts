import type { LeadStatus, ReplyError } from '../core/contract.ts'
import type { DecodedRecord } from './decode.ts'
import type { Terminal } from './terminal.ts'

type Fields = Readonly<Record<string, unknown>>
const systemFields = new Set(['Id', 'IsDeleted', 'CreatedById', 'LastModifiedById', 'SystemModstamp', 'OwnerId'])
const shownFieldsMax = 8

/** A decoded record in one line for people: an event, a reply, or why it is neither. */
export function describeRecord(record: DecodedRecord, terminal: Terminal): string {
  const { value } = record
  const time = terminal.paint('dim', record.timestamp.slice(11, 23))
  const place = `${record.topic}/${record.partition}@${record.offset}`
  if (record.unreadable) return `${time} ${terminal.paint('red', 'unreadable')} ${place}: ${record.unreadable}`
  if (value === null) return `${time} tombstone ${place} key ${record.key}`
  if ('commandId' in value) return `${time} ${describeReply(value, terminal)}`
  const type = terminal.paint('cyan', String(value.type).padEnd(8))
  return `${time} ${type} ${value.object} ${value.recordId} ${fieldsOf(value.record)}`.trimEnd()
}

/** A reply in one line, its errors and warnings on lines of their own. */
export function describeReply(value: Fields, terminal: Terminal): string {
  const status = String(value.status)
  const colour = status === 'SUCCEEDED' ? 'green' : status === 'IN_DOUBT' ? 'yellow' : 'red'
  const notes = [value.created === true ? 'created' : '', value.duplicate === true ? 'duplicate' : ''].filter(Boolean)
  const head = [terminal.paint(colour, status), value.action, value.recordId ?? '', ...notes].filter(Boolean).join(' ')
  const record = value.record ? `\n  ${fieldsOf(value.record)}` : ''
  const statuses = listOf<LeadStatus>(value.leadStatuses).map(({ apiName, isDefault, isConverted }) =>
    [`\n  ${apiName}`, isDefault ? ' (default)' : '', isConverted ? ' (converted)' : ''].join(''),
  )
  const errors = listOf<ReplyError>(value.errors).map(({ code, message, remedy }) =>
    [`\n  ${code}: ${message}`, remedy ? `\n  remedy: ${remedy}` : ''].join(''),
  )
  const warnings = listOf<string>(value.warnings).map(warning => `\n  warning: ${warning}`)
  const candidates = listOf<string>(value.candidates).map(id => `\n  candidate: ${id}`)
  return [head, record, ...statuses, ...errors, ...warnings, ...candidates].join('')
}

const listOf = <T>(value: unknown): readonly T[] => (Array.isArray(value) ? (value as T[]) : [])

/** The fields that say most: those that are set, system fields and times left out. */
function fieldsOf(record: unknown): string {
  if (typeof record !== 'object' || record === null) return ''
  const set = Object.entries(record).filter(
    ([name, value]) => value !== null && value !== false && !systemFields.has(name) && !name.endsWith('Date'),
  )
  const shown = set.slice(0, shownFieldsMax).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  return shown.join(' ') + (set.length > shownFieldsMax ? ` … and ${set.length - shownFieldsMax} more` : '')
}
