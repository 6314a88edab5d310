import { ConnectorError } from '../core/errors.ts'
import { nearest } from '../core/nearest.ts'

const quotedCharsMax = 80

/** A command that can be read, but is wrong; `remedy` says what to correct. */
export const invalid = (message: string, remedy: string): ConnectorError =>
  new ConnectorError('command.invalid', message, { remedy })

/** The type of a value that is of the wrong one, for a message: never the value. */
export const kindOf = (value: unknown): string =>
  value === undefined
    ? 'missing'
    : value === null
      ? 'null'
      : Array.isArray(value)
        ? 'an array'
        : `of type ${typeof value}`

/** What a stranger wrote, short enough for a message. */
export const quote = (value: unknown): string => {
  const text = typeof value === 'string' ? value : kindOf(value)
  return JSON.stringify(text.length > quotedCharsMax ? `${text.slice(0, quotedCharsMax)}…` : text)
}

/** `Did you mean …? ` if one of the known names is near, else nothing. */
export function suggest(name: string, known: Iterable<string>): string {
  const best = name.length > quotedCharsMax ? undefined : nearest(name, known)
  return best === undefined ? '' : `Did you mean ${best}? `
}
