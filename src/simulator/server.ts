import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { sleep } from '../core/clock.ts'
import { ConnectorError } from '../core/errors.ts'
import { type Controlled, control } from './control.ts'
import { type Fault, type FaultAction, faultAnswers } from './faults.ts'
import { BodyTooLarge, type HttpAnswer, type HttpRequest, readRequest, sendAnswer } from './http.ts'
import type { OAuthClient } from './oauth-client.ts'
import { versionList } from './rest.ts'
import { identity, type OAuthAnswer, type OAuthCall, revoke, token } from './routes/oauth.ts'

/** Longer than clients keep idle connections, so that none is closed just as it is used again. */
const keepAliveMs = 120_000
/** Above Salesforce's own bound for URI and headers, which rest.ts answers with 414 and 431. */
const headerBytesMax = 64 * 1024

const json = { 'Content-Type': 'application/json;charset=UTF-8' }

/** Everything a request may reach. */
export interface Served extends Controlled {
  readonly client: OAuthClient
}

/** `undefined`: the connection is to be closed without an answer. */
type Outcome = HttpAnswer | undefined

/** The HTTP face of the org: `stop` ends what still waits. */
export function makeServer(served: Served, stop: AbortSignal): Server {
  const server = createServer({ maxHeaderSize: headerBytesMax, keepAliveTimeout: keepAliveMs }, (message, response) => {
    // It fails only if the client hung up or sent what cannot be unpacked: nobody is left to be told.
    respond(served, stop, message, response).catch(() => response.destroy())
  })
  return server
}

async function respond(
  served: Served,
  stop: AbortSignal,
  message: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const request = await readRequest(message).catch(error => {
    if (error instanceof BodyTooLarge) return undefined
    throw error
  })
  if (!request) {
    response.writeHead(413, { Connection: 'close' }).end()
    return
  }
  const outcome = await outcomeOf(served, stop, request).catch(error =>
    stop.aborted ? undefined : internalError(error),
  )
  if (outcome) await sendAnswer(response, request, outcome, served.org.now())
  else message.socket.destroy()
}

/** A defect of the simulator: answered like Salesforce's own, with the text that names it. */
function internalError(error: unknown): HttpAnswer {
  const message = `An unexpected error occurred in the simulated org: ${error instanceof Error ? error.stack : error}`
  return { status: 500, headers: json, text: JSON.stringify([{ message, errorCode: 'UNKNOWN_EXCEPTION' }]) }
}

async function outcomeOf(served: Served, stop: AbortSignal, request: HttpRequest): Promise<Outcome> {
  if (request.target.startsWith('/control/')) return control(served, request)
  const { method, target, text } = request
  const fault = served.faults.strike({ method, path: target, body: text })
  if (fault?.action === 'dropBefore') return undefined
  if (fault?.action === 'expireSessions') served.sessions.expireAll()
  if (fault?.action === 'delayBefore') await sleep(fault.delayMs, stop)
  if (fault?.action === 'answer' && fault.executed !== true) return cannedAnswer(served, fault)
  const answer = await execute(served, stop, request, fault)
  if (fault?.action === 'dropAfter') return undefined
  if (fault?.action === 'delay') await sleep(fault.delayMs, stop)
  return fault?.action === 'answer' ? cannedAnswer(served, fault) : answer
}

function cannedAnswer({ usage }: Served, fault: Extract<FaultAction, { action: 'answer' }>): HttpAnswer {
  const canned = faultAnswers[fault.answer]
  if ('html' in canned) return { status: canned.status, headers: { 'Content-Type': 'text/html' }, text: canned.html }
  const headers = { ...json, 'Sforce-Limit-Info': usage.header }
  return { status: canned.status, headers, text: JSON.stringify(canned.json) }
}

async function execute(
  served: Served,
  stop: AbortSignal,
  request: HttpRequest,
  fault: Fault | undefined,
): Promise<HttpAnswer> {
  const path = request.target.split('?')[0] ?? ''
  if (/^\/services\/data\/?$/.test(path)) {
    const { status, text } = versionList()
    return { status, headers: json, text }
  }
  if (path.startsWith('/services/data/')) {
    const rowLocks = fault?.action === 'rowLock' ? (fault.rows ?? 1) : 0
    return served.rest.handle(request, rowLocks, ms => sleep(ms, stop))
  }
  const { status, text, contentType } = signIn(served, request, path)
  const headers = { 'Content-Type': contentType ?? json['Content-Type'], 'Cache-Control': 'no-store' }
  return { status, headers, text }
}

/** The OAuth endpoints and the identity URL. */
function signIn(served: Served, request: HttpRequest, path: string): OAuthAnswer {
  const { org, sessions, client } = served
  const authorization = request.headers.authorization ?? ''
  const form = new URLSearchParams(request.text)
  const call: OAuthCall = { org, sessions, client, origin: `http://${request.headers.host}`, authorization, form }
  const bearer = /^(?:bearer|oauth)\s+(\S+)$/i.exec(authorization)?.[1] ?? ''
  const isPost = request.method === 'POST'
  if (path === '/services/oauth2/token' && isPost) return token(call)
  if (path === '/services/oauth2/revoke' && isPost) return revoke(call)
  if (path === '/services/oauth2/userinfo') return identity(call, sessions.userOf(bearer))
  const [, orgId, userId] = /^\/id\/(\w+)\/(\w+)$/.exec(path) ?? []
  if (orgId === org.orgId) {
    const caller = sessions.userOf(bearer)
    return identity(call, caller === userId ? caller : undefined)
  }
  return { status: 404, text: '<html><body>URL No Longer Exists</body></html>', contentType: 'text/html;charset=UTF-8' }
}

/** Starts to listen and returns the port. Throws ConnectorError if the port cannot be had. */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', cause =>
      reject(
        new ConnectorError('config.invalid', `the simulated org cannot listen on ${host}:${port}`, {
          cause,
          remedy: 'Choose another port, or 0 for any free one.',
        }),
      ),
    )
    server.listen(port, host, () => {
      const address = server.address()
      resolve(typeof address === 'object' && address ? address.port : port)
    })
  })
}
