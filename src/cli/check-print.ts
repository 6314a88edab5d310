import type { CheckReport } from './check.ts'
import type { Terminal } from './terminal.ts'
import { table } from './terminal.ts'

/** The report as a person reads it: facts, a table of the objects, then each gap with its remedy. */
export function printReport(report: CheckReport, terminal: Terminal): void {
  for (const line of table(facts(report))) terminal.out(line)
  terminal.out('')
  for (const [index, line] of table([objectHead, ...report.objects.map(objectRow)]).entries())
    terminal.out(index === 0 ? terminal.paint('bold', line) : line)
  for (const { object, readOnlyCustomFields } of report.objects)
    if (readOnlyCustomFields.length > 0)
      terminal.out(`${object}: custom fields that commands cannot change: ${readOnlyCustomFields.join(', ')}`)
  for (const line of report.conditions.flatMap(conditionLines)) terminal.out(line)
  for (const { warning, remedy } of report.warnings) {
    terminal.out('')
    terminal.out(terminal.paint('yellow', `warning: ${warning}`))
    terminal.out(`  remedy: ${remedy}`)
  }
  for (const { object, message, remedy } of report.gaps) {
    terminal.out('')
    terminal.out(terminal.paint('red', `missing: ${object}: ${message}`))
    terminal.out(`  remedy: ${remedy}`)
  }
  terminal.out('')
  const { length } = report.gaps
  if (length === 0) terminal.out(terminal.paint('green', 'Everything that the config asks for is there.'))
  else terminal.out(terminal.paint('red', `${length} ${length === 1 ? 'thing is' : 'things are'} missing.`))
}

function facts({ org, user, api, limits }: CheckReport): string[][] {
  const kind = org.sandbox === null ? '' : org.sandbox ? ', sandbox' : ', production'
  return [
    ['org', `${org.name ?? 'name not readable'} (${org.id}), ${org.edition ?? 'edition not readable'}${kind}`],
    ['instance', `${org.instanceUrl}${org.instance === null ? '' : ` (${org.instance})`}`],
    ['user', `${user.username ?? 'not readable'} (${user.id})${user.name === null ? '' : `, ${user.name}`}`],
    ['API', `${api.configured} configured; the org offers ${api.offered[0] ?? '?'} to ${api.offered.at(-1) ?? '?'}`],
    ['API calls', limits ? calls(limits) : 'not readable'],
  ]
}

const calls = ({ used, max, left, reserve }: NonNullable<CheckReport['limits']>): string =>
  `${used} of ${max} used in 24 hours, ${left} left${reserve === null ? '' : `, ${reserve} of them kept for other clients`}`

function conditionLines({ object, own, asked, callsPerPageMax }: CheckReport['conditions'][number]): string[] {
  const calls = `${callsPerPageMax} ${callsPerPageMax === 1 ? 'call' : 'calls'}`
  return [
    ...own.map(where => `${object}: where ${where}: evaluated by the connector, at no call`),
    ...asked.map(where => `${object}: where ${where}: evaluated by Salesforce`),
    ...(asked.length > 0
      ? [`${object}: up to ${calls} more for each page with changes, none while nothing changes`]
      : []),
  ]
}

const objectHead = ['object', 'used by', 'read', 'create', 'update', 'delete', 'fields', 'to create', 'to update']

function objectRow(report: CheckReport['objects'][number]): string[] {
  const yes = (has: boolean): string => (has ? 'yes' : 'no')
  const { readable, createable, updateable } = report.fields
  return [
    report.object,
    report.usedBy.join(', '),
    ...[report.readable, report.createable, report.updateable, report.deletable].map(yes),
    ...[readable, createable, updateable].map(String),
  ]
}
