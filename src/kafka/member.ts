import { sleep } from '../core/clock.ts'
import { delayMs } from '../core/retry.ts'
import { brokerErrorOf, type KafkaLog, type KafkaSettings, messageOf, unavailable } from './client.ts'
import type { GroupMember, JoinOptions } from './consumer.ts'
import { type Membership, Session } from './session.ts'

const backoff = { attemptsMax: Number.POSITIVE_INFINITY, delayMsMin: 200, delayMsMax: 10_000 }
/** No repetition mends these. */
const fatal: ReadonlySet<string> = new Set([
  'GROUP_AUTHORIZATION_FAILED',
  'INCONSISTENT_GROUP_PROTOCOL',
  'INVALID_GROUP_ID',
  'INVALID_SESSION_TIMEOUT',
  'INVALID_TOPIC_EXCEPTION',
  'TOPIC_AUTHORIZATION_FAILED',
])

/**
 * Joins the group and stays in it until stop(). Throws 'kafka.unavailable' if the brokers cannot be reached at first;
 * later outages are waited out.
 */
export async function joinGroup(settings: KafkaSettings, log: KafkaLog, options: JoinOptions): Promise<GroupMember> {
  const member = new Member(settings, log, options)
  await member.start()
  return member
}

class Member implements GroupMember {
  readonly #settings: KafkaSettings
  readonly #log: KafkaLog
  readonly #options: JoinOptions
  readonly #stopping = new AbortController()
  readonly #membership: Membership = { generations: 0, assigned: [] }
  #session: Session | undefined
  #finished: Promise<void> = Promise.resolve()
  #hasCrashed = false

  constructor(settings: KafkaSettings, log: KafkaLog, options: JoinOptions) {
    this.#settings = settings
    this.#log = log
    this.#options = options
  }

  async start(): Promise<void> {
    this.#finished = this.#live(await this.#open())
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    this.#session?.end({ why: 'stop' })
    await this.#finished
  }

  async rejoin(): Promise<void> {
    await this.#session?.end({ why: 'rejoin' })
  }

  #open(): Promise<Session> {
    return Session.open(this.#settings, this.#log, this.#options, this.#membership, error => this.#crash(error))
  }

  /** Session after session, until stop() or something fatal. */
  async #live(first: Session): Promise<void> {
    this.#session = first
    let failures = 0
    while (!this.#stopping.signal.aborted) {
      const joined = this.#membership.generations
      try {
        this.#session ??= await this.#open()
        // Asked to stop while the session was being opened: it joins, drains at once, and leaves.
        if (this.#stopping.signal.aborted) void this.#session.end({ why: 'stop' })
        const end = await this.#session.run()
        if (end.why === 'crash') throw end.error
      } catch (error) {
        if (isFatal(error)) return this.#crash(unavailable(`cannot stay in the group ${this.#options.groupId}`, error))
        failures = this.#membership.generations > joined ? 1 : failures + 1
        await this.#backOff(failures, error)
      } finally {
        this.#session = undefined
      }
    }
  }

  async #backOff(failures: number, error: unknown): Promise<void> {
    const pauseMs = delayMs(backoff, failures)
    const details = { groupId: this.#options.groupId, reason: messageOf(error), pauseMs }
    this.#log('warn', 'lost the membership in a consumer group, joining again', details)
    await sleep(pauseMs, this.#stopping.signal).catch(() => undefined)
  }

  #crash(error: unknown): void {
    if (this.#hasCrashed) return
    this.#hasCrashed = true
    void this.stop()
    this.#options.onCrash(error)
  }
}

const isFatal = (error: unknown): boolean => fatal.has(brokerErrorOf(error) ?? '')
