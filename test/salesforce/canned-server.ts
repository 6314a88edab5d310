import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  connectSalesforce,
  type Salesforce,
  type SalesforceEvents,
  type SalesforceSettings,
} from '../../src/salesforce/client.ts'

export interface Received {
  readonly method: string
  readonly path: string
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly socket: Socket
}

/** Answers one request; sending nothing leaves the client waiting. */
export type Respond = (request: Received, response: ServerResponse) => void

export const json = (
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void => {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body))
}

export const orgId = '00D000000000001EAA'
export const userId = '005000000000001AAA'

/** A server that answers as it is told, and remembers what it was asked; closed when the test ends. */
export async function startCanned(
  respond: Respond,
): Promise<{ url: string; received: Received[]; close(): Promise<void> }> {
  const received: Received[] = []
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', chunk => chunks.push(chunk))
    request.on('end', () => {
      const { method = '', url = '', headers, socket } = request
      const got = { method, path: url, headers, body: Buffer.concat(chunks).toString(), socket }
      received.push(got)
      respond(got, response)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const close = (): Promise<void> => {
    server.closeAllConnections()
    return new Promise(resolve => server.close(() => resolve()))
  }
  onTestFinished(close)
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, received, close }
}

/** The answers every client needs first: a token and the versions; the rest is left to `respond`. */
export const signedIn =
  (respond: Respond): Respond =>
  (request, response) => {
    const host = `http://${request.headers.host}`
    if (request.path === '/services/oauth2/token')
      return json(response, 200, {
        access_token: `${orgId.slice(0, 15)}!token`,
        instance_url: host,
        id: `${host}/id/${orgId}/${userId}`,
        token_type: 'Bearer',
      })
    if (request.path === '/services/data/') return json(response, 200, [{ version: '67.0' }, { version: '68.0' }])
    if (request.path.endsWith('/first')) return json(response, 200, {})
    respond(request, response)
  }

/** Until one request was answered, the governor sends one at a time: this one is. */
export const sendFirst = (salesforce: Salesforce): Promise<unknown> =>
  salesforce.request({ method: 'GET', path: '/first', repeat: 'safe' })

export interface Noted {
  readonly event: keyof SalesforceEvents
  readonly detail: Record<string, unknown>
}

/** Events that are only written down. */
export function noteEvents(): { events: SalesforceEvents; noted: Noted[] } {
  const noted: Noted[] = []
  const note = (event: keyof SalesforceEvents) => (detail: object) => {
    noted.push({ event, detail: { ...detail } })
  }
  const events = {
    requestDone: note('requestDone'),
    signedIn: note('signedIn'),
    signInWarned: note('signInWarned'),
    breakerOpened: note('breakerOpened'),
    breakerClosed: note('breakerClosed'),
    budgetSeen: note('budgetSeen'),
    budgetMoved: note('budgetMoved'),
    callWaited: note('callWaited'),
    inFlightReduced: note('inFlightReduced'),
    describeChanged: note('describeChanged'),
  }
  return { events, noted }
}

export const settingsFor = (loginUrl: string, changes: Partial<SalesforceSettings> = {}): SalesforceSettings => ({
  loginUrl,
  auth: { flow: 'client_credentials', clientId: 'consumer', clientSecret: 'very-secret' },
  apiVersion: '68.0',
  requestTimeoutMs: 5_000,
  probeDelays: { delayMsMin: 20, delayMsMax: 50 },
  ...changes,
})

/** A client that is closed when the test ends. */
export async function connect(
  url: string,
  changes: Partial<SalesforceSettings> = {},
  events: SalesforceEvents = noteEvents().events,
): Promise<Salesforce> {
  const salesforce = await connectSalesforce(settingsFor(url, changes), events)
  onTestFinished(() => salesforce.close())
  return salesforce
}
