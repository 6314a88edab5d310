import { createHmac } from 'node:crypto'
import { instanceFor, isLoginOrigin } from '../hosts.ts'
import type { Grant } from '../sessions.ts'
import { assertedUser } from './assertion.ts'
import { type OAuthAnswer, type OAuthCall, oauthAnswer } from './call.ts'
import { identityUrl } from './identity.ts'
import { OAuthRefusal } from './login.ts'
import { type OrgUser, userNamed, userOfId } from './users.ts'

const grants: Readonly<Record<string, (call: OAuthCall) => OAuthAnswer>> = {
  client_credentials: clientCredentials,
  'urn:ietf:params:oauth:grant-type:jwt-bearer': jwtBearer,
  refresh_token: refresh,
  password,
  authorization_code: authorizationCode,
}

/** `POST /services/oauth2/token` (salesforce-facts 1.2 to 1.4). */
export function token(call: OAuthCall): OAuthAnswer {
  try {
    const grant = grants[needed(call, 'grant_type')]
    if (!grant) throw new OAuthRefusal('unsupported_grant_type', 'grant type not supported')
    return grant(call)
  } catch (error) {
    if (!(error instanceof OAuthRefusal)) throw error
    return oauthAnswer({ error: error.error, error_description: error.message }, 400)
  }
}

function jwtBearer(call: OAuthCall): OAuthAnswer {
  const assertion = needed(call, 'assertion')
  const user = assertedUser(call, assertion)
  call.logins.checkApp()
  const { access_token, scope, instance_url, id, token_type } = signedIn(call, user)
  return oauthAnswer({ access_token, scope, instance_url, id, token_type })
}

function clientCredentials(call: OAuthCall): OAuthAnswer {
  const { logins, origin } = call
  checkClient(call, true)
  if (isLoginOrigin(origin)) throw new OAuthRefusal('invalid_grant', 'request not supported on this domain')
  logins.checkApp()
  const user = logins.settings.clientCredentialsUser && userOfId(logins.org, logins.org.users.connector)
  if (!user) throw new OAuthRefusal('invalid_grant', 'no client credentials user enabled')
  const body = signedIn(call, user)
  return oauthAnswer({ ...body, api_instance_url: body.instance_url })
}

function password(call: OAuthCall): OAuthAnswer {
  const { logins } = call
  checkClient(call, true)
  const [username, secret] = [needed(call, 'username'), needed(call, 'password')]
  logins.checkApp()
  const user = userNamed(logins.org, username)
  const refused = new OAuthRefusal('invalid_grant', 'authentication failure')
  if (!user || !logins.settings.passwordFlow || logins.settings.ipRestricted || !logins.isPassword(secret))
    throw refused
  return oauthAnswer(signedIn(call, user))
}

function refresh(call: OAuthCall): OAuthAnswer {
  const { logins } = call
  checkClient(call, false)
  const refreshToken = needed(call, 'refresh_token')
  logins.checkApp()
  const redeemed = logins.sessions.redeem(refreshToken)
  const user = redeemed && userOfId(logins.org, redeemed.grant.userId)
  if (!user) throw new OAuthRefusal('invalid_grant', 'expired access/refresh token')
  const { grant, next } = redeemed
  return oauthAnswer({ ...signedIn(call, user, grant), ...(next === undefined ? {} : { refresh_token: next }) })
}

function authorizationCode(call: OAuthCall): OAuthAnswer {
  const { logins, codes } = call
  checkClient(call, false)
  const code = needed(call, 'code')
  const redirectUri = needed(call, 'redirect_uri')
  logins.checkApp()
  const userId = codes.redeem(code, redirectUri, call.form.get('code_verifier') ?? '')
  const user = userId && userOfId(logins.org, userId)
  if (!user) throw new OAuthRefusal('invalid_grant', 'invalid authorization code')
  const refreshToken = logins.sessions.grant(user.id)
  const grant = logins.sessions.grantOf(refreshToken)
  return oauthAnswer({ ...signedIn(call, user, grant), refresh_token: refreshToken })
}

/** Opens the session; the fields that every flow's answer has. Throws OAuthRefusal if the user is not let in. */
function signedIn(call: OAuthCall, user: OrgUser, grant?: Grant) {
  const { logins, client, origin } = call
  logins.admit(user)
  const id = identityUrl(origin, logins.org, user.id)
  const issuedAt = String(logins.org.now())
  const signature = createHmac('sha256', client.clientSecret)
    .update(id + issuedAt)
    .digest('base64')
  const scope = grant?.scope ?? logins.settings.scope
  return {
    access_token: logins.sessions.open(user.id, scope, grant),
    signature,
    scope,
    instance_url: instanceFor(origin, logins.settings.instanceUrl),
    id,
    token_type: 'Bearer',
    issued_at: issuedAt,
  }
}

function needed({ form }: OAuthCall, name: string): string {
  const value = form.get(name)
  if (!value) throw new OAuthRefusal('invalid_request', `missing required parameter: ${name}`)
  return value
}

/** Checks consumer key and secret, from the form or HTTP Basic. Throws OAuthRefusal. */
export function checkClient(call: OAuthCall, isSecretNeeded: boolean): void {
  const { clientId, clientSecret } = givenCredentials(call)
  if (!clientId) throw new OAuthRefusal('invalid_request', 'missing required parameter: client_id')
  if (clientId !== call.client.clientId) throw new OAuthRefusal('invalid_client_id', 'client identifier invalid')
  if (!clientSecret && !isSecretNeeded) return
  if (clientSecret !== call.client.clientSecret) throw new OAuthRefusal('invalid_client', 'invalid client credentials')
}

function givenCredentials({ form, authorization }: OAuthCall): { clientId: string; clientSecret: string } {
  const basic = /^Basic (.+)$/i.exec(authorization)?.[1]
  if (basic === undefined)
    return { clientId: form.get('client_id') ?? '', clientSecret: form.get('client_secret') ?? '' }
  const [clientId = '', ...rest] = Buffer.from(basic, 'base64').toString('utf8').split(':')
  return { clientId, clientSecret: rest.join(':') }
}
