/**
 * Named points at which a test may stop or kill the process (the field's word: failpoint).
 * In production nothing listens and a point costs one comparison.
 * Names: `<transaction label>:<moment>`, e.g. `replies:before-commit`, and `execute:after`.
 */
type Listener = (point: string) => void
let listener: Listener | undefined

/** Says that the named point is passed. */
export function failpoint(point: string): void {
  listener?.(point)
}

/** For tests only: called synchronously at every point passed. */
export function onFailpoint(next: Listener | undefined): void {
  listener = next
}
