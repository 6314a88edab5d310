import { createHash } from 'node:crypto'

/** Secrets that follow from the seed and the order in which they are asked for, so that a run can be repeated; they protect nothing. */
export function secretsFrom(seed: number): (what: string) => string {
  let sequence = 0
  return what => createHash('sha384').update(`${what} ${++sequence} ${seed}`).digest('base64url')
}
