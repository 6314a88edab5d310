import { createPrivateKey, type KeyObject, sign } from 'node:crypto'
import { SalesforceError } from './salesforce-error.ts'

/** How the connector signs in: OAuth 2.0 without a person (salesforce-facts 1.3). */
export type AuthSettings =
  | { readonly flow: 'client_credentials'; readonly clientId: string; readonly clientSecret: string }
  | {
      readonly flow: 'jwt_bearer'
      readonly clientId: string
      readonly username: string
      /** RSA, PEM. */
      readonly privateKey: string
      /** `aud` of the assertion; by default the origin of the login URL. */
      readonly audience?: string
    }
  | {
      readonly flow: 'refresh_token'
      readonly clientId: string
      /** Missing if the app does not ask for it. */
      readonly clientSecret?: string
      /** The token to begin with; its successors are in `tokenFile`. */
      readonly refreshToken: string
      readonly tokenFile: string
    }
  | {
      readonly flow: 'password'
      readonly clientId: string
      readonly clientSecret: string
      readonly username: string
      readonly password: string
      /** Appended to the password; missing where the address of the connector is trusted. */
      readonly securityToken?: string
    }

/** What a form depends on beside the settings. */
export interface Moment {
  /** Of the login URL. */
  readonly origin: string
  /** Salesforce's time, epoch ms, as well as it is known. */
  readonly nowMs: number
  /** The one in use, for the refresh flow. */
  readonly refreshToken?: string
}

/** Salesforce asks for at most three minutes (JWT bearer flow). */
const assertionLifeSeconds = 180

/** The form that asks the token endpoint for a session. Throws `config.invalid` for a key that is none. */
export function formOf(auth: AuthSettings, moment: Moment): Record<string, string> {
  switch (auth.flow) {
    case 'client_credentials':
      return { grant_type: 'client_credentials', client_id: auth.clientId, client_secret: auth.clientSecret }
    case 'jwt_bearer':
      return {
        grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
        assertion: assertionOf(auth, moment.origin, Math.floor(moment.nowMs / 1_000)),
      }
    case 'refresh_token':
      return {
        grant_type: 'refresh_token',
        client_id: auth.clientId,
        ...(auth.clientSecret !== undefined && { client_secret: auth.clientSecret }),
        refresh_token: moment.refreshToken ?? auth.refreshToken,
      }
    case 'password':
      return {
        grant_type: 'password',
        client_id: auth.clientId,
        client_secret: auth.clientSecret,
        username: auth.username,
        password: `${auth.password}${auth.securityToken ?? ''}`,
      }
  }
}

function assertionOf(auth: AuthSettings & { flow: 'jwt_bearer' }, origin: string, nowSeconds: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = {
    iss: auth.clientId,
    sub: auth.username,
    aud: auth.audience ?? origin,
    exp: nowSeconds + assertionLifeSeconds,
  }
  const unsigned = `${part({ alg: 'RS256' })}.${part(claims)}`
  return `${unsigned}.${sign('RSA-SHA256', Buffer.from(unsigned), rsaKey(auth.privateKey)).toString('base64url')}`
}

function rsaKey(pem: string): KeyObject {
  try {
    const key = createPrivateKey(pem)
    if (key.asymmetricKeyType === 'rsa') return key
  } catch {
    // Said below: the parser's own words could quote the key.
  }
  throw new SalesforceError({
    code: 'config.invalid',
    message: 'salesforce.auth.private_key is not an RSA private key in PEM form',
    remedy: 'Give the private key that belongs to the certificate uploaded to the app, without a passphrase.',
    executed: 'no',
    retryable: false,
  })
}
