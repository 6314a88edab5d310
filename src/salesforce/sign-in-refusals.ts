import type { Failure } from './salesforce-error.ts'

/** A refusal of the token endpoint. */
export interface SignInRefusal extends Failure {
  readonly consequence: Consequence
}

/** What a refusal leads to; `correct-clock` leads to one repeat with Salesforce's time, and then stops. */
type Consequence = 'stop' | 'retry-later' | 'correct-clock'

interface Entry {
  /** OAuth's `error`. */
  readonly error?: RegExp
  /** Found in `error_description`. */
  readonly description?: RegExp
  readonly consequence?: Consequence
  readonly remedy: string
}

// Where an admin finds things. Apps of before Spring '26 are connected apps: Setup > App Manager instead.
const app = 'Setup > External Client App Manager > the app'
const userPage = 'Setup > Users > the user'

const approve =
  `${app} > Policies > OAuth Policies: set Permitted Users to "Admin approved users are pre-authorized", and under ` +
  'App Policies select a profile or permission set of the user. If the app stands under Setup > Connected Apps OAuth ' +
  'Usage, press Install, or Unblock.'
const checkUser =
  `${userPage}: must be active and not frozen or locked; the profile's Login IP Ranges and Login Hours must let the ` +
  `connector in. ${userPage} > Login History says why Salesforce refused.`
const install = 'Setup > Connected Apps OAuth Usage: press Install, or Unblock, for the app, and allow its users.'

const rate =
  'The connector tries again by itself: a user may sign in 3,600 times an hour. ' +
  `${userPage} > Login History shows which programs use this user.`

/** Refusals (salesforce-facts 1.4), each with what it leads to and what an admin can do. First match wins. */
const entries: readonly Entry[] = [
  {
    description: /rate exceeded|number of login requests exceeded/i,
    consequence: 'retry-later',
    remedy: rate,
  },
  { error: /^rate_limit_exceeded$/, consequence: 'retry-later', remedy: rate },
  { error: /^OAUTH_EC_APP_NOT_FOUND$/i, remedy: `${app}: the app is not in this org; install it, or use another.` },
  { error: /^OAUTH_/i, remedy: install },
  {
    description: /client app is not installed/i,
    remedy: `Install the app in this org, or use an app made here: ${app} > Settings > OAuth Settings > Consumer Key and Secret.`,
  },
  {
    description: /ip restricted/i,
    remedy: `Setup > Profiles > that of the user > Login IP Ranges: add the address of the connector; or ${app} > Policies > OAuth Policies: set IP Relaxation.`,
  },
  { description: /hasn't approved this consumer|not admin approved/i, remedy: approve },
  { error: /^invalid_app_access$/, remedy: approve },
  {
    description: /audience/i,
    remedy:
      'Set salesforce.auth.audience to https://login.salesforce.com, for a sandbox to https://test.salesforce.com, ' +
      'or to the URL of Setup > My Domain.',
  },
  {
    description: /invalid assertion/i,
    remedy: `${app} > Settings > OAuth Settings > JWT Bearer Flow: upload the certificate that belongs to salesforce.auth.private_key.`,
  },
  {
    description: /expired authorization code/i,
    consequence: 'correct-clock',
    remedy: 'Set the clock of this machine, by NTP: the assertion that signs in is valid for three minutes only.',
  },
  {
    description: /no client credentials user/i,
    remedy: `${app} > Policies > OAuth Policies: select Enable Client Credentials Flow, and name the user under Run As.`,
  },
  {
    description: /not supported on this domain/i,
    remedy: 'Set salesforce.login_url to the URL of Setup > My Domain, as https://acme.my.salesforce.com.',
  },
  {
    description: /expired access\/refresh token/i,
    remedy:
      'Authorize the app again in a browser and put the new refresh token into salesforce.auth.refresh_token: it was ' +
      `revoked, has expired, or was used by another program too. ${app} > Policies > OAuth Policies > Refresh Token ` +
      'Policy sets how long it lives.',
  },
  {
    error: /^invalid_client_id$/,
    remedy: `Check salesforce.auth.client_id: ${app} > Settings > OAuth Settings > Consumer Key. A new app needs up to ten minutes.`,
  },
  {
    error: /^invalid_client$/,
    remedy: `Check salesforce.auth.client_secret: ${app} > Settings > OAuth Settings > Consumer Secret.`,
  },
  { error: /^inactive_user$/, remedy: `${userPage}: select Active, or name another user.` },
  { error: /^inactive_org$/, remedy: 'The org is locked, expired or deleted: ask Salesforce Support.' },
  {
    error: /^(invalid_scope|unsupported_scope)$/,
    remedy: `${app} > Settings > OAuth Settings: select the scopes "api" and "refresh_token, offline_access".`,
  },
  {
    error: /^unsupported_grant_type$/,
    remedy: `${app} > Settings > Flow Enablement: enable the flow that salesforce.auth.flow names.`,
  },
  { error: /^invalid_request$/, remedy: 'Report this: the connector sent a sign-in that Salesforce cannot read.' },
]

/** `authentication failure` of the password flow says nothing about its reason. */
const passwordRemedy =
  `Check username, password and security_token of salesforce.auth. Setup > OAuth and OpenID Connect Settings: "Allow ` +
  `OAuth Username-Password Flows" must be on. ${checkUser}`

const descriptionCharsMax = 200

/**
 * Reads a refusal of the token endpoint, `{"error","error_description"}`; undefined if the answer is something else.
 * A 5xx is never a refusal.
 */
export function signInRefusal(status: number, text: string, flow?: string): SignInRefusal | undefined {
  if (status < 400 || status >= 500) return undefined
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
  const { error, error_description } = (body ?? {}) as Record<string, unknown>
  if (typeof error !== 'string') return undefined
  const description = typeof error_description === 'string' ? error_description.slice(0, descriptionCharsMax) : ''
  const matches = (entry: Entry): boolean =>
    (entry.error?.test(error) ?? true) && (entry.description?.test(description) ?? true)
  const { consequence = 'stop', remedy } = entries.find(matches) ?? {
    remedy: flow === 'password' ? passwordRemedy : checkUser,
  }
  const later = consequence === 'retry-later'
  return {
    consequence,
    code: later ? 'salesforce.limit_exceeded' : 'salesforce.unauthorized',
    message: `Salesforce refused the sign-in: ${error.slice(0, descriptionCharsMax)}${description && `: ${description}`}`,
    remedy,
    executed: 'no',
    retryable: later,
    status,
    errors: [{ code: error, message: description, fields: [] }],
  }
}
