import { z } from 'zod'
import type { OrgHandle } from '../org/handle.ts'
import type { Org } from '../org/org.ts'
import type { HeldTransactions } from './held-transactions.ts'

/** What commands about the org's data may reach. */
export interface Commanded {
  readonly org: Org
  readonly handle: OrgHandle
  readonly held: HeldTransactions
}

/** One thing that a POST to `/control/<name>` does; its answer is JSON. */
export interface Command {
  /** One sentence, with the fields of the request. */
  readonly doc: string
  run(commanded: Commanded, body: unknown): unknown
  /** What GET shows of it; undefined if there is nothing to show. */
  state?(commanded: Commanded): unknown
}

/** A command whose body is checked first: a wrong one is a RangeError that says what is wrong where. */
export function command<T>(
  doc: string,
  schema: z.ZodType<T>,
  run: (commanded: Commanded, body: T) => unknown,
  state?: (commanded: Commanded) => unknown,
): Command {
  return {
    doc,
    run(commanded, body) {
      const read = schema.safeParse(body)
      if (!read.success) throw new RangeError(z.prettifyError(read.error))
      return run(commanded, read.data)
    },
    ...(state ? { state } : {}),
  }
}

/** Field values by name, as in a REST request. */
export const fieldValues = z.record(z.string(), z.unknown())

/** One item or a list of them, read as a list; unlike a union it says what is wrong with an item. */
export const oneOrMany = <T extends z.ZodType>(item: T) =>
  z.preprocess(given => (Array.isArray(given) ? given : [given]), z.array(item))
