import type { ReplyStatus } from '../core/contract.ts'
import type { Events } from '../telemetry/events.ts'
import type { Answer } from './answer.ts'
import type { SinkObject } from './command.ts'
import type { Route } from './topics.ts'

/** Tells telemetry what was committed. Names that callers make up do not become labels. */
export function tell(
  events: Events,
  route: Route,
  { actions, describe }: SinkObject,
  answers: readonly Answer[],
): void {
  const counts = new Map<string, { action: string; status: ReplyStatus; count: number }>()
  for (const answer of answers) {
    if (answer.kind === 'dead-letter') {
      events.deadLettered({ topic: route.deadLetters.topic, stage: 'deserialize', reason: answer.error.message })
      continue
    }
    const { commandId, status, errors, candidates, duplicate } = answer.value
    const action = actions.has(answer.asked.action) ? answer.asked.action : 'unknown'
    const key = `${action} ${status}`
    const entry = counts.get(key) ?? { action, status, count: 0 }
    entry.count++
    counts.set(key, entry)
    if (duplicate) events.duplicateAnswered({ action, commandId })
    else if (status === 'IN_DOUBT') events.inDoubt({ action, commandId, candidates: candidates.length })
    else if (status !== 'SUCCEEDED') {
      const stage = status === 'REJECTED' ? 'deserialize' : 'execute'
      events.commandFailed({ action, commandId, stage, code: errors[0]?.code ?? 'unknown' })
    }
  }
  const object = describe.name
  for (const entry of counts.values()) events.commandsCommitted({ object, ...entry })
}
