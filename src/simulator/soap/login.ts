import { instanceFor } from '../hosts.ts'
import { type Logins, OAuthRefusal } from '../oauth/login.ts'
import { userNamed, userOfId } from '../oauth/users.ts'
import type { Org } from '../org/org.ts'
import { SoapFault } from './envelope.ts'
import { type Content, type Element, textOf } from './xml.ts'

const sessionSeconds = (logins: Logins): number => Math.floor(logins.settings.sessionTimeoutMs / 1000)

/** `login(username, password + security token)`; the app plays no part in it. Throws SoapFault. */
export function login(logins: Logins, origin: string, version: number, message: Element): Content {
  const { org, sessions, settings } = logins
  const user = userNamed(org, textOf(message, 'username'))
  const password = textOf(message, 'password')
  const refuse = (code: string, text: string) => new SoapFault(code, text, 'LoginFault')
  const failed = 'Invalid username, password, security token; or user locked out.'
  if (settings.api === 'disabledForOrg' || settings.api === 'disabledForUser')
    throw refuse('API_DISABLED_FOR_ORG', 'API is not enabled for this Organization or Partner')
  if (user && settings.securityTokenNeeded && password === logins.password)
    throw refuse('LOGIN_MUST_USE_SECURITY_TOKEN', `${failed} Add the security token to the end of the password.`)
  if (!user?.isActive || !logins.isPassword(password)) throw refuse('INVALID_LOGIN', failed)
  if (!settings.orgActive) throw refuse('ORG_LOCKED', 'organization is locked')
  try {
    logins.admit(user)
  } catch (error) {
    if (!(error instanceof OAuthRefusal)) throw error
    throw error.message === 'ip restricted'
      ? refuse('LOGIN_DURING_RESTRICTED_DOMAIN', 'cannot log in from current IP address')
      : refuse('LOGIN_RATE_EXCEEDED', 'login rate exceeded')
  }
  const instance = instanceFor(origin, settings.instanceUrl)
  const place = (kind: string) => `${instance}/services/Soap/${kind}/${version}.0/${org.orgId.slice(0, 15)}`
  return {
    metadataServerUrl: place('m'),
    passwordExpired: false,
    sandbox: false,
    serverUrl: place('u'),
    sessionId: sessions.open(user.id, 'api'),
    userId: user.id,
    userInfo: { ...userInfo(org, user.id), sessionSecondsValid: sessionSeconds(logins) },
  }
}

/** The result of `getUserInfo`. */
export function userInfo(org: Org, userId: string): Readonly<Record<string, Content>> {
  const user = userOfId(org, userId)
  return {
    accessibilityMode: false,
    currencySymbol: '$',
    organizationId: org.orgId,
    organizationMultiCurrency: false,
    userEmail: user?.email ?? '',
    userFullName: `${user?.firstName ?? ''} ${user?.lastName ?? ''}`.trim(),
    userId,
    userLanguage: 'en_US',
    userLocale: 'en_US',
    userName: user?.username ?? '',
    userTimeZone: 'GMT',
    userType: 'Standard',
  }
}
