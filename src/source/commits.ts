/**
 * Commits of one object's task, one after the other: the next is prepared while one is under way. Whoever begins one knows
 * nothing of its outcome until the next turn, or until it is settled.
 */
export class Commits {
  readonly #failed = new AbortController()
  #underWay: Promise<void> = Promise.resolve()
  /** Aborts with the given signal, and when a commit fails: nothing that is waited for meanwhile matters then. */
  readonly signal: AbortSignal

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#failed.signal])
  }

  /** Resolves when no commit is under way; throws what the last one threw. */
  settle(): Promise<void> {
    return this.#underWay
  }

  /** Begins a commit; the former one must be settled. */
  begin(commit: () => Promise<void>): void {
    this.#underWay = commit()
    this.#underWay.catch(error => this.#failed.abort(error)) // thrown by settle
  }
}
