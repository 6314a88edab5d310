import { ApiUsage } from './api-usage.ts'
import { HeldTransactions } from './control/held-transactions.ts'
import { Faults } from './faults.ts'
import { salesforceHosts } from './hosts.ts'
import { LongRequests } from './long-requests.ts'
import { Codes } from './oauth/authorize.ts'
import { Logins } from './oauth/login.ts'
import { makeOAuthClient } from './oauth-client.ts'
import { makeHandle, type OrgHandle } from './org/handle.ts'
import { Org } from './org/org.ts'
import { loadSamples } from './org/samples.ts'
import { makeProxy } from './proxy.ts'
import { randomFrom } from './random.ts'
import { Rest } from './rest.ts'
import { secretsFrom } from './secrets.ts'
import { closeServer, listen, makeServer } from './server.ts'
import { Sessions } from './sessions.ts'
import {
  type LimitSettings,
  makeLimitSettings,
  makeSignInSettings,
  type Settings,
  type SignInSettings,
} from './settings.ts'
import { Cursors } from './soql/cursors.ts'
import { makeCertificate } from './tls.ts'

/** How the simulated org starts. Times are milliseconds. */
export interface SimulatorOptions {
  /** 0, the default, takes any free port. */
  readonly port?: number
  readonly host?: string
  /** Decides sample rows, credentials, tokens and faults by probability. */
  readonly seed?: number
  /** Orgs of different numbers have different ids; 1 unless given. */
  readonly orgNumber?: number
  /** Numbers of sample rows to start with, by object: `{ contact: 1000 }`. */
  readonly rows?: Readonly<Record<string, number>>
  /** The org's clock, epoch milliseconds; the machine's unless given. */
  readonly clock?: () => number
  /** How long rows written over HTTP stay unseen after they were stamped (salesforce-facts 3.6). */
  readonly commitDelayMs?: number
  readonly dailyApiRequestsMax?: number
  readonly clientId?: string
  readonly clientSecret?: string
  /** HTTPS instead of HTTP, with a certificate for localhost, 127.0.0.1 and these names. */
  readonly tls?: { readonly names: readonly string[] }
  /** A CONNECT proxy, which needs `tls`, and a certificate for Salesforce's hosts too. */
  readonly proxy?: boolean
}

/** A running simulated org. */
export interface Simulator {
  /** Login URL, and instance URL unless a setting says otherwise. */
  readonly url: string
  readonly tokenUrl: string
  readonly controlUrl: string
  readonly clientId: string
  readonly clientSecret: string
  /** The connector's user. */
  readonly username: string
  /** The password of every user, and what stands behind it when a security token is needed. */
  readonly password: string
  readonly securityToken: string
  /** A refresh token of the connector's user. */
  readonly refreshToken: string
  readonly userId: string
  readonly orgId: string
  /** PEM of the key whose certificate the app holds, for the JWT flow. */
  readonly privateKey: string
  /** PEM of the CA that signed the server's certificate; undefined without TLS. */
  readonly ca: string | undefined
  readonly proxyUrl: string | undefined
  /** Rows and writes by another user than the connector's. */
  readonly org: OrgHandle
  readonly faults: Faults
  /** How clients sign in, and what they may use. */
  readonly signIn: Settings<SignInSettings>
  readonly limits: Settings<LimitSettings>
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

/** Faults draw from a stream of their own, so that they do not depend on the sample rows. */
const faultSeed = 0x5eed_fa17
const localNames = ['localhost', '127.0.0.1', '::1']

/** Starts a simulated Salesforce org over HTTP, in this process. Throws ConnectorError if the port is taken. */
export async function startSimulator(options: SimulatorOptions = {}): Promise<Simulator> {
  const { seed = 1, clock = Date.now, commitDelayMs = 0 } = options
  const org = new Org(clock, seed, options.orgNumber)
  loadSamples(org, options.rows ?? {}, randomFrom(seed))
  const [signIn, limits] = [makeSignInSettings(), makeLimitSettings()]
  if (options.dailyApiRequestsMax !== undefined) limits.set({ apiRequestsMax: options.dailyApiRequestsMax })
  const secret = secretsFrom(seed)
  const sessions = new Sessions(org, signIn.now, secret)
  const logins = new Logins(org, sessions, signIn.now, secret)
  const usage = new ApiUsage(limits.now, org.now)
  const longRequests = new LongRequests(limits.now, org.now)
  const cursors = new Cursors(org, seed)
  const faults = new Faults(randomFrom(seed ^ faultSeed))
  const client = makeOAuthClient(seed, options)
  const handle = makeHandle(org)
  const rest = new Rest(org, sessions, usage, cursors, commitDelayMs)
  const codes = new Codes(org.now, secret)
  const held = new HeldTransactions()
  const served = {
    org,
    handle,
    held,
    faults,
    sessions,
    usage,
    rest,
    client,
    logins,
    longRequests,
    codes,
    signIn,
    limits,
  }
  const refreshToken = sessions.grant(org.users.connector)
  const open = await openToNetwork(served, options)
  return {
    ...open,
    tokenUrl: `${open.url}/services/oauth2/token`,
    controlUrl: `${open.url}/control`,
    clientId: client.clientId,
    clientSecret: client.clientSecret,
    username: org.username(org.users.connector) ?? '',
    password: logins.password,
    securityToken: logins.securityToken,
    refreshToken,
    userId: org.users.connector,
    orgId: org.orgId,
    get privateKey() {
      return client.privateKey
    },
    org: handle,
    faults,
    signIn,
    limits,
    cursors,
    get commitDelayMs() {
      return rest.commitDelayMs
    },
    set commitDelayMs(ms) {
      rest.commitDelayMs = ms
    },
    expireSessions: () => sessions.expireAll(),
    apiCalls: () => usage.total,
  }
}

/** Listens with the org's server and, if asked, the proxy. */
async function openToNetwork(served: Parameters<typeof makeServer>[0], options: SimulatorOptions) {
  const { port = 0, host = '127.0.0.1', tls, proxy: hasProxy = false } = options
  const names = [...localNames, ...(tls?.names ?? []), ...(hasProxy ? salesforceHosts : [])]
  const certificate = tls && (await makeCertificate(names))
  const closing = new AbortController()
  const server = makeServer(served, closing.signal, certificate)
  const orgPort = await listen(server, port, host)
  const proxy = certificate && hasProxy ? makeProxy(server, names, orgPort) : undefined
  const here = host === '0.0.0.0' ? '127.0.0.1' : host
  const proxyUrl = proxy && `http://${here}:${await listen(proxy.server, 0, host)}`
  return {
    url: `${tls ? 'https' : 'http'}://${here}:${orgPort}`,
    ca: certificate?.ca,
    proxyUrl,
    close: async () => {
      closing.abort()
      served.org.automation.stop()
      await Promise.all([closeServer(server), proxy?.close()])
    },
  }
}
