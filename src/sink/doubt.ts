import type { ObjectDescribe } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import type { Salesforce } from '../salesforce/client.ts'
import { findCandidates } from './candidates.ts'
import type { Command } from './command.ts'

/** What the search for a doubtful command's effect needs of its execution. */
export interface Doubtful {
  readonly salesforce: Salesforce
  readonly describe: ObjectDescribe
  readonly signal: AbortSignal
  /** Ids that are known to be another command's effect. */
  readonly taken: readonly string[]
  /** Since when the attempt may have had an effect, epoch ms. */
  readonly startedAt: () => Promise<number>
  /** Waits until Salesforce is in reach; false: there is no time left. */
  readonly mayGoOn: () => Promise<boolean>
  readonly pause: (round: number) => Promise<void>
}

export interface Candidates {
  readonly ids: readonly string[]
  /** Why some may be missing. */
  readonly warnings: readonly string[]
}

/**
 * The ids that may be the effect of a command in doubt, asked for until Salesforce answers. Throws when the generation is
 * over, and on what only an operator can mend.
 */
export async function candidatesOf(command: Command, parts: Doubtful): Promise<Candidates> {
  const { salesforce, describe, signal, taken } = parts
  const startedAt = await parts.startedAt()
  for (let round = 1; await parts.mayGoOn(); round++) {
    signal.throwIfAborted()
    try {
      const ids = await findCandidates(salesforce, command, describe, startedAt, signal)
      return { ids: ids.filter(id => !taken.includes(id)), warnings: [] }
    } catch (error) {
      signal.throwIfAborted()
      if (!isConnectorError(error) || error.consequence === 'stop') throw error
      if (error.consequence === 'reply-error')
        return { ids: [], warnings: [`Candidates could not be looked up: ${error.message}`] }
    }
    await parts.pause(round)
  }
  return { ids: [], warnings: ['Candidates were not looked up: the connector was stopping.'] }
}
