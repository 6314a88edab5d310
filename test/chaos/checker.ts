/** What a scene asked for. */
export interface Expected {
  /** Commands sent, by commandId; `target` is the contact an update or a delete is for. */
  readonly commands: readonly { readonly id: string; readonly action: string; readonly target?: string }[]
  /** Changes made by somebody else: each must be one event. */
  readonly changes: readonly { readonly recordId: string; readonly type: string }[]
}

export interface SeenEvent {
  readonly eventId: string
  readonly recordId: string
  readonly type: string
}

export interface SeenReply {
  readonly commandId: string
  readonly status: string
  readonly recordId: string | null
  readonly candidates: readonly string[]
  readonly duplicate: boolean
}

/** What the topics and the org show afterwards. */
export interface Observed {
  readonly events: readonly SeenEvent[]
  readonly replies: readonly SeenReply[]
  /** Ids of the contacts a create command made, by commandId. */
  readonly createdBy: ReadonlyMap<string, readonly string[]>
  /** Commands whose update or delete is present in the org. */
  readonly effects: ReadonlySet<string>
}

/** Every way in which what was observed breaks the guarantee, in words; empty if it holds. */
export function faults(expected: Expected, observed: Observed): string[] {
  return [...eventFaults(expected, observed), ...expected.commands.flatMap(command => commandFaults(command, observed))]
}

function eventFaults(expected: Expected, observed: Observed): string[] {
  const counts = new Map<string, number>()
  for (const { eventId } of observed.events) counts.set(eventId, (counts.get(eventId) ?? 0) + 1)
  const doubled = [...counts].filter(([, count]) => count > 1).map(([id, count]) => `event ${id}: ${count} times`)
  const changes = expected.changes.flatMap(({ recordId, type }) => {
    const count = observed.events.filter(event => event.recordId === recordId && event.type === type).length
    return count === 1 ? [] : [`change ${type} of ${recordId}: ${count} events`]
  })
  return [...doubled, ...changes]
}

function commandFaults(command: Expected['commands'][number], observed: Observed): string[] {
  const replies = observed.replies.filter(({ commandId, duplicate }) => commandId === command.id && !duplicate)
  const reply = replies[0]
  if (replies.length !== 1 || !reply) return [`command ${command.id}: ${replies.length} replies`]
  if (command.action !== 'CreateContact') {
    const present = observed.effects.has(command.id)
    return reply.status === 'SUCCEEDED' && present
      ? []
      : [`${command.action} ${command.id}: ${reply.status}, effect ${present}`]
  }
  const created = observed.createdBy.get(command.id) ?? []
  if (created.length > 1) return [`create ${command.id}: executed ${created.length} times`]
  if (reply.status === 'SUCCEEDED' && created[0] === reply.recordId && created.length === 1) return []
  const told = created.every(id => reply.candidates.includes(id))
  if (reply.status === 'IN_DOUBT' && told) return []
  return [
    `create ${command.id}: ${reply.status}, made ${created.join(' ') || 'nothing'}, candidates ${reply.candidates.join(' ')}`,
  ]
}
