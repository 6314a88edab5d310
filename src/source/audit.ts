import type { GatheredReads } from '../salesforce/gathered-reads.ts'
import { SalesforceError } from '../salesforce/salesforce-error.ts'
import { identifier } from '../salesforce/soql.ts'

/** What getUpdated and getDeleted say of a time (salesforce-facts 4.2). */
export interface Changes {
  readonly anyUpdated: boolean
  readonly deleted: readonly { readonly recordId: string; readonly atMs: number }[]
  /** Everything stamped before it is committed: the earlier of the two latestDateCovered, epoch ms. */
  readonly coveredMs: number
  /** Deletes before it are no longer known to Salesforce, epoch ms. */
  readonly deletedFromMs: number
}

export interface AuditParts {
  readonly reads: Pick<GatheredReads, 'read'>
  readonly object: string
}

const minuteMs = 60_000
const toMinute = (ms: number): number => Math.floor(ms / minuteMs) * minuteMs

/** How far back getDeleted reaches, less an hour for the clocks (salesforce-facts 4.2). */
export const deletedReachMs = 15 * 24 * 3_600_000 - 3_600_000

/**
 * Asks for what changed from `fromMs` until `untilMs`; less is covered than asked for while a transaction is open, or
 * if there is more than Salesforce lists at once. Undefined if Salesforce cannot tell: the time is too long ago, too
 * short, or the org keeps no such log. Throws SalesforceError.
 */
export async function askChanges(
  parts: AuditParts,
  fromMs: number,
  untilMs: number,
  signal: AbortSignal,
): Promise<Changes | undefined> {
  // Whole minutes, both ends included; the end must lie more than one minute after the start.
  const start = toMinute(fromMs)
  for (let end = toMinute(untilMs); end > start + minuteMs; end = toMinute(start + (end - start) / 2)) {
    try {
      return await ask(parts, start, end, signal)
    } catch (error) {
      const code = error instanceof SalesforceError ? error.errors[0]?.code : undefined
      if (code === 'INVALID_REPLICATION_DATE') return undefined
      if (code !== 'EXCEEDED_ID_LIMIT') throw error
    }
  }
  return undefined
}

async function ask(parts: AuditParts, startMs: number, endMs: number, signal: AbortSignal): Promise<Changes> {
  const query = { start: new Date(startMs).toISOString(), end: new Date(endMs).toISOString() }
  const path = `/sobjects/${identifier(parts.object)}`
  const [updated, deleted] = await Promise.all([
    parts.reads.read({ path: `${path}/updated`, query }, signal),
    parts.reads.read({ path: `${path}/deleted`, query }, signal),
  ])
  const { ids, latestDateCovered } = (updated ?? {}) as Record<string, unknown>
  const more = (deleted ?? {}) as Record<string, unknown>
  const covered = [latestDateCovered, more.latestDateCovered].map(date => Date.parse(String(date)))
  if (!Array.isArray(ids) || !Array.isArray(more.deletedRecords) || covered.some(Number.isNaN)) throw badAnswer()
  const earliestMs = Date.parse(String(more.earliestDateAvailable))
  return {
    anyUpdated: ids.length > 0,
    deleted: more.deletedRecords.map(readDeleted),
    coveredMs: Math.min(endMs, ...covered),
    deletedFromMs: Number.isNaN(earliestMs) ? startMs : earliestMs,
  }
}

function readDeleted(entry: unknown): { recordId: string; atMs: number } {
  const { id, deletedDate } = (entry ?? {}) as Record<string, unknown>
  const atMs = Date.parse(String(deletedDate))
  if (typeof id !== 'string' || id.length !== 18 || Number.isNaN(atMs)) throw badAnswer()
  return { recordId: id, atMs }
}

const badAnswer = (): SalesforceError =>
  new SalesforceError({
    code: 'salesforce.bad_answer',
    message: 'Salesforce answered getUpdated or getDeleted with something else',
    remedy: 'The audit is tried again; if it lasts, see what stands between the connector and Salesforce.',
    executed: 'unknown',
    retryable: true,
  })
