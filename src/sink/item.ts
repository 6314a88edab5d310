import { ConnectorError } from '../core/errors.ts'
import { type Command, needsMark } from './command.ts'
import type { Remembered } from './duplicates.ts'
import { type Outcome, rejected } from './outcome.ts'

/** A command on its way; `settled` once its reply is decided. */
export interface Item {
  readonly command: Command
  sent: number
  refused: number
  /** Whether an earlier request, ours or a former owner's, may have been executed unanswered. */
  unanswered: boolean
  startedAt: number
  finishedAt: number
  settled: Settled | undefined
}

export type Settled =
  /** `parked`: the command goes to the dead letter topic as well. */
  | { readonly kind: 'outcome'; readonly outcome: Outcome; readonly parked?: boolean }
  /** The command came before; it is not executed again. */
  | { readonly kind: 'duplicate'; readonly of: Remembered | Item }

/** `mayBeSent`: a former owner's mark says that the command may have been sent already. */
export const newItem = (command: Command, mayBeSent: boolean): Item => ({
  command,
  sent: 0,
  refused: 0,
  unanswered: mayBeSent,
  startedAt: 0,
  finishedAt: 0,
  settled: undefined,
})

/** Whether a command that needs a mark may have been executed: its mark must stay until it has its reply. */
export const isOnItsWay = (item: Item): boolean => needsMark(item.command) && (item.sent > 0 || item.unanswered)

/** A commandId that stands for two different commands. */
export const otherContent = (): ConnectorError =>
  new ConnectorError('command.invalid', 'this commandId was used before for something else', {
    remedy: 'Give every command its own commandId; only an exact repeat carries the same.',
  })

/** Not sent in time. */
export const expired = (command: Command): Outcome =>
  rejected(
    new ConnectorError('command.expired', `the command expired at ${new Date(command.expiresAt ?? 0).toISOString()}`, {
      remedy: 'Send it again under a new commandId with a later expiresAt, if it still matters.',
    }),
    command.recordId,
  )
