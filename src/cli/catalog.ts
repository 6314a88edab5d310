import { everyObject } from '../actions/every-object.ts'
import { actions } from '../actions.ts'
import { triggers } from '../triggers.ts'
import type { Session } from './session.ts'
import { table } from './terminal.ts'

/** `catalog`: every trigger and action, as a table or as JSON. */
export function catalog({ terminal, json }: Session): void {
  const found = {
    triggers: Object.entries(triggers).map(([name, { object, type, promised, doc }]) => ({
      name,
      object,
      type,
      promised,
      doc,
    })),
    actions: Object.entries(actions).map(([name, { object, operation, repeat, doc }]) => ({
      name,
      object,
      operation,
      repeat,
      doc,
    })),
    everyObject,
  }
  if (json) {
    terminal.out(JSON.stringify(found))
    return
  }
  const print = (title: string, head: string[], rows: string[][]): void => {
    terminal.out(terminal.paint('bold', `${title} (${rows.length})`))
    for (const [index, line] of table([head, ...rows]).entries())
      terminal.out(index === 0 ? terminal.paint('dim', line) : line)
  }
  print(
    'Triggers',
    ['NAME', 'OBJECT', 'TYPE', 'PROMISED', 'FIRES WHEN'],
    found.triggers.map(({ name, object, type, promised, doc }) => [name, object, type, promised ? 'yes' : '', doc]),
  )
  terminal.out('')
  print(
    'Actions',
    ['NAME', 'OBJECT', 'REPEAT', 'DOES'],
    found.actions.map(({ name, object, repeat, doc }) => [name, object, repeat, doc]),
  )
  terminal.out('')
  print(
    'Beyond these, for each of sink.objects that allows it',
    ['NAME', 'DOES'],
    found.everyObject.map(({ name, doc }) => [name, doc]),
  )
}
