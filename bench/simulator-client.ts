import { gunzipSync } from 'node:zlib'
import { Agent } from 'undici'
import type { SignIn } from './scene.ts'

/** A signed-in client of the simulated org that does as little as it can: what is measured is the org. */
export interface OrgClient extends AsyncDisposable {
  /** The body's text; rejects unless the status is 2xx. */
  send(method: 'GET' | 'POST' | 'PATCH', path: string, body?: string): Promise<string>
  /** `/services/data/vXX.X` */
  readonly root: string
}

/** Signs in; `gzip` asks for packed answers, as most clients do. */
export async function signInTo(details: SignIn, gzip: boolean): Promise<OrgClient> {
  const agent = new Agent({ connections: 16 })
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: details.clientId,
    client_secret: details.clientSecret,
  })
  const answer = await fetch(details.tokenUrl, { method: 'POST', body: form })
  const { access_token: token } = (await answer.json()) as { access_token: string }
  const headers = {
    authorization: `Bearer ${token}`,
    'content-type': 'application/json',
    'accept-encoding': gzip ? 'gzip' : 'identity',
  }
  return {
    root: `/services/data/v${details.apiVersion}`,
    send: async (method, path, body) => {
      const {
        statusCode,
        headers: answered,
        body: stream,
      } = await agent.request({
        origin: details.loginUrl,
        path,
        method,
        headers,
        ...(body === undefined ? {} : { body }),
      })
      const received = Buffer.from(await stream.arrayBuffer())
      const bytes = answered['content-encoding'] === 'gzip' ? gunzipSync(received) : received
      if (statusCode >= 300) throw new Error(`${method} ${path}: ${statusCode} ${bytes.toString().slice(0, 500)}`)
      return bytes.toString('latin1')
    },
    [Symbol.asyncDispose]: () => agent.close(),
  }
}
