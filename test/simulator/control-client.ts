import type { Got, RestClient } from './rest-client.ts'

/** Runs a command of the control endpoint; its body is what the endpoint answered. */
export const command = (client: RestClient, name: string, body: unknown = {}): Promise<Got> =>
  client.send('POST', `/control/${name}`, body)

/** The errors of a refused REST request. */
export const errorsOf = (got: Got) =>
  got.body as { errorCode: string; message: string; fields?: string[]; duplicateResut?: unknown }[]

/** The first error's code; undefined if the request was not refused. */
export const codeOf = (got: Got): string | undefined => (got.status < 400 ? undefined : errorsOf(got)[0]?.errorCode)
