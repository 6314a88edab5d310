import { createHash, generateKeyPairSync, type KeyObject } from 'node:crypto'

/** The app that clients sign in with: consumer key and secret, and the key pair of its certificate. */
export interface OAuthClient {
  readonly clientId: string
  readonly clientSecret: string
  /** PEM; made when first asked for, which takes a moment. */
  readonly privateKey: string
  readonly publicKey: KeyObject
}

const digest = (text: string): string => createHash('sha256').update(text).digest('base64url')

/** An app whose id and secret follow from the seed, so that a config can be written before the start. */
export function makeOAuthClient(
  seed: number,
  given: { clientId?: string | undefined; clientSecret?: string | undefined },
): OAuthClient {
  let pair: { privateKey: string; publicKey: KeyObject } | undefined
  const keys = () => {
    if (!pair) {
      const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
      pair = { privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), publicKey }
    }
    return pair
  }
  return {
    clientId:
      given.clientId ?? `3MVG9${digest(`client id ${seed}`)}${digest(`client id, continued ${seed}`).slice(0, 37)}`,
    clientSecret: given.clientSecret ?? digest(`client secret ${seed}`).toUpperCase(),
    get privateKey() {
      return keys().privateKey
    },
    get publicKey() {
      return keys().publicKey
    },
  }
}
