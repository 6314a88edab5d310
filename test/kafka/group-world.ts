import { offset } from '../../src/core/contract.ts'
import type { KafkaConnection } from '../../src/kafka/connection.ts'
import type { Assignment, ConsumedBatch, GroupMember, JoinOptions } from '../../src/kafka/consumer.ts'
import { connect, record, unique } from './connect.ts'

/** A member that notes what happens to it. */
export interface Watched {
  readonly member: GroupMember
  readonly assignments: Assignment[]
  readonly crashes: unknown[]
  readonly owned: () => number[]
}

/** Members of groups, and what they are given to read. */
export class GroupWorld {
  readonly kafka: KafkaConnection
  readonly #members: GroupMember[] = []
  readonly #gates: (() => void)[] = []

  constructor(kafka: KafkaConnection) {
    this.kafka = kafka
  }

  static async start(): Promise<GroupWorld> {
    return new GroupWorld(await connect())
  }

  async join(topic: string, groupId: string, options: Partial<JoinOptions> = {}, by = this.kafka): Promise<Watched> {
    const assignments: Assignment[] = []
    const crashes: unknown[] = []
    const member = await by.joinGroup({
      groupId,
      topics: [topic],
      partitionsConcurrentMax: 4,
      onAssignment: assignment => assignments.push(assignment),
      onCrash: error => crashes.push(error),
      ...options,
    })
    this.#members.push(member)
    const owned = (): number[] => {
      const last = assignments.at(-1)
      return [...(last?.gained ?? []), ...(last?.retained ?? [])].map(one => one.partition).sort()
    }
    return { member, assignments, crashes, owned }
  }

  async write(topic: string, values: readonly string[], partition = 0): Promise<void> {
    const writer = this.kafka.writer(unique('writer'))
    await writer.fence()
    await writer.transact('test', tx => tx.send(values.map(value => record(topic, value, partition))))
    await writer.close()
  }

  /** Commits offsets as the sink does: by a transaction, never by the consumer. */
  async committer(groupId: string, topic: string): Promise<(partition: number, next: bigint) => Promise<void>> {
    const writer = this.kafka.writer(unique('writer'))
    await writer.fence()
    return (partition, next) =>
      writer.transact('test', tx => tx.sendOffset({ groupId, topic, partition, offset: offset(next) }))
  }

  /** An `onBatch` that holds every batch back until it is opened, at the end of the test at the latest. */
  gate() {
    const { promise: opened, resolve: open } = Promise.withResolvers<void>()
    const held: ConsumedBatch[] = []
    this.#gates.push(open)
    const onBatch = async (batch: ConsumedBatch): Promise<void> => {
      held.push(batch)
      await opened
    }
    return { open, held, onBatch }
  }

  /** Lets every member leave. */
  async leave(): Promise<void> {
    for (const open of this.#gates.splice(0)) open()
    await Promise.all(this.#members.splice(0).map(member => member.stop()))
  }
}
