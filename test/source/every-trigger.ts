import type { TriggerOptions } from '../../src/core/config-triggers.ts'
import type { TriggerOption } from '../../src/triggers.ts'

const on: TriggerOptions = { enabled: true }
/** Every trigger switched on, with all fields and rows. */
export const everyTrigger: Record<TriggerOption, TriggerOptions> = {
  created: on,
  updated: on,
  deleted: on,
  merged: on,
  undeleted: on,
  snapshot: on,
}
