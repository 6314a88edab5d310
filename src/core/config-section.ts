import { z } from 'zod'

type CamelKey<K extends string> = K extends `${infer Head}_${infer Tail}` ? `${Head}${Capitalize<CamelKey<Tail>>}` : K
type CamelKeys<T> = { readonly [K in keyof T as K extends string ? CamelKey<K> : K]: T[K] }

/** `session_timeout_ms` as it is named in code: `sessionTimeoutMs`. */
export const camelKey = (key: string): string => key.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase())

/** A mapping whose unknown keys are errors and whose keys are snake_case in YAML, camelCase in code. */
export function section<S extends z.ZodRawShape>(shape: S) {
  return z
    .strictObject(shape)
    .transform(
      value =>
        Object.fromEntries(Object.entries(value).map(([key, item]) => [camelKey(key), item])) as CamelKeys<
          z.output<z.ZodObject<S, z.core.$strict>>
        >,
    )
}

/** Text of 1 to 1,000 characters. */
export const text = () => z.string().min(1).max(1_000)

/** What an option means, for the generated docs. */
export const doc = (description: string) => ({ description })

/** Marks an option whose value never appears in a log, an error or a printed config (JSON Schema: writeOnly). */
export const secret = (description: string) => z.string().min(1).max(65_536).meta({ description, writeOnly: true })
