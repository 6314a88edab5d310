import { afterAll, beforeAll } from 'vitest'
import { type Simulator, type SimulatorOptions, startSimulator } from '../../src/simulator/simulator.ts'

export interface Got {
  readonly status: number
  readonly headers: Headers
  /** The parsed JSON; undefined for an empty body, the text if it is not JSON. */
  readonly body: unknown
}

export interface RestClient {
  readonly simulator: Simulator
  /** The header's value, for requests that are made without this client. */
  authorization(): string
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Got>
  /** `path` below `/services/data/v68.0`. */
  get(path: string, headers?: Record<string, string>): Promise<Got>
  post(path: string, body?: unknown): Promise<Got>
  patch(path: string, body?: unknown): Promise<Got>
  delete(path: string): Promise<Got>
  /** The rows of a query's first page. */
  soql(soql: string, resource?: 'query' | 'queryAll', headers?: Record<string, string>): Promise<Got>
}

export const root = '/services/data/v68.0'

async function read(response: Response): Promise<Got> {
  const text = await response.text()
  const isJson = response.headers.get('content-type')?.startsWith('application/json') && text !== ''
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text || undefined }
}

export function postForm(
  url: string,
  form: Record<string, string>,
  headers: Record<string, string> = {},
): Promise<Got> {
  return fetch(url, { method: 'POST', body: new URLSearchParams(form), headers }).then(read)
}

/** A signed-in client that repeats nothing and follows nothing. */
export async function signIn(simulator: Simulator): Promise<RestClient> {
  const { clientId: client_id, clientSecret: client_secret } = simulator
  const token = await postForm(simulator.tokenUrl, { grant_type: 'client_credentials', client_id, client_secret })
  const { access_token } = token.body as { access_token: string }
  const send = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
    const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' }
    const init = {
      method,
      headers: { authorization: `Bearer ${access_token}`, ...type, ...headers },
      redirect: 'manual',
    } as const
    const text = typeof body === 'string' ? body : JSON.stringify(body)
    return read(await fetch(simulator.url + path, body === undefined ? init : { ...init, body: text }))
  }
  return {
    simulator,
    authorization: () => `Bearer ${access_token}`,
    send,
    get: (path, headers) => send('GET', root + path, undefined, headers),
    post: (path, body) => send('POST', root + path, body),
    patch: (path, body) => send('PATCH', root + path, body),
    delete: path => send('DELETE', root + path),
    soql: (soql, resource = 'query', headers) =>
      send('GET', `${root}/${resource}?q=${encodeURIComponent(soql)}`, undefined, headers),
  }
}

/** A simulator and a client for all tests of a file; the returned object is filled before the first test. */
export function useSimulator(options: SimulatorOptions = {}): RestClient {
  const held = {} as RestClient
  beforeAll(async () => {
    Object.assign(held, await signIn(await startSimulator(options)))
  })
  afterAll(() => held.simulator.close())
  return held
}

/** Creates a contact over REST and returns its id. */
export async function createContact(client: RestClient, fields: Record<string, unknown> = {}): Promise<string> {
  const { body } = await client.post('/sobjects/Contact', { LastName: 'Okafor', ...fields })
  return (body as { id: string }).id
}

/** The records of a query's answer. */
export const recordsOf = (got: Got): Record<string, unknown>[] =>
  (got.body as { records: Record<string, unknown>[] }).records

/** Runs a command of the control endpoint. */
export async function control({ simulator }: RestClient, command: string, body: object): Promise<void> {
  const answer = await fetch(`${simulator.controlUrl}/${command}`, { method: 'POST', body: JSON.stringify(body) })
  if (!answer.ok) throw new Error(await answer.text())
}
