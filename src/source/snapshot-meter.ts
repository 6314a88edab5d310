import type { Events } from '../telemetry/events.ts'
import type { EndedSnapshot } from './control.ts'
import type { Snapshot } from './snapshot.ts'

/** Lines of progress come this far apart at least; gauges follow every page. */
const logMsMin = 10_000

/** Tells how far a snapshot is, how fast it goes and when it will be done. */
export class SnapshotMeter {
  readonly #events: Pick<Events, 'snapshotStarted' | 'snapshotMoved' | 'snapshotProgress' | 'snapshotEnded'>
  readonly #object: string
  readonly #rowsBefore: number
  readonly #now: () => number
  readonly #beganMs: number
  #saidMs: number
  #rows: number

  constructor(events: Events, object: string, snapshot: Snapshot, now = () => performance.now()) {
    this.#events = events
    this.#object = object
    this.#rowsBefore = snapshot.rows
    this.#rows = snapshot.rows
    this.#now = now
    this.#beganMs = now()
    this.#saidMs = this.#beganMs
    if (snapshot.by !== null) this.started(snapshot)
  }

  /** `rows` above 0: it goes on where it was committed. */
  started({ by, total, rows }: Snapshot): void {
    this.#events.snapshotStarted({ object: this.#object, by: by ?? 'rest', total, rows })
  }

  /** A page is committed. */
  read({ rows, total }: Snapshot): void {
    this.#rows = rows
    const seconds = (this.#now() - this.#beganMs) / 1_000
    const rowsPerSecond = Math.round((rows - this.#rowsBefore) / Math.max(seconds, 0.001))
    const secondsLeft = total === null || rowsPerSecond === 0 ? null : Math.max(0, (total - rows) / rowsPerSecond)
    const progress = {
      object: this.#object,
      rows,
      total,
      rowsPerSecond,
      secondsLeft: secondsLeft && Math.ceil(secondsLeft),
    }
    this.#events.snapshotMoved(progress)
    if (this.#now() - this.#saidMs < logMsMin) return
    this.#saidMs = this.#now()
    this.#events.snapshotProgress(progress)
  }

  ended(outcome: EndedSnapshot['outcome'], reason: string): void {
    const seconds = Math.round((this.#now() - this.#beganMs) / 1_000)
    this.#events.snapshotEnded({ object: this.#object, outcome, reason, rows: this.#rows, seconds })
  }
}
