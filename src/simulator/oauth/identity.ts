import { instanceFor } from '../hosts.ts'
import type { Org } from '../org/org.ts'
import { type OAuthAnswer, type OAuthCall, oauthAnswer } from './call.ts'
import { userOfId } from './users.ts'

/** The identity URL of a user: it names org and user with 18 characters (salesforce-facts 1.2). */
export const identityUrl = (origin: string, org: Org, userId: string): string => `${origin}/id/${org.orgId}/${userId}`

/** `GET /id/<org>/<user>` and `/services/oauth2/userinfo`; a dead token, or one of another user, is answered in plain text (salesforce-facts 1.5). */
export function identity({ logins, origin, authorization, form }: OAuthCall, userId?: string): OAuthAnswer {
  const { org, sessions, settings } = logins
  const bearer = /^(?:bearer|oauth)\s+(\S+)$/i.exec(authorization)?.[1]
  const session = sessions.use(bearer ?? form.get('access_token') ?? form.get('oauth_token') ?? '')
  const user = session && userOfId(org, session.userId)
  if (!user || (userId !== undefined && userId !== user.id))
    return { status: 403, text: 'Bad_OAuth_Token', headers: { 'Content-Type': 'text/html;charset=UTF-8' } }
  const id = identityUrl(origin, org, user.id)
  const name = `${user.firstName} ${user.lastName}`.trim()
  const instance = instanceFor(origin, settings.instanceUrl)
  const data = `${instance}/services/data/v{version}/`
  return oauthAnswer({
    id,
    sub: id,
    asserted_user: true,
    user_id: user.id,
    organization_id: org.orgId,
    username: user.username,
    preferred_username: user.username,
    nick_name: user.username.split('@')[0],
    nickname: user.username.split('@')[0],
    display_name: name,
    name,
    first_name: user.firstName,
    given_name: user.firstName,
    last_name: user.lastName,
    family_name: user.lastName,
    email: user.email,
    email_verified: true,
    user_type: 'STANDARD',
    language: 'en_US',
    locale: 'en_US',
    utcOffset: 0,
    active: true,
    is_app_installed: true,
    urls: {
      enterprise: `${instance}/services/Soap/c/{version}/${org.orgId.slice(0, 15)}`,
      partner: `${instance}/services/Soap/u/{version}/${org.orgId.slice(0, 15)}`,
      rest: data,
      sobjects: `${data}sobjects/`,
      query: `${data}query/`,
      custom_domain: instance,
    },
  })
}

/** `POST /services/oauth2/introspect`: whether a token lives, which is no use of it; times are epoch seconds. */
export function introspect({ logins, client, origin, form }: OAuthCall): OAuthAnswer {
  const { org, sessions } = logins
  const given = form.get('token') ?? ''
  const session = sessions.peek(given)
  const held = session ?? sessions.grantOf(given)
  if (!held) return oauthAnswer({ active: false })
  const seconds = (ms: number) => Math.floor(ms / 1000)
  const openedAt = seconds(session?.openedAtMs ?? org.now())
  return oauthAnswer({
    active: true,
    scope: held.scope,
    client_id: client.clientId,
    username: userOfId(org, held.userId)?.username,
    sub: identityUrl(origin, org, held.userId),
    token_type: session ? 'access_token' : 'refresh_token',
    ...(session ? { exp: seconds(session.expiresAtMs), iat: openedAt, nbf: openedAt } : {}),
  })
}
