import { connectSalesforce, type SalesforceEvents } from '../../src/salesforce/client.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'

// A client in a process of its own: Node reads NODE_EXTRA_CA_CERTS once, at its start. Prints what became of a create.
try {
  const events = new Proxy({}, { get: () => () => undefined }) as SalesforceEvents
  const auth = { flow: 'client_credentials', clientId: 'consumer', clientSecret: 'very-secret' } as const
  const settings = { loginUrl: process.argv[2]!, auth, apiVersion: '68.0', requestTimeoutMs: 3_000 }
  const client = await connectSalesforce(settings, events)
  const request = { method: 'POST', path: '/sobjects/Contact', body: {}, repeat: 'unsafe' } as const
  const { status } = await client.request(request)
  console.log(JSON.stringify({ status }))
  await client.close()
} catch (error) {
  if (!(error instanceof SalesforceError)) throw error
  const { code, executed, message, remedy } = error
  console.log(JSON.stringify({ code, executed, message, remedy }))
}
process.exit(0)
