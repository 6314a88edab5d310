import { inspect } from 'node:util'
import { type Consequence, isConnectorError } from '../core/errors.ts'
import { createMask } from '../telemetry/mask.ts'
import type { Terminal } from './terminal.ts'

/** What the process's end says. */
export const exitCodes = { ok: 0, failure: 1, usage: 2, config: 3 } as const

const byConsequence: Partial<Record<Consequence, number>> = {
  'exit-config': exitCodes.config,
  'exit-usage': exitCodes.usage,
}

/** Prints an error with its remedy, with the stack only if asked, secrets masked, and returns the exit code it leads to. */
export function reportFailure(
  error: unknown,
  terminal: Terminal,
  options: { debug: boolean; secrets: string[] },
): number {
  const mask = createMask(options.secrets)
  const message = error instanceof Error ? error.message : String(error)
  terminal.note(mask(`error: ${message}`))
  for (const cause of causesOf(error)) terminal.note(mask(`cause: ${cause}`))
  const remedy = isConnectorError(error) ? error.remedy : 'This is a bug. Report it with the output of --debug.'
  if (remedy) terminal.note(mask(`remedy: ${remedy}`))
  if (options.debug) terminal.note(mask(inspect(error)))
  return (isConnectorError(error) && byConsequence[error.consequence]) || exitCodes.failure
}

/** Messages of the causes that the error's own message does not already hold. */
function causesOf(error: unknown): string[] {
  const causes: string[] = []
  let text = error instanceof Error ? error.message : ''
  let cause = error instanceof Error ? error.cause : undefined
  while (cause instanceof Error && causes.length < 3) {
    if (cause.message && !text.includes(cause.message)) causes.push(cause.message)
    text += cause.message
    cause = cause.cause
  }
  return causes
}
