import { ConnectorError } from '../core/errors.ts'
import {
  type Half,
  type LetterFilter,
  letterReader,
  lettersOf,
  letterTopics,
  printable,
  type ShownLetter,
} from './dead-letters.ts'
import { exitCodes } from './failure.ts'
import { type ReplayCounts, replay } from './replay.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { withTopics } from './topics.ts'

export interface ListOptions extends LetterFilter {
  readonly config: string
  readonly what: Half | 'all'
  readonly max?: number
}

/** `dlq list`: the dead letters that fit, oldest first in each partition. */
export const listLetters = (options: ListOptions, session: Session): Promise<number> =>
  withTopics(options.config, session, async topics => {
    const { terminal, json } = session
    const show = letterReader(topics.registry)
    let left = options.max ?? Number.POSITIVE_INFINITY
    let shown = 0
    for (const from of letterTopics(topics.config, options.what, options.object)) {
      const found = await topics.kafka.describeTopic(from.topic)
      for (let partition = 0; left > 0 && partition < (found?.partitions ?? 0); partition++)
        for await (const letters of lettersOf(topics, from, partition, options)) {
          for (const letter of letters.slice(0, left)) {
            const value = await show(letter)
            terminal.out(json ? JSON.stringify(value) : describeLetter(value, terminal))
            shown++
          }
          left -= letters.length
          if (left <= 0) break
        }
    }
    if (!json) terminal.note(`${shown} dead letter${shown === 1 ? '' : 's'}`)
    return exitCodes.ok
  })

export interface ReplayOptions extends LetterFilter {
  readonly config: string
  readonly what: Half
  readonly dryRun?: boolean
}

/** `dlq replay`: puts dead letters of commands back on their command topics, each once. */
export function replayLetters(options: ReplayOptions, session: Session): Promise<number> {
  if (options.what === 'events')
    throw new ConnectorError('usage.invalid', 'dead letters of events hold no event that could be replayed', {
      remedy:
        'Mend what their reason says (topic limit, type of a field), then have the rows published again by a snapshot of the object.',
    })
  return withTopics(options.config, session, async topics => {
    const { terminal, json } = session
    const dryRun = options.dryRun === true
    const show = letterReader(topics.registry)
    const counts = await replay(topics, {
      filter: options,
      dryRun,
      onLetter: async letter => {
        if (dryRun)
          terminal.out(json ? JSON.stringify(await show(letter)) : describeLetter(await show(letter), terminal))
      },
      onProgress: ({ replayed }) => {
        if (!dryRun) terminal.note(`${replayed} replayed`)
      },
    })
    if (json && !dryRun) terminal.out(JSON.stringify(counts))
    else (dryRun ? terminal.note : terminal.out)(describeCounts(counts, dryRun))
    return exitCodes.ok
  })
}

function describeCounts({ replayed, before, inDoubt, stubs, tooLarge }: ReplayCounts, dryRun: boolean): string {
  const parts = [`${replayed} ${dryRun ? 'would be replayed' : 'replayed'}`]
  if (before > 0) parts.push(`${before} were replayed before`)
  if (inDoubt > 0) parts.push(`${inDoubt} are in doubt and were left alone (--error unknown_outcome replays them)`)
  if (stubs > 0)
    parts.push(
      `${stubs} are kept only by where they stood (too large for the dead letter topic, or a batch that cannot be read)`,
    )
  if (tooLarge > 0) parts.push(`${tooLarge} are larger than the command topic takes now (max.message.bytes)`)
  return `${parts.join('; ')}.`
}

/** A dead letter in two lines for people. */
function describeLetter(letter: ShownLetter, terminal: Terminal): string {
  const { timestamp, topic, partition, offset, from, stage, errorClass, reason, key, value, excerpt, bytes } = letter
  const head = [timestamp, `${topic}/${partition}@${offset}`, stage, errorClass].filter(Boolean).join(' ')
  const origin = from === null ? '' : ` (from ${from.topic}/${from.partition}@${from.offset})`
  const content = value === null ? `${bytes} bytes ${JSON.stringify(excerpt ?? '')}` : JSON.stringify(value)
  const lines = [`${head}${origin}`, `  ${reason}`, `  key ${JSON.stringify(key)} value ${content}`]
  const [first, ...rest] = lines.map(printable)
  return [terminal.paint('yellow', first!), ...rest].join('\n')
}
