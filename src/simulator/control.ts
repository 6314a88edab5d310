import { ApiError } from './api-error.ts'
import type { ApiUsage } from './api-usage.ts'
import type { Fault, Faults } from './faults.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import type { OrgHandle } from './org/handle.ts'
import type { Org } from './org/org.ts'
import type { Rest } from './rest.ts'
import type { Sessions } from './sessions.ts'

/** What the control endpoint may see and change. */
export interface Controlled {
  readonly org: Org
  readonly handle: OrgHandle
  readonly faults: Faults
  readonly sessions: Sessions
  readonly usage: ApiUsage
  readonly rest: Rest
}

const loopback = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/

const answer = (status: number, body: unknown): HttpAnswer => ({
  status,
  headers: { 'Content-Type': 'application/json;charset=UTF-8' },
  text: JSON.stringify(body),
})

/** One write by another user. */
interface RowsRequest {
  readonly operation: 'create' | 'update' | 'delete' | 'undelete'
  readonly object: string
  readonly id?: string
  readonly fields?: Readonly<Record<string, unknown>>
}

function write({ handle }: Controlled, { operation, object, id = '', fields = {} }: RowsRequest): string {
  if (operation === 'create') return handle.create(object, fields)
  if (operation === 'update') handle.update(object, id, fields)
  else if (operation === 'delete') handle.delete(object, id)
  else if (operation === 'undelete') handle.undelete(object, id)
  else throw new RangeError(`unknown operation ${operation}; known are create, update, delete, undelete`)
  return id
}

function state({ org, usage, faults, rest }: Controlled) {
  const counts = Object.fromEntries(
    [...org.tables].map(({ type, rows }) => {
      const deleted = [...rows.values()].filter(row => row.cells?.[1] === true).length
      return [type.name, { live: rows.size - deleted, deleted }]
    }),
  )
  return {
    now: new Date(org.now()).toISOString(),
    apiCalls: usage.total,
    apiUsage: { used: usage.used, max: usage.max },
    counts,
    effects: org.effects.length,
    faults: faults.waiting,
    commitDelayMs: rest.commitDelayMs,
  }
}

/** For a simulator in another process; without sign-in, from this machine only:
 *  GET state, GET effects; POST faults (one or a list), DELETE faults; POST rows (one or a list); POST expire-sessions; POST commit-delay {ms}. */
export function control(controlled: Controlled, request: HttpRequest): HttpAnswer {
  if (!loopback.test(request.remoteAddress)) return answer(403, { error: 'only from this machine' })
  try {
    return route(controlled, `${request.method} ${request.target}`, request.text)
  } catch (error) {
    if (error instanceof ApiError) return answer(400, error.errors)
    if (error instanceof RangeError || error instanceof SyntaxError) return answer(400, { error: error.message })
    throw error
  }
}

function route(controlled: Controlled, what: string, text: string): HttpAnswer {
  const { org, faults, sessions, rest } = controlled
  const body = <T>(): T => JSON.parse(text)
  switch (what) {
    case 'GET /control/state':
      return answer(200, state(controlled))
    case 'GET /control/effects':
      return answer(200, org.effects)
    case 'POST /control/faults':
      faults.add(...[body<Fault | Fault[]>()].flat())
      return answer(200, { waiting: faults.waiting.length })
    case 'DELETE /control/faults':
      faults.clear()
      return answer(200, { waiting: 0 })
    case 'POST /control/rows':
      return answer(200, { ids: [body<RowsRequest | RowsRequest[]>()].flat().map(one => write(controlled, one)) })
    case 'POST /control/expire-sessions':
      sessions.expireAll()
      return answer(200, {})
    case 'POST /control/commit-delay':
      rest.commitDelayMs = Math.max(0, Number(body<{ ms: number }>().ms) || 0)
      return answer(200, { ms: rest.commitDelayMs })
    default:
      return answer(404, { error: `no such control: ${what}` })
  }
}
