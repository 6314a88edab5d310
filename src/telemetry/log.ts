import pino, { type DestinationStream, type Logger } from 'pino'
import { isConnectorError } from '../core/errors.ts'
import { createMask } from './mask.ts'

const causesMax = 5

export type Log = Pick<Logger, 'debug' | 'info' | 'warn' | 'error' | 'flush'>

export interface LogSettings {
  readonly level: 'debug' | 'info' | 'warn' | 'error'
  /** Fields of every line, as the connector's name. */
  readonly base?: Readonly<Record<string, string>>
  /** Values that must not appear in any line. */
  readonly secrets?: readonly string[]
  /** Where lines go; stdout by default. */
  readonly to?: DestinationStream
}

/** A log of JSON lines; secrets are masked in the finished line, so in every field, message and stack. */
export function createLog(settings: LogSettings): Log {
  const mask = createMask(settings.secrets ?? [])
  return pino(
    {
      level: settings.level,
      base: settings.base ?? {},
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: label => ({ level: label }) },
      hooks: { streamWrite: mask },
    },
    settings.to ?? pino.destination({ fd: 1, sync: true }),
  )
}

/** What telemetry says of an error: code, message, remedy and the messages of its causes. */
export interface ErrorFields {
  readonly code: string
  readonly error: string
  readonly remedy?: string
  readonly causes?: readonly string[]
}

/** Fields of any thrown value; at most five causes deep. */
export function errorFields(error: unknown): ErrorFields {
  const code = isConnectorError(error) ? error.code : 'internal.bug'
  const message = error instanceof Error ? error.message : String(error)
  const remedy = isConnectorError(error) && error.remedy ? { remedy: error.remedy } : {}
  const causes = causesOf(error)
  return { code, error: message, ...remedy, ...(causes.length > 0 ? { causes } : {}) }
}

function causesOf(error: unknown): string[] {
  const causes: string[] = []
  let cause = error instanceof Error ? error.cause : undefined
  while (cause !== undefined && causes.length < causesMax) {
    causes.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause))
    cause = cause instanceof Error ? cause.cause : undefined
  }
  return causes
}
