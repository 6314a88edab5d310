import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'

const fileBytesMax = 65_536
const pattern = /\$(\$?)\{([^}]*)\}/g

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Directory that relative paths of `${file:…}` start from. */
  readonly directory: string
}

/** True if `${env:…}`, `${file:…}` or the escape `$${…}` stands in the text. */
export const hasReference = (text: string): boolean => text.search(pattern) >= 0

/**
 * Replaces `${env:NAME}`, `${env:NAME:-default}` and `${file:PATH}` by their values and `$${` by `${`.
 * Values are not looked at again. Throws an Error whose message names the reference, never its value.
 */
export function interpolate(text: string, surroundings: Surroundings): string {
  return text.replace(pattern, (whole, dollar: string, reference: string) =>
    dollar ? whole.slice(1) : lookUp(reference, surroundings),
  )
}

function lookUp(reference: string, { env, directory }: Surroundings): string {
  const variable = /^env:([A-Za-z_][A-Za-z0-9_]*)(:-(.*))?$/s.exec(reference)
  if (variable) return lookUpVariable(variable[1]!, variable[2] === undefined ? undefined : variable[3]!, env)
  const file = /^file:(.+)$/s.exec(reference)
  if (file) return readSmallFile(resolve(directory, file[1]!))
  throw new Error(`\${${reference}} is not a reference; expected \${env:NAME}, \${env:NAME:-default} or \${file:PATH}`)
}

function lookUpVariable(name: string, fallback: string | undefined, env: Surroundings['env']): string {
  const value = env[name]
  // As in a shell, the default also stands in for an empty variable.
  if (fallback !== undefined) return value || fallback
  if (value === undefined) throw new Error(`environment variable ${name} is not set`)
  return value
}

function readSmallFile(path: string): string {
  try {
    if (statSync(path).size > fileBytesMax) throw new Error(`file ${path} is larger than ${fileBytesMax} bytes`)
    return readFileSync(path, 'utf8').replace(/[\r\n]+$/, '')
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code
    if (code === undefined) throw cause
    throw new Error(`file ${path} cannot be read (${code})`, { cause })
  }
}
