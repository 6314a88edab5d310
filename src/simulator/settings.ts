import { z } from 'zod'

const hourMs = 60 * 60 * 1000
const countMax = 1_000_000_000

/** How the org lets clients in; each may be set while it runs. Times are milliseconds. */
const signInSchema = z.strictObject({
  /** Salesforce allows 15 minutes to 24 hours (salesforce-facts 1.2); shorter ones are for tests. */
  sessionTimeoutMs: z
    .number()
    .positive()
    .max(24 * hourMs)
    .default(2 * hourMs),
  /** A session opened from now on ends after so many calls; 0: never (salesforce-facts 1.5). */
  sessionCallsMax: z.int().min(0).max(countMax).default(0),
  /** Sign-ins of one user within 60 minutes (salesforce-facts 8.3). */
  loginsPerHourMax: z.int().min(0).max(countMax).default(3600),
  /** Each use of a refresh token replaces it (salesforce-facts 1.2). */
  refreshTokensRotate: z.boolean().default(false),
  /** Off: clients are within a trusted IP range, and the password alone suffices (salesforce-facts 1.3). */
  securityTokenNeeded: z.boolean().default(false),
  /** The username-password flow is off in orgs made since 2023 (salesforce-facts 1.3). */
  passwordFlow: z.boolean().default(true),
  /** Whether the app names a run-as user for client credentials. */
  clientCredentialsUser: z.boolean().default(true),
  /** The caller's address is outside the login IP ranges of every user's profile. */
  ipRestricted: z.boolean().default(false),
  orgActive: z.boolean().default(true),
  /** What an admin made of the app (salesforce-facts 1.4). */
  app: z
    .enum(['installed', 'notApproved', 'notAssigned', 'blocked', 'accessDenied', 'approvalError', 'notFound'])
    .default('installed'),
  /** Who may use the API (salesforce-facts 1.5). */
  api: z.enum(['enabled', 'disabledForOrg', 'disabledForUser', 'suspended']).default('enabled'),
  /** Scopes of the app, separated by blanks; without `api` or `full` the REST API refuses the session. */
  scope: z
    .string()
    .regex(/^[a-z_]+( [a-z_]+)*$/)
    .default('api'),
  /** Where a sign-in sends clients, and then the only URL that answers them; empty: where they signed in (salesforce-facts 1.1). */
  instanceUrl: z
    .string()
    .regex(/^(https?:\/\/[^/\s]+)?$/)
    .default(''),
})

/** What the org lets its clients use; each may be set while it runs. */
const limitSchema = z.strictObject({
  /** Daily API requests; by default those of Enterprise Edition without further licences (salesforce-facts 8.1). */
  apiRequestsMax: z.int().min(0).max(countMax).default(100_000),
  /** Requests that other clients have used up. */
  apiRequestsOfOthers: z.int().min(0).max(countMax).default(0),
  /** How old the numbers of `/limits` may be: up to 5 minutes in Salesforce (salesforce-facts 2.4). */
  limitsLagMs: z
    .number()
    .min(0)
    .max(hourMs)
    .default(5 * 60 * 1000),
  /** Name and quota of the app for the second part of Sforce-Limit-Info; no part without a name (salesforce-facts 2.3). */
  appName: z
    .string()
    .regex(/^[^()\r\n]{0,80}$/)
    .default(''),
  appRequestsMax: z.int().min(0).max(countMax).default(250),
  /** Requests that have run this long are long ones, of which so many may run: 25, or 5 in Developer Edition (salesforce-facts 8.2). */
  longRequestMs: z.number().min(0).max(hourMs).default(20_000),
  longRequestsMax: z.int().min(0).max(countMax).default(25),
})

export type SignInSettings = z.infer<typeof signInSchema>
export type LimitSettings = z.infer<typeof limitSchema>

/** Settings that are read where they apply and set by name. */
export interface Settings<T> {
  readonly now: Readonly<T>
  /** Throws RangeError, and changes nothing, for an unknown name or a wrong value. */
  set(changes: unknown): void
}

function makeSettings<T extends object>(schema: z.ZodType<T>): Settings<T> {
  const now = schema.parse({})
  return {
    now,
    set(changes) {
      const given = z.record(z.string(), z.unknown()).safeParse(changes)
      const read = schema.safeParse({ ...now, ...(given.success ? given.data : { changes }) })
      if (!read.success) throw new RangeError(z.prettifyError(read.error))
      Object.assign(now, read.data)
    },
  }
}

/** Settings of sign-in and sessions, each at its default. */
export const makeSignInSettings = (): Settings<SignInSettings> => makeSettings(signInSchema)

/** Settings of limits, each at its default. */
export const makeLimitSettings = (): Settings<LimitSettings> => makeSettings(limitSchema)
