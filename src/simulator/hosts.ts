/** Login hosts of Salesforce and the My Domain host to which each sends a client that signed in (salesforce-facts 1.1). */
const myDomains: ReadonlyMap<string, string> = new Map([
  ['login.salesforce.com', 'https://simulated.my.salesforce.com'],
  ['test.salesforce.com', 'https://simulated--test.sandbox.my.salesforce.com'],
])

/** The hosts of Salesforce for which the org stands; `*.` is one label, as in certificates. */
export const salesforceHosts: readonly string[] = [
  ...myDomains.keys(),
  '*.my.salesforce.com',
  ...['sandbox', 'develop', 'scratch', 'demo', 'free', 'patch', 'stage', 'trailblaze'].map(
    part => `*.${part}.my.salesforce.com`,
  ),
]

/** Whether one of the names, maybe with `*.` for one label, is the host's. */
export const isNamed = (host: string, names: readonly string[]): boolean =>
  names.some(name => {
    const lower = name.toLowerCase()
    return (
      lower === host.toLowerCase() ||
      (lower.startsWith('*.') && lower.slice(1) === host.toLowerCase().replace(/^[^.]*/, ''))
    )
  })

/** `https://login.salesforce.com` or `https://test.salesforce.com`: sign-in only, no API and no client credentials. */
export const isLoginOrigin = (origin: string): boolean => myDomains.has(hostOf(origin))

/** Audiences a JWT assertion may name wherever it is sent: both login URLs and the My Domains behind them (salesforce-facts 1.3). */
export const audiences: ReadonlySet<string> = new Set([
  ...[...myDomains.keys()].map(host => `https://${host}`),
  ...myDomains.values(),
])

/** Where a client that signs in at `origin` is sent; `instanceUrl` is the setting. */
export const instanceFor = (origin: string, instanceUrl: string): string =>
  instanceUrl || (myDomains.get(hostOf(origin)) ?? origin)

const hostOf = (origin: string): string =>
  origin
    .replace(/^https?:\/\//, '')
    .replace(/:443$/, '')
    .toLowerCase()
