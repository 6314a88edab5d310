import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import { sleep } from '../core/clock.ts'
import { ConnectorError } from '../core/errors.ts'
import { requestError } from './api-error.ts'
import { type Controlled, control } from './control.ts'
import { type Fault, type FaultAction, faultAnswers } from './faults.ts'
import { isLoginOrigin } from './hosts.ts'
import {
  BodyTooLarge,
  type Cut,
  type HttpAnswer,
  type HttpRequest,
  readRequest,
  sendAnswer,
  trickleAnswer,
} from './http.ts'
import type { LongRequests } from './long-requests.ts'
import { type OAuthServed, oauth } from './oauth/endpoints.ts'
import { type Rest, versionList } from './rest.ts'
import { errorAnswer } from './router.ts'
import { soap } from './soap/endpoint.ts'
import type { Certificate } from './tls.ts'

/** Longer than clients keep idle connections, so that none is closed just as it is used again. */
const keepAliveMs = 120_000
/** Above Salesforce's own bound for URI and headers, which rest.ts answers with 414 and 431. */
const headerBytesMax = 64 * 1024

const json = { 'Content-Type': 'application/json;charset=UTF-8' }
const html = { 'Content-Type': 'text/html;charset=UTF-8' }

/** Everything a request may reach. */
export interface Served extends Controlled, OAuthServed {
  readonly longRequests: LongRequests
  readonly rest: Rest
}

/** `undefined`: the connection is to be closed without an answer. */
type Outcome = { readonly answer: HttpAnswer; readonly cut?: Cut; readonly overMs?: number } | undefined

/** The HTTP face of the org, over TLS with a certificate; `stop` ends what still waits. */
export function makeServer(served: Served, stop: AbortSignal, certificate?: Certificate): Server {
  const options = { maxHeaderSize: headerBytesMax, keepAliveTimeout: keepAliveMs }
  const listener = (message: IncomingMessage, response: ServerResponse) => {
    // It fails only if the client hung up or sent what cannot be unpacked: nobody is left to be told.
    respond(served, stop, message, response).catch(() => response.destroy())
  }
  return certificate
    ? createTlsServer({ ...options, cert: certificate.cert, key: certificate.key }, listener)
    : createServer(options, listener)
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
  const outcome = await outcomeOf(served, stop, request).catch(
    (error): Outcome => (stop.aborted ? undefined : { answer: internalError(error) }),
  )
  if (!outcome) message.socket.destroy()
  else if (outcome.overMs === undefined)
    await sendAnswer(response, request, outcome.answer, served.org.now(), outcome.cut)
  else await trickleAnswer(response, outcome.answer, outcome.overMs, stop)
}

/** A defect of the simulator: answered like Salesforce's own, with the text that names it. */
function internalError(error: unknown): HttpAnswer {
  const message = `An unexpected error occurred in the simulated org: ${error instanceof Error ? error.stack : error}`
  return { status: 500, headers: json, text: JSON.stringify([{ message, errorCode: 'UNKNOWN_EXCEPTION' }]) }
}

async function outcomeOf(served: Served, stop: AbortSignal, request: HttpRequest): Promise<Outcome> {
  if (/^\/control(\/|$)/.test(request.target)) return { answer: control(served, request) }
  if (!request.target.startsWith('/services/data/v')) return struck(served, stop, request)
  if (served.longRequests.full) return { answer: tooManyLong(served) }
  return served.longRequests.during(() => struck(served, stop, request))
}

/** The request, with the fault that is waiting for it. */
async function struck(served: Served, stop: AbortSignal, request: HttpRequest): Promise<Outcome> {
  const { method, target, text } = request
  const fault = served.faults.strike({ method, path: target, body: text })
  if (fault?.action === 'dropBefore') return undefined
  if (fault?.action === 'expireSessions') served.sessions.expireAll()
  if (fault?.action === 'delayBefore') await sleep(fault.delayMs, stop)
  if (fault?.action === 'answer' && fault.executed !== true) return { answer: cannedAnswer(served, fault) }
  const answer = await execute(served, stop, request, fault)
  if (fault?.action === 'dropAfter') return undefined
  if (fault?.action === 'delay') await sleep(fault.delayMs, stop)
  if (fault?.action === 'truncate') return { answer, cut: fault }
  if (fault?.action === 'trickle') return { answer, overMs: fault.delayMs }
  return { answer: fault?.action === 'answer' ? cannedAnswer(served, fault) : answer }
}

function cannedAnswer({ usage }: Served, fault: Extract<FaultAction, { action: 'answer' }>): HttpAnswer {
  const canned = faultAnswers[fault.answer]
  if ('html' in canned) return { status: canned.status, headers: { 'Content-Type': 'text/html' }, text: canned.html }
  const headers = { ...json, 'Sforce-Limit-Info': usage.header }
  return { status: canned.status, headers, text: JSON.stringify(canned.json) }
}

function tooManyLong(served: Served): HttpAnswer {
  return cannedAnswer(served, { action: 'answer', answer: 'concurrentLimitExceeded' })
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
  const rowLocks = fault?.action === 'rowLock' ? (fault.rows ?? 1) : 0
  const committed = (ms: number) => sleep(ms, stop)
  if (path.startsWith('/services/data/')) {
    if (isElsewhere(served, request)) return wrongInstance(served)
    return served.rest.handle(request, rowLocks, committed)
  }
  if (path.startsWith('/services/Soap/')) return soap(served, request, rowLocks, committed)
  return (
    oauth(served, request) ?? { status: 404, headers: html, text: '<html><body>URL No Longer Exists</body></html>' }
  )
}

/** Whether the client is not where its sign-in sent it (salesforce-facts 1.1). */
function isElsewhere({ logins }: Served, { origin }: HttpRequest): boolean {
  const { instanceUrl } = logins.settings
  return isLoginOrigin(origin) || (instanceUrl !== '' && instanceUrl !== origin)
}

/** A token that was sent to the wrong instance is as good as none (salesforce-facts 1.5). */
function wrongInstance({ usage }: Served): HttpAnswer {
  const { status, text } = errorAnswer(requestError(401, 'INVALID_SESSION_ID', 'Session expired or invalid'))
  return { status, headers: { ...json, 'Sforce-Limit-Info': usage.header }, text }
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

/** Stops to listen and closes every connection. */
export async function closeServer(server: Server): Promise<void> {
  const closed = new Promise(resolve => server.close(resolve))
  server.closeAllConnections()
  await closed
}
