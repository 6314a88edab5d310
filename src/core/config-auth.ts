import { z } from 'zod'
import { doc, secret, section, text } from './config-section.ts'

/** Names for the two login hosts that every org shares (salesforce-facts 1.1). */
const loginHosts: Readonly<Record<string, string>> = {
  production: 'https://login.salesforce.com',
  sandbox: 'https://test.salesforce.com',
}

/** `production`, `sandbox`, or a URL, as code sees it: without a slash at its end. */
export const loginUrl = z
  .string()
  .refine(
    value => Object.hasOwn(loginHosts, value) || isHttpUrl(value),
    'production, sandbox, or a URL that starts with https:// or http://, without user, query or fragment',
  )
  .transform(value => (Object.hasOwn(loginHosts, value) ? loginHosts[value]! : value.replace(/\/+$/, '')))
  .meta(
    doc(
      'Where to sign in: the My Domain URL of the org (of a sandbox too), any other login URL, or production or sandbox for ' +
        'https://login.salesforce.com and https://test.salesforce.com.',
    ),
  )

/** A URL of http or https with no more than host, port and path. */
export function isHttpUrl(value: string): boolean {
  if (!URL.canParse(value)) return false
  const { protocol, username, password, search, hash } = new URL(value)
  return /^https?:$/.test(protocol) && username + password + search + hash === ''
}

const clientId = text().meta(doc('Consumer key of the app: an External Client App, or a connected app of before.'))
const clientSecret = secret('Consumer secret of the app. refresh_token: only if the app asks for it.')
const username = text().meta(
  doc('jwt_bearer, password: the user the connector acts as; jwt_bearer: pre-authorised for the app.'),
)

/** How the connector signs in: one of four OAuth 2.0 flows (salesforce-facts 1.3). */
export const auth = z
  .discriminatedUnion('flow', [
    section({ flow: z.literal('client_credentials'), client_id: clientId, client_secret: clientSecret }),
    section({
      flow: z.literal('jwt_bearer'),
      client_id: clientId,
      username,
      private_key: secret('jwt_bearer: RSA private key in PEM form whose certificate was uploaded to the app.'),
      audience: text()
        .exactOptional()
        .meta(doc('jwt_bearer: `aud` of the assertion; by default derived from `login_url`.')),
    }),
    section({
      flow: z.literal('refresh_token'),
      client_id: clientId,
      client_secret: clientSecret.exactOptional(),
      refresh_token: secret(
        'refresh_token: the token that authorizing the app gave. Its successors are in `token_file`; a new one here takes ' +
          'their place.',
      ),
      token_file: text().meta(
        doc(
          'refresh_token: file in which the connector keeps the token that is valid now, mode 0600; relative to the config ' +
            'file. Its directory must be writable and outlive the process. Connectors that share the token share the file.',
        ),
      ),
    }),
    section({
      flow: z.literal('password'),
      client_id: clientId,
      client_secret: clientSecret,
      username,
      password: secret('password: of the user. New orgs refuse this flow and Salesforce is going to remove it.'),
      security_token: secret(
        'password: security token of the user, unless the address of the connector is trusted.',
      ).exactOptional(),
    }),
  ])
  .meta(doc('How the connector signs in (OAuth 2.0 flow).'))

/** Why these two cannot work together, or undefined: told before any call. */
export function loginProblem(url: string, flow: string): string | undefined {
  const { hostname } = new URL(url)
  if (/\.lightning\.force\.com$|\.salesforce-setup\.com$/.test(hostname))
    return 'this is the address of the user interface; expected the URL of Setup > My Domain, as https://acme.my.salesforce.com'
  if (flow === 'client_credentials' && /^(login|test)\.salesforce\.com$/.test(hostname))
    return 'client_credentials works at the My Domain URL of the org only (Setup > My Domain), as https://acme.my.salesforce.com'
  return undefined
}
