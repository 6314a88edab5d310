import { ApiError } from './api-error.ts'
import type { ApiUsage } from './api-usage.ts'
import type { Command, Commanded } from './control/command.ts'
import { orgCommands } from './control/org-commands.ts'
import { rowCommands } from './control/row-commands.ts'
import type { Fault, Faults } from './faults.ts'
import type { HttpAnswer, HttpRequest } from './http.ts'
import { type SignInControlled, signInControl } from './sign-in-control.ts'

/** What the control endpoint may see and change. */
export interface Controlled extends SignInControlled, Commanded {
  readonly faults: Faults
  readonly usage: ApiUsage
}

const loopback = /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/

const answer = (status: number, body: unknown): HttpAnswer => ({
  status,
  headers: { 'Content-Type': 'application/json;charset=UTF-8' },
  text: JSON.stringify(body),
})

const commands: Readonly<Record<string, Command>> = { ...rowCommands, ...orgCommands }

/** What can be commanded, with what is set now. */
function overview(controlled: Controlled) {
  const { faults, signIn, limits } = controlled
  const rows = Object.entries(commands).map(([name, { doc, state: stateOf }]) => ({
    name,
    doc,
    ...(stateOf ? { state: stateOf(controlled) } : {}),
  }))
  return [
    ...rows,
    { name: 'faults', doc: 'Adds a fault or a list of them; DELETE takes all away.', state: faults.waiting },
    { name: 'sign-in', doc: 'Sets how clients sign in, by name.', state: signIn.now },
    { name: 'limits', doc: 'Sets what clients may use, by name.', state: limits.now },
    { name: 'users', doc: "Deactivates or activates a user, the connector's unless named: {id, active}." },
    { name: 'revoke', doc: 'Ends the session of an access token, or takes a refresh token back: {token}.' },
    { name: 'expire-sessions', doc: 'Ends every session.' },
  ]
}

function state({ org, usage, faults }: Controlled) {
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
    commitDelayMs: org.commitDelay.fixedMs,
  }
}

/** For a simulator in another process; without sign-in, from this machine only. GET /control lists the commands with their state;
 *  POST /control/<command> runs one; further: GET state, GET effects; POST faults (one or a list), DELETE faults; POST expire-sessions;
 *  and what `signInControl` has. */
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
  const { org, faults, sessions } = controlled
  switch (what) {
    case 'GET /control/':
    case 'GET /control':
      return answer(200, overview(controlled))
    case 'GET /control/state':
      return answer(200, state(controlled))
    case 'GET /control/effects':
      return answer(200, org.effects)
    case 'POST /control/faults':
      faults.add(...[JSON.parse(text) as Fault | Fault[]].flat())
      return answer(200, { waiting: faults.waiting.length })
    case 'DELETE /control/faults':
      faults.clear()
      return answer(200, { waiting: 0 })
    case 'POST /control/expire-sessions':
      sessions.expireAll()
      return answer(200, {})
    default:
      return runCommand(controlled, what, text)
  }
}

function runCommand(controlled: Controlled, what: string, text: string): HttpAnswer {
  const [, method, name = ''] = /^(GET|POST) \/control\/([\w-]+)$/.exec(what) ?? []
  const command = Object.hasOwn(commands, name) ? commands[name] : undefined
  if (command && method === 'POST') return answer(200, command.run(controlled, JSON.parse(text || '{}')))
  if (command) return answer(200, { name, doc: command.doc, state: command.state?.(controlled) })
  const done = signInControl(controlled, what, text)
  return done ? answer(200, done) : answer(404, { error: `no such control: ${what}; GET /control lists them` })
}
