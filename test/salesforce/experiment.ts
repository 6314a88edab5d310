import { expect } from 'vitest'
import type { Salesforce } from '../../src/salesforce/client.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { connect, type Respond, sendFirst, signedIn, startCanned } from './canned-server.ts'

/** What the request fails with. */
export async function failureOf(work: Promise<unknown>): Promise<SalesforceError> {
  const error = await work.then(
    () => undefined,
    cause => cause,
  )
  expect(error).toBeInstanceOf(SalesforceError)
  return error as SalesforceError
}

export const create = (salesforce: Salesforce, changes: object = {}): Promise<unknown> =>
  salesforce.request({
    method: 'POST',
    path: '/sobjects/Contact',
    body: { LastName: 'x' },
    repeat: 'unsafe',
    ...changes,
  })
export const read = (salesforce: Salesforce, changes: object = {}): Promise<unknown> =>
  salesforce.request({ method: 'GET', path: '/sobjects/Contact/x', repeat: 'safe', ...changes })

/** A client whose next requests are answered by `respond`, and what arrived of them. */
export async function against(respond: Respond): Promise<{ salesforce: Salesforce; arrived: () => number }> {
  const server = await startCanned(signedIn(respond))
  const salesforce = await connect(server.url)
  await sendFirst(salesforce)
  const arrived = (): number => server.received.filter(({ path }) => path.includes('/sobjects/')).length
  return { salesforce, arrived }
}
