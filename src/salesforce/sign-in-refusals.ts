import type { Failure } from './salesforce-error.ts'

const scopes = 'Give the connected app the scopes "api" and, for the JWT flow, "refresh_token".'
const checkUser = 'Check the user: active, not locked, login IP ranges and login hours of its profile.'
const approve =
  'Setup, Manage Connected Apps (or External Client App Manager): set Permitted Users to "Admin approved users are ' +
  'pre-authorized" and add the profile or a permission set of the user.'

/** OAuth's `error`, a pattern of `error_description`, and what an admin can do (salesforce-facts 1.4). First match wins. */
const remedies: readonly (readonly [error: RegExp, description: RegExp, remedy: string])[] = [
  [/^OAUTH_APP_BLOCKED$/i, /./, 'Setup, Connected Apps OAuth Usage: press Unblock or Install for the app.'],
  [/^OAUTH_/i, /./, 'Setup, Connected Apps OAuth Usage: install the app and allow its users.'],
  [/./, /hasn't approved this consumer|not admin approved/i, approve],
  [
    /./,
    /audience/i,
    'Set salesforce.auth.audience to https://login.salesforce.com, https://test.salesforce.com or the My Domain URL.',
  ],
  [/./, /invalid assertion/i, 'Upload the certificate of salesforce.auth.private_key to the connected app.'],
  [/./, /expired authorization code/i, 'Set the clock of this machine: the assertion is valid for three minutes.'],
  [/./, /no client credentials user/i, 'Name a run-as user in the client credentials flow of the app.'],
  [/./, /not supported on this domain/i, 'Set salesforce.login_url to the My Domain URL of the org.'],
  [/./, /client app is not installed/i, 'Install the app in this org, or use an app of this org.'],
  [/./, /expired access\/refresh token/i, 'Authorize the connector again: its refresh token was revoked.'],
  [
    /^invalid_client_id$/,
    /./,
    'Check salesforce.auth.client_id: the Consumer Key of the app; a new app needs up to ten minutes.',
  ],
  [/^invalid_client$/, /./, 'Check salesforce.auth.client_secret: the Consumer Secret of the app.'],
  [/^invalid_app_access$/, /./, approve],
  [/^inactive_user$/, /./, 'Activate the user, or name another one.'],
  [/^inactive_org$/, /./, 'The org is locked or was deleted: ask Salesforce.'],
  [/^(invalid_scope|unsupported_scope)$/, /./, scopes],
  [/^unsupported_grant_type$/, /./, 'Allow the OAuth flow in the settings of the connected app.'],
  [/^invalid_grant$/, /./, checkUser],
]

const rateRemedy = 'Wait an hour: a user may sign in 3,600 times an hour. Look for other programs that use this user.'

/**
 * Reads a refusal of the token endpoint, `{"error","error_description"}`; undefined if the answer is something else.
 * A 5xx is never a refusal.
 */
export function signInRefusal(status: number, text: string): Failure | undefined {
  if (status < 400 || status >= 500) return undefined
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    return undefined
  }
  const { error, error_description } = (body ?? {}) as Record<string, unknown>
  if (typeof error !== 'string') return undefined
  const description = typeof error_description === 'string' ? error_description.slice(0, 200) : ''
  const limited =
    /rate exceeded|number of login requests exceeded/i.test(description) || error === 'rate_limit_exceeded'
  const found = remedies.find(entry => entry[0].test(error) && entry[1].test(description || ' '))
  return {
    code: limited ? 'salesforce.limit_exceeded' : 'salesforce.unauthorized',
    message: `Salesforce refused the sign-in: ${error}${description && `: ${description}`}`,
    remedy: limited ? rateRemedy : (found?.[2] ?? checkUser),
    executed: 'no',
    retryable: limited,
    status,
    errors: [{ code: error, message: description, fields: [] }],
  }
}
