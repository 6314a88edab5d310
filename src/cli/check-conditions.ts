import type { Config } from '../core/config.ts'
import type { ObjectDescribe } from '../core/contract.ts'
import type { Salesforce } from '../salesforce/client.ts'
import { GatheredReads } from '../salesforce/gathered-reads.ts'
import { Selection } from '../source/selection.ts'
import { refusedOptions, userTimeZone } from '../source/trigger-checks.ts'
import type { Gap } from './check-access.ts'

/** What the conditions of one object's triggers cost. */
export interface ConditionReport {
  readonly object: string
  /** Conditions that the connector evaluates on the rows it reads anyway. */
  readonly own: readonly string[]
  /** Conditions that Salesforce must be asked about. */
  readonly asked: readonly string[]
  /** Calls for a full page of changed rows; while nothing changes there are none. */
  readonly callsPerPageMax: number
}

/** The conditions of the source's objects, and the options of triggers that Salesforce refuses; no call without such options. */
export async function checkTriggers(
  salesforce: Salesforce,
  config: Config,
  describes: ReadonlyMap<string, ObjectDescribe>,
): Promise<{ readonly conditions: ConditionReport[]; readonly gaps: Gap[] }> {
  const { enabled, objects, pageRowsMax } = config.source
  const readable = Object.entries(objects).filter(([object]) => enabled && describes.has(object))
  const asked = Object.fromEntries(readable)
  const reads = new GatheredReads(salesforce)
  const [timeZone, refused] = await Promise.all([
    userTimeZone(asked, reads, salesforce.userId),
    refusedOptions(asked, reads),
  ])
  const conditions = readable.map(([object, { triggers }]): ConditionReport => {
    const selection = new Selection(describes.get(object)!, triggers, timeZone)
    return { object, ...selection.conditions, callsPerPageMax: selection.callsPerPageMax(pageRowsMax) }
  })
  const gaps = refused.map(({ object, path, message }) => ({
    object,
    message: `Salesforce refuses ${path}: ${message}`,
    remedy: 'Correct the option; if it is right, the user may not see a field that it names.',
  }))
  return { conditions: conditions.filter(({ own, asked }) => own.length + asked.length > 0), gaps }
}
