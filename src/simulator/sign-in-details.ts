import { versions } from './router.ts'
import type { Simulator } from './simulator.ts'

/** What a client needs to sign in, as one JSON object. */
export function signInDetails(simulator: Simulator) {
  const { url, tokenUrl, controlUrl, clientId, clientSecret, username, password, securityToken } = simulator
  const { refreshToken, userId, orgId, privateKey, proxyUrl } = simulator
  return {
    url,
    loginUrl: url,
    tokenUrl,
    controlUrl,
    apiVersion: `${versions.last}.0`,
    clientId,
    clientSecret,
    username,
    password,
    securityToken,
    refreshToken,
    userId,
    orgId,
    privateKey,
    ...(proxyUrl === undefined ? {} : { proxyUrl }),
  }
}
