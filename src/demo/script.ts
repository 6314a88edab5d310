import type { JsonCommand } from '../cli/command.ts'
import type { OrgHandle } from '../simulator/org/handle.ts'
import type { Seen } from './watch.ts'

/** What the script needs: an org to change, a way to send commands, and the records as they are consumed from Kafka. */
export interface Stage {
  readonly org: OrgHandle
  readonly send: (command: JsonCommand, as: 'json' | 'avro') => Promise<void>
  readonly seen: Seen
  readonly say: (line: string) => void
}

/** Names of the entries that were seen with the right content, and what was wrong with the others. */
export interface Score {
  readonly passed: readonly string[]
  readonly failed: readonly string[]
}
