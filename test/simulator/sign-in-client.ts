import { sign } from 'node:crypto'
import type { Simulator } from '../../src/simulator/simulator.ts'
import type { Got } from './rest-client.ts'

const base64url = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** A signed assertion of the simulator's own app and user, but for the claims given; `exp` in three minutes. */
export function assertionFor(
  simulator: Simulator,
  claims: Record<string, unknown> = {},
  key = simulator.privateKey,
  alg = 'RS256',
): string {
  const { clientId, username, url } = simulator
  const exp = Math.floor(Date.now() / 1000) + 180
  const signed = `${base64url({ alg })}.${base64url({ iss: clientId, sub: username, aud: url, exp, ...claims })}`
  return `${signed}.${sign('RSA-SHA256', Buffer.from(signed), key).toString('base64url')}`
}

/** The token endpoint's answer. */
export const tokensOf = (got: Got): Readonly<Partial<Record<string, string>>> => got.body as Record<string, string>

/** One call of the control endpoint. */
export async function control(
  simulator: Simulator,
  method: 'GET' | 'POST' | 'DELETE',
  what: string,
  body?: unknown,
): Promise<Pick<Got, 'status' | 'body'>> {
  const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
  const response = await fetch(`${simulator.controlUrl}/${what}`, init)
  return { status: response.status, body: await response.json() }
}

/** The app’s id and secret, as a form has them. */
export const app = ({ clientId, clientSecret }: Simulator) => ({ client_id: clientId, client_secret: clientSecret })

/** The form of each flow, by its name. */
export const flows: Record<string, (simulator: Simulator) => Record<string, string>> = {
  jwt: simulator => ({
    grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
    assertion: assertionFor(simulator),
  }),
  'client credentials': simulator => ({ grant_type: 'client_credentials', ...app(simulator) }),
  refresh: simulator => ({ grant_type: 'refresh_token', refresh_token: simulator.refreshToken, ...app(simulator) }),
  password: simulator => ({
    grant_type: 'password',
    ...app(simulator),
    username: simulator.username,
    password: simulator.password + simulator.securityToken,
  }),
}
