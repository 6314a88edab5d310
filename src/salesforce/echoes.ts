import { createMask } from '../telemetry/mask.ts'
import type { HttpRequest } from './http.ts'

/** Form fields of a sign-in that protect nothing (salesforce-facts 1.3). */
const openFields: ReadonlySet<string> = new Set(['grant_type', 'client_id', 'username', 'format', 'redirect_uri'])

/**
 * Returns a function that masks, in an error's text, the secrets its request carried: the token of the Authorization
 * header and the secret fields of a form. Gateways and error pages are known to quote the request.
 */
export function withoutEchoes(request: Pick<HttpRequest, 'headers' | 'body'>): (text: string) => string {
  return createMask([...ofAuthorization(request.headers.authorization), ...ofForm(request)])
}

function ofAuthorization(header: string | undefined): string[] {
  const [scheme = '', token = ''] = (header ?? '').split(' ', 2)
  if (!/^basic$/i.test(scheme)) return [token]
  const decoded = Buffer.from(token, 'base64').toString()
  return [token, decoded, decoded.slice(decoded.indexOf(':') + 1)]
}

function ofForm({ headers, body }: Pick<HttpRequest, 'headers' | 'body'>): string[] {
  if (!headers['content-type']?.startsWith('application/x-www-form-urlencoded')) return []
  return [...new URLSearchParams(body)].flatMap(([name, value]) => (openFields.has(name) ? [] : [value]))
}
