import type { EventType } from '../core/contract.ts'
import { account } from '../triggers/rows.ts'
import type { Change, Changes } from '../triggers/samples.ts'
import { triggers } from '../triggers.ts'
import { expectFields } from './commands.ts'
import type { Score, Stage } from './script.ts'

type Fields = Readonly<Record<string, unknown>>
type Event = Readonly<Record<string, unknown>>

const waitMsMax = 30_000

/**
 * Plays the samples of the triggers that the product promises, as changes by another user, and waits for their events on
 * the topics. Objects are played side by side.
 */
export async function playTriggers(stage: Stage): Promise<Score> {
  const score = { passed: [] as string[], failed: [] as string[] }
  const play = async (object: string): Promise<void> => {
    for (const [name, trigger] of Object.entries(triggers)) {
      if (trigger.object !== object || !trigger.promised) continue
      stage.say(`trigger ${name}: ${trigger.doc}`)
      try {
        for (const sample of trigger.samples) expectTrigger(name, await playChanges(stage, object, sample))
        score.passed.push(name)
      } catch (error) {
        score.failed.push(`${name}: ${error instanceof Error ? error.message : error}`)
      }
    }
  }
  await Promise.all([...new Set(Object.values(triggers).map(({ object }) => object))].map(play))
  return score
}

function expectTrigger(name: string, event: Event): void {
  if (event.trigger !== name) throw new Error(`the event is of ${event.trigger}`)
}

/** The events' type that a change leads to. */
export function typeAfter(change: Change): EventType {
  if ('create' in change) return 'CREATED'
  if ('update' in change) return 'UPDATED'
  if ('merge' in change) return 'MERGED'
  return 'delete' in change ? 'DELETED' : 'UNDELETED'
}

/** Makes the changes to one row, each when the event of the former was consumed and found right. Returns the last event. */
export async function playChanges(
  { org, seen }: Pick<Stage, 'org' | 'seen'>,
  object: string,
  changes: Changes,
): Promise<Event> {
  let id = ''
  let event: Event = {}
  const filled = (fields: Fields): Fields =>
    Object.fromEntries(
      Object.entries(fields).map(([name, value]) => [
        name,
        value === '$Account' ? org.create(account.object, account.create) : value,
      ]),
    )
  for (const change of changes) {
    let expected: Fields = { IsDeleted: !('undelete' in change) }
    let survivor: string | null = null
    if ('create' in change) {
      expected = filled(change.create)
      id = org.create(object, expected)
    } else if ('update' in change) {
      expected = filled(change.update)
      org.update(object, id, expected)
    } else if ('merge' in change) {
      survivor = org.create(object, filled(change.merge))
      org.merge(object, { masterId: survivor, loserIds: [id] })
    } else if ('delete' in change) org.delete(object, id)
    else org.undelete(object, id)
    const type = typeAfter(change)
    event = await seen.event(id, type, waitMsMax)
    if (event.masterRecordId !== survivor) throw new Error(`${type} event: masterRecordId is ${event.masterRecordId}`)
    expectFields(`${type} event`, asWritten(event.record, expected), expected)
  }
  return event
}

const dayMs = 86_400_000

/** The event's record with dates as they were written: Avro's are numbers of days. */
function asWritten(record: unknown, written: Fields): Fields {
  const shown = Object.entries((record ?? {}) as Fields).map(([name, value]) => {
    const isDate = typeof value === 'number' && typeof written[name] === 'string'
    return [name, isDate ? new Date(value * dayMs).toISOString().slice(0, 10) : value]
  })
  return Object.fromEntries(shown)
}
