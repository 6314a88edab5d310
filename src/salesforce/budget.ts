/** Calls counted within the last 24 hours, and the most allowed. */
interface Count {
  readonly used: number
  readonly max: number
}

/** API calls of the org in the last 24 hours, by all clients together; `app` if the connected app has its own quota. */
export interface ApiUsage extends Count {
  readonly app?: Count
}

/**
 * Reads the header Sforce-Limit-Info: `api-usage=18/15000`, maybe with `per-app-api-usage=17/250(appName=x)`
 * (salesforce-facts 2.3). undefined if the org's part is missing or has another shape.
 */
export function readApiUsage(header: string | undefined): ApiUsage | undefined {
  const org = readCount('api-usage', header)
  const app = readCount('per-app-api-usage', header)
  return org && { ...org, ...(app && { app }) }
}

function readCount(name: string, header = ''): Count | undefined {
  const found = new RegExp(`(?:^|[;,\\s])${name}=(\\d{1,12})/(\\d{1,12})`).exec(header)
  const max = Number(found?.[2] ?? 0)
  return found && max > 0 ? { used: Number(found[1]), max } : undefined
}

/** How much of the org's daily limit the connector may use. */
export interface BudgetSettings {
  /** Left to the other clients of the org: below 1 a share of its daily limit, from 1 on a number of calls. */
  readonly apiReserve: number
  /** The most that all instances together use of the daily limit, as a share of it: above 0, up to 1. */
  readonly apiShareMax: number
  /** The most instances that run side by side; they share without talking to each other. */
  readonly instancesMax: number
}

/** As in the config's schema (core/config.ts). */
export const budgetDefaults: BudgetSettings = { apiReserve: 0.1, apiShareMax: 0.8, instancesMax: 3 }

const dayMs = 86_400_000
/** While calls are held back, one looks at the usage this often, for it falls as old calls leave the 24 hours. */
const lookMsMin = 15 * 60_000
const lookMsMax = dayMs / 4
/** Looks take a token each; of few tokens, not more than every second. */
const tokensPerLook = 2
/** Salesforce runs at most 25 long requests of an org at a time (salesforce-facts 8.2); more of ours gain nothing. */
export const inFlightMax = 25
/** A call may be in flight as a limit is reached, and its answer may be lost: both are held back for. */
const marginPerCall = 2
/** One instance's calls in flight may weigh no more than this part of its part of the share. */
const smallPart = 1 / 8
/** Tokens not used are kept for this part of a day. */
const tokensKeptDays = 1 / 24

/** What follows from the settings for an org with this limit; in API calls, per 24 hours. */
export interface Bounds {
  /** Calls that one instance makes at most before it has seen what they cost. */
  readonly unseenMax: number
  /** Left to the other clients. */
  readonly reserve: number
  /** The most that our instances may use together. */
  readonly share: number
  /** From this usage of the org on, nothing more is sent. */
  readonly orgStop: number
  /** From this usage of the app on, nothing more is sent; undefined if the app has no quota of its own. */
  readonly appStop: number | undefined
  /** Below this usage of the org a call needs no token: whoever used that much, it is within half of the share. */
  readonly free: number
  /** Tokens that one instance gets in a millisecond, and the most it can keep. */
  readonly tokens: { readonly perMs: number; readonly max: number }
  /** Between two calls, at the rate that makes an instance's half of its part of the share last the day. */
  readonly paceMs: number
  /** Between two calls that only look at the usage. */
  readonly lookMs: number
}

/**
 * Pure. Why n instances stay below the share S of a rolling day, though each knows only its own calls and the org's total:
 * - Calls without a token are made only while the org's total, and so our own, is below `free`. What is then in flight,
 *   or lost, is held back for in `free`; so at the last such call of any day, the day's calls of this kind are below S/2.
 * - Every other call takes a token: it waits for one, but for the first call after a start, and for a few that only look
 *   at the usage and are paid for afterwards. An instance starts with none and gets at most (S/2)/n of them a day, those
 *   kept included; so the calls of this kind stay below S/2, however often instances are started anew.
 * An app with its own quota is told its own total, which is ours exactly: it needs no halves, and stops at S.
 */
export function boundsOf(settings: BudgetSettings, { max, app }: ApiUsage): Bounds {
  const { apiReserve, apiShareMax, instancesMax } = settings
  const reserve = Math.min(max, apiReserve < 1 ? Math.ceil(apiReserve * max) : apiReserve)
  const share = Math.floor(apiShareMax * max)
  const unseenMax = Math.min(inFlightMax, Math.max(1, Math.floor((share * smallPart) / instancesMax)))
  const margin = marginPerCall * unseenMax * instancesMax
  const half = Math.floor(share / 2)
  const tokensPerDay = (share - half) / instancesMax
  const tokensMax = Math.max(1, tokensPerDay * tokensKeptDays)
  const tokensPerMs = Math.max(0, tokensPerDay - tokensMax) / dayMs
  return {
    unseenMax,
    reserve,
    share,
    orgStop: Math.max(0, max - reserve - margin),
    appStop: app && Math.max(0, Math.min(app.max, share) - margin),
    free: Math.max(0, half - margin),
    tokens: { perMs: tokensPerMs, max: tokensMax },
    paceMs: dayMs / tokensPerDay,
    lookMs: Math.min(lookMsMax, Math.max(lookMsMin, tokensPerLook / tokensPerMs)),
  }
}
