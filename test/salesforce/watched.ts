import { connect, json, type Received, type Respond, signedIn, startCanned } from './canned-server.ts'

/** A client, and all that its server received after the sign-in. */
export async function watched(respond: Respond) {
  const server = await startCanned(signedIn(respond))
  const salesforce = await connect(server.url)
  const before = server.received.length
  return { salesforce, url: server.url, received: (): readonly Received[] => server.received.slice(before) }
}
/** Error array with these codes. */
export const codes = (response: Parameters<Respond>[1], status: number, ...names: readonly string[]): void =>
  json(
    response,
    status,
    names.map(errorCode => ({ errorCode, message: `about ${errorCode}` })),
  )
