/** Where the demo's parts run. */
export interface DemoPlaces {
  /** Of topics and of the connector; one of its own where the broker outlives the demo. */
  readonly name: string
  readonly brokers: readonly string[]
  readonly registryUrl: string
  readonly loginUrl: string
  readonly clientId: string
  readonly clientSecret: string
}

/** The demo's config as a file, so that `send` and `tail` work beside it. Its secret opens the simulated org only. */
export const demoConfig = (places: DemoPlaces): string => `# Written by the demo; gone when it ends.
connector: ${places.name}
environment: demo
salesforce:
  login_url: ${places.loginUrl}
  auth:
    flow: client_credentials
    client_id: ${places.clientId}
    client_secret: ${places.clientSecret}
  request_timeout_ms: 10000
kafka:
  brokers: [${places.brokers.map(broker => `"${broker}"`).join(', ')}]
  topic_prefix: ${places.name}
  replication_factor: 1
  session_timeout_ms: 15000
  heartbeat_interval_ms: 1000
  transaction_timeout_ms: 10000
  rebalance_timeout_ms: 30000
registry:
  url: ${places.registryUrl}
source:
  interval_ms: 500
  start: ${new Date().toISOString()}
sink:
  objects: [Contact, Lead, Task, Opportunity, Account, Campaign, Product2, Order, User]
http: { host: 127.0.0.1, port: 0 }
`
