import type { Org } from '../org/org.ts'
import type { Sessions } from '../sessions.ts'
import type { SignInSettings } from '../settings.ts'
import type { OrgUser } from './users.ts'

/** A refusal of the token endpoint, `{"error","error_description"}` under 400 (salesforce-facts 1.4). */
export class OAuthRefusal extends Error {
  readonly error: string
  constructor(error: string, description: string) {
    super(description)
    this.name = 'OAuthRefusal'
    this.error = error
  }
}

const hourMs = 60 * 60 * 1000
const appErrors = {
  notApproved: ['invalid_grant', "user hasn't approved this consumer"],
  notAssigned: ['invalid_app_access', 'user is not admin approved to access this app'],
  blocked: ['invalid_app_access', 'user is not admin approved to access this app'],
  accessDenied: ['invalid_app_access', 'user is not admin approved to access this app'],
  approvalError: ['invalid_grant', "user hasn't approved this consumer"],
  notFound: ['invalid_grant', 'External client app is not installed in this org'],
} as const

/** Decides who may sign in once the flow has proved who it is. */
export class Logins {
  readonly org: Org
  readonly sessions: Sessions
  readonly settings: Readonly<SignInSettings>
  /** The password of every user, and the security token that stands behind it. */
  readonly password: string
  readonly securityToken: string
  readonly #times = new Map<string, number[]>()

  constructor(org: Org, sessions: Sessions, settings: Readonly<SignInSettings>, secret: (what: string) => string) {
    this.org = org
    this.sessions = sessions
    this.settings = settings
    this.password = `Pw1!${secret('password').slice(0, 16)}`
    this.securityToken = secret('security token')
      .replaceAll(/[^0-9A-Za-z]/g, '')
      .slice(0, 24)
  }

  /** Whether the text is the password, with the security token where one is needed (salesforce-facts 1.3). */
  isPassword(text: string): boolean {
    return text === this.password + this.securityToken || (!this.settings.securityTokenNeeded && text === this.password)
  }

  /** What an admin has done to the app or org. Throws OAuthRefusal. */
  checkApp(): void {
    const { orgActive, app } = this.settings
    if (!orgActive) throw new OAuthRefusal('inactive_org', 'organization is inactive')
    if (app !== 'installed') throw new OAuthRefusal(appErrors[app][0], appErrors[app][1])
  }

  /** Counts a sign-in of the user. Throws OAuthRefusal if it is one too many, or the user or the address is not let in. */
  admit(user: OrgUser): void {
    if (!user.isActive) throw new OAuthRefusal('inactive_user', 'user is inactive')
    if (this.settings.ipRestricted) throw new OAuthRefusal('invalid_grant', 'ip restricted')
    const now = this.org.now()
    const times = (this.#times.get(user.id) ?? []).filter(time => time > now - hourMs)
    if (times.length >= this.settings.loginsPerHourMax) {
      if (this.org.switches.loginRateError === 'invalid_grant')
        throw new OAuthRefusal('invalid_grant', 'login rate exceeded')
      throw new OAuthRefusal('rate_limit_exceeded', 'number of login requests exceeded')
    }
    this.#times.set(user.id, [...times, now])
  }
}
