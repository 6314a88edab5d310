import { type IncomingRecord, type Offset, type OutgoingRecord, offset } from '../../src/core/contract.ts'
import { ConnectorError, type ErrorCode } from '../../src/core/errors.ts'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import type { TransactionalWriter } from '../../src/kafka/transaction.ts'
import type { Position } from '../../src/sink/transaction.ts'

/** How a commit goes wrong: `committed` says whether it happened all the same. */
export interface CommitFault {
  readonly code: ErrorCode
  readonly committed: boolean
  /** What another owner commits before the error is seen. */
  readonly then?: Position
}

export interface Commit {
  readonly label: string
  readonly position: Position
  readonly records: readonly OutgoingRecord[]
}

/** One partition's commits as a broker keeps them, with commits that fail as a test asks. For faults no real broker makes on demand. */
export class KafkaFake {
  position: Position = { offset: undefined, metadata: '' }
  readonly commits: Commit[] = []
  readonly faults: (CommitFault | undefined)[] = []
  fences = 0
  /** The end of the command partition. */
  end = offset(0)

  readonly writer: TransactionalWriter = {
    transactionalId: 'fake',
    fence: async () => {
      this.fences++
    },
    transact: async (label, work) => {
      const records: OutgoingRecord[] = []
      let position: Position = this.position
      await work({
        send: async more => void records.push(...more),
        sendOffset: async ({ offset, metadata = '' }) => {
          position = { offset, metadata }
        },
      })
      const fault = this.faults.shift()
      if (!fault || fault.committed) this.#commit({ label, position, records })
      if (fault?.then) this.position = fault.then
      if (fault) throw new ConnectorError(fault.code, 'as the test asks')
    },
    close: async () => undefined,
  }

  readonly connection: KafkaConnection = {
    committed: async () => this.position,
    startOffset: async () => offset(0),
    endOffset: async topic => (topic.endsWith('.commands') ? this.end : offset(0)),
    offsetAt: async () => undefined,
    writer: () => this.writer,
    ensureTopics: unused,
    describeTopic: unused,
    createPartitions: unused,
    joinGroup: unused,
    readPartition: (): AsyncIterable<IncomingRecord[]> => {
      throw new Error('not part of the fake')
    },
    close: async () => undefined,
  }

  get offset(): Offset | undefined {
    return this.position.offset
  }

  #commit(commit: Commit): void {
    this.commits.push(commit)
    this.position = commit.position
  }
}

function unused(): never {
  throw new Error('not part of the fake')
}
