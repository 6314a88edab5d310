import type { Watermark } from '../core/contract.ts'
import { beforeSecond, compareWatermarks, type Position, type Query, shrink } from './watermark.ts'
import type { Window } from './window.ts'

/**
 * The position `next` after the rows at `places`, which are noted; `done` if they are the query's last. When the window
 * holds more than `entriesMax` versions, the older half is forgotten, and the position moves there: late commits among
 * them can no longer be told from repeats. Only a whole reading knows that nothing is left unread there.
 */
export function withinBounds(
  window: Window,
  next: Position,
  query: Query,
  { places, done }: { readonly places: readonly Watermark[]; readonly done: boolean },
  entriesMax: number,
): Position {
  if (window.size <= entriesMax || !query.whole) return next
  const read = done ? beforeSecond(query.nowMs) : readTo(places, query)
  if (read === undefined) return next
  const shrunk = shrink(next, window.latest(entriesMax / 2), read)
  window.forgetUpTo(shrunk.floor)
  return shrunk
}

/**
 * A place up to which all is read. A row edited since the query began stands among the rows of its former stamp, so that
 * its own lies ahead of rows not yet read: the least place of a page is behind them, unless every row was edited.
 */
function readTo(places: readonly Watermark[], { nowMs }: Query): Watermark | undefined {
  const [first, ...more] = places.filter(({ modifiedAtMs }) => modifiedAtMs < nowMs)
  return first && more.reduce((least, each) => (compareWatermarks(each, least) < 0 ? each : least), first)
}
