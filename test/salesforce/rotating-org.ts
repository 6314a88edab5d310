import { randomBytes } from 'node:crypto'
import { json, orgId, type Respond, userId } from './canned-server.ts'

/** A token endpoint with Refresh Token Rotation: each use replaces the token, and a second use of one revokes all. */
export interface RotatingOrg {
  readonly respond: Respond
  /** The only refresh token that is valid now. */
  readonly valid: () => string
  readonly uses: () => readonly string[]
  /** Whether a token was used that had been replaced. */
  readonly reused: () => boolean
}

/** As Salesforce does with "Enable Refresh Token Rotation"; with `rotates` false the token stays. */
export function rotatingOrg(first: string, rotates = true): RotatingOrg {
  let valid = first
  let reused = false
  const uses: string[] = []
  const respond: Respond = (request, response) => {
    const host = `http://${request.headers.host}`
    if (request.path === '/services/data/') return json(response, 200, [{ version: '68.0' }])
    if (request.path !== '/services/oauth2/token') return json(response, 200, {})
    const given = new URLSearchParams(request.body).get('refresh_token') ?? ''
    uses.push(given)
    if (reused || given !== valid) {
      reused = true
      return json(response, 400, { error: 'invalid_grant', error_description: 'expired access/refresh token' })
    }
    if (rotates) valid = `5Aep861${randomBytes(24).toString('base64url')}`
    json(response, 200, {
      access_token: `${orgId.slice(0, 15)}!${randomBytes(8).toString('hex')}`,
      instance_url: host,
      id: `${host}/id/${orgId}/${userId}`,
      token_type: 'Bearer',
      ...(rotates && { refresh_token: valid }),
    })
  }
  return { respond, valid: () => valid, uses: () => uses, reused: () => reused }
}
