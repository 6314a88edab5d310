import { ApiUsage } from './api-usage.ts'
import { Faults } from './faults.ts'
import { makeOAuthClient } from './oauth-client.ts'
import { makeHandle, type OrgHandle } from './org/handle.ts'
import { Org } from './org/org.ts'
import { loadSampleContacts } from './org/sample-contacts.ts'
import { randomFrom } from './random.ts'
import { Rest } from './rest.ts'
import { versions } from './router.ts'
import { listen, makeServer } from './server.ts'
import { Sessions } from './sessions.ts'
import { Cursors } from './soql/cursors.ts'

/** Daily allocation of an Enterprise Edition org with no extra licences (salesforce-facts 8.1). */
const dailyApiRequestsDefault = 100_000

/** How the simulated org starts. Times are milliseconds. */
export interface SimulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number
  readonly host?: string
  /** Decides sample rows, credentials and faults by probability. */
  readonly seed?: number
  /** Sample rows to start with. */
  readonly rows?: { readonly contact?: number }
  /** The org's clock, epoch milliseconds; the machine's unless given. */
  readonly clock?: () => number
  /** How long rows written over HTTP stay unseen after they were stamped (salesforce-facts 3.6). */
  readonly commitDelayMs?: number
  readonly dailyApiRequestsMax?: number
  readonly clientId?: string
  readonly clientSecret?: string
}

/** A running simulated org. */
export interface Simulator {
  /** Login URL and instance URL at once. */
  readonly url: string
  readonly tokenUrl: string
  readonly controlUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** The connector's user, for whom both flows sign in. */
  readonly username: string
  readonly userId: string
  readonly orgId: string
  /** PEM of the key whose certificate the app holds, for the JWT flow. */
  readonly privateKey: string
  /** Rows and writes by another user than the connector's. */
  readonly org: OrgHandle
  readonly faults: Faults
  /** May be changed at any time; see SimulatorOptions. */
  commitDelayMs: number
  /** Which version of a row later pages show (salesforce-facts 3.2, 14). */
  readonly cursors: Pick<Cursors, 'values' | 'expireAll'>
  /** Every client meets 401 INVALID_SESSION_ID next. */
  expireSessions(): void
  /** Requests since the start, counted as Salesforce counts them. */
  apiCalls(): number
  /** Closes every connection; open transactions are lost. */
  close(): Promise<void>
}

/** Starts a simulated Salesforce org over HTTP, in this process. Throws ConnectorError if the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { port = 0, host = '127.0.0.1', seed = 1, clock = Date.now, commitDelayMs = 0 } = options
  const org = new Org(clock)
  const random = randomFrom(seed)
  loadSampleContacts(org, options.rows?.contact ?? 0, random)
  const sessions = new Sessions(org.orgId, clock)
  const usage = new ApiUsage(options.dailyApiRequestsMax ?? dailyApiRequestsDefault, clock)
  const cursors = new Cursors()
  const faults = new Faults(random)
  const client = makeOAuthClient(seed, options)
  const handle = makeHandle(org)
  const rest = new Rest(org, sessions, usage, cursors, commitDelayMs)
  const closing = new AbortController()
  const server = makeServer({ org, handle, faults, sessions, usage, rest, client }, closing.signal)
  const url = `http://${host === '0.0.0.0' ? '127.0.0.1' : host}:${await listen(server, port, host)}`
  return {
    url,
    tokenUrl: `${url}/services/oauth2/token`,
    controlUrl: `${url}/control`,
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    username: org.username(org.users.connector) ?? '',
    userId: org.users.connector,
    orgId: org.orgId,
    get privateKey() {
      return client.privateKey
    },
    org: handle,
    faults,
    cursors,
    get commitDelayMs() {
      return rest.commitDelayMs
    },
    set commitDelayMs(ms) {
      rest.commitDelayMs = ms
    },
    expireSessions: () => sessions.expireAll(),
    apiCalls: () => usage.total,
    close: async () => {
      closing.abort()
      const closed = new Promise(resolve => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}

/** What a client needs to sign in, as one JSON object. */
export function signInDetails(simulator: Simulator) {
  const { url, tokenUrl, controlUrl, clientId, clientSecret, username, userId, orgId, privateKey } = simulator
  const apiVersion = `${versions.last}.0`
  return {
    loginUrl: url,
    tokenUrl,
    controlUrl,
    apiVersion,
    clientId,
    clientSecret,
    username,
    userId,
    orgId,
    privateKey,
  }
}
