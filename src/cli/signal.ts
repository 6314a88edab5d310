import { randomUUID } from 'node:crypto'
import type { Offset } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import type { Control } from '../source/control.ts'
import { type PositionPlace, StoredPosition } from '../source/offsets-topic.ts'
import { readStart, type SignalType } from '../source/signals.ts'
import { signalsTopicOf } from '../source/signals-feed.ts'
import { exitCodes } from './failure.ts'
import { placesOf, snapshotOf } from './positions.ts'
import type { Session } from './session.ts'
import { partitionsOf, type Topics, withTopics } from './topics.ts'

export interface SignalOptions {
  readonly config: string
  readonly where?: string
  readonly to?: string
  /** Wait until the snapshot has ended. */
  readonly wait?: boolean
  readonly timeoutMs: number
}

const read = { waitMsMax: 200, bytesMax: 1_048_576 }
/** Lines of progress come this far apart at least. */
const progressMsMin = 1_000

/** `pause`, `resume`, `snapshot`, `offsets reset`: says it to the running connector and waits until every object's owner has obeyed. */
export const signal = (type: SignalType, options: SignalOptions, session: Session, objects: readonly string[]) =>
  withTopics(options.config, session, async topics => {
    if (options.to !== undefined && readStart(options.to) === undefined)
      throw new ConnectorError('usage.invalid', `${options.to} is no start position`, {
        remedy: 'Give now, earliest, snapshot or a time as 2026-01-31T00:00:00Z.',
      })
    const places = await placesOf(topics, objects)
    const follows = await Promise.all(
      places.map(async place => ({ place, from: await topics.kafka.endOffset(place.topic, place.partition) })),
    )
    const id = randomUUID()
    await write(topics, { id, type, objects: places.map(({ object }) => object), ...wishOf(options) })
    const stop = new AbortController()
    const ignore = session.terminal.onSignal(() => stop.abort())
    try {
      const outcomes = await Promise.all(follows.map(each => follow(topics, each, { id, options, session, stop })))
      if (session.json) session.terminal.out(JSON.stringify({ id, type, objects: outcomes }))
      else
        for (const { object, outcome, reason } of outcomes) session.terminal.out(lineOf(object, type, outcome, reason))
      return outcomes.every(({ outcome }) => ['applied', 'done'].includes(outcome)) ? exitCodes.ok : exitCodes.failure
    } finally {
      ignore()
    }
  })

const wishOf = ({ where, to }: SignalOptions): object => ({
  ...(where === undefined ? {} : { where }),
  ...(to === undefined ? {} : { to }),
})

const lineOf = (object: string, type: string, outcome: string, reason: string): string =>
  `${object}: ${type} ${outcome}${reason ? `: ${reason}` : ''}`

async function write({ kafka, config }: Topics, wish: object): Promise<void> {
  const topic = signalsTopicOf(config.kafka.topicPrefix)
  await partitionsOf(kafka, topic)
  const value = Buffer.from(JSON.stringify({ connector: config.connector, ...wish }))
  const writer = kafka.writer(`${config.environment}.${config.connector}.signal.${randomUUID()}`)
  try {
    await writer.fence()
    await writer.transact('signal', tx => tx.send([{ topic, partition: 0, key: null, value }]))
  } finally {
    await writer.close()
  }
}

interface Outcome {
  readonly object: string
  readonly outcome: string
  readonly reason: string
}

interface Asked {
  readonly id: string
  readonly options: SignalOptions
  readonly session: Session
  readonly stop: AbortController
}

/** Follows what is committed of the object until the signal's effect is among it. */
async function follow(
  { kafka }: Topics,
  { place, from }: { readonly place: PositionPlace; readonly from: Offset },
  { id, options, session, stop }: Asked,
): Promise<Outcome> {
  const stored = new StoredPosition(place)
  const deadline = AbortSignal.timeout(options.timeoutMs)
  const waiting = new AbortController()
  const abort = (): void => waiting.abort()
  deadline.addEventListener('abort', abort, { once: true })
  stop.signal.addEventListener('abort', abort, { once: true })
  let saidMs = 0
  let isObeyed = false
  const { topic, partition } = place
  for await (const records of kafka.readPartition({ topic, partition, from, signal: waiting.signal, ...read }))
    for (const record of records) {
      stored.apply(record)
      const { control } = stored
      if (!control) continue
      const outcome = outcomeOf(control, id, options.wait === true)
      if (outcome) return { object: place.object, ...outcome }
      // From here on there is work to wait for, which may take hours.
      if (!isObeyed && control.last?.id === id) {
        isObeyed = true
        deadline.removeEventListener('abort', abort)
      }
      if (!isObeyed || Date.now() - saidMs < progressMsMin) continue
      saidMs = Date.now()
      progress(place.object, control, session)
    }
  if (isObeyed) return { object: place.object, outcome: 'running', reason: 'the snapshot goes on' }
  throw new ConnectorError('command.unanswered', `${place.object}: not obeyed within ${options.timeoutMs} ms`, {
    remedy: 'Check that a connector runs with its source on. The signal stays on its topic and is obeyed once.',
  })
}

/** What became of the signal, or of the snapshot it asked for; undefined while that is open. */
function outcomeOf(control: Control, id: string, untilEnded: boolean): Omit<Outcome, 'object'> | undefined {
  if (control.ended?.id === id) return { outcome: control.ended.outcome, reason: control.ended.reason }
  if (control.last?.id !== id) return undefined
  if (untilEnded && control.last.outcome === 'applied') return undefined
  return { outcome: control.last.outcome, reason: control.last.reason }
}

function progress(object: string, control: Control, session: Session): void {
  const running = snapshotOf(control, Date.now())
  if (!running) return
  const { rows, total, rowsPerSecond, secondsLeft } = running
  const left = secondsLeft === null ? '' : `, ${secondsLeft} s left`
  const line = `${object}: ${rows} of ${total ?? 'unknown'} rows, ${rowsPerSecond} rows/s${left}`
  session.terminal.note(session.json ? JSON.stringify({ object, ...running }) : line)
}
