/** The closed table of our error codes and what each leads to. Salesforce's own codes are in salesforce/error-codes.ts. */
export const consequences = {
  'config.invalid': 'exit-config',
  'usage.invalid': 'exit-usage',
  'stack.unavailable': 'exit-config',
  'salesforce.unauthorized': 'stop',
  'salesforce.unreachable': 'retry-later',
  'salesforce.limit_exceeded': 'retry-later',
  'salesforce.session_expired': 'refresh-session',
  'salesforce.unknown_outcome': 'in-doubt',
  'salesforce.refused': 'reply-error',
  'salesforce.bad_answer': 'retry-later',
  'salesforce.busy': 'retry-later',
  'salesforce.query_lost': 'retry-later',
  'salesforce.invalid_query': 'reply-error',
  'salesforce.other_org': 'stop',
  'command.unreadable': 'dead-letter',
  'command.invalid': 'reply-error',
  'command.not_allowed': 'reply-error',
  'command.expired': 'reply-error',
  'command.unanswered': 'exit-failure',
  'record.too_large': 'dead-letter',
  'record.refused': 'dead-letter',
  'source.shape_doubted': 'retry-later',
  'registry.unavailable': 'retry-later',
  'registry.incompatible': 'stop',
  'kafka.unavailable': 'retry-later',
  'kafka.fenced': 'stop-task',
  'kafka.transaction_failed': 'rewind',
  'kafka.topic_invalid': 'stop',
  'internal.stopped': 'stop-task',
  'internal.bug': 'stop',
} as const

export type ErrorCode = keyof typeof consequences
export type Consequence = (typeof consequences)[ErrorCode]

/** Any failure this product raises itself. `remedy` is a sentence an operator can follow; never holds a secret. */
export class ConnectorError extends Error {
  readonly code: ErrorCode
  readonly remedy: string
  constructor(code: ErrorCode, message: string, options: ErrorOptions & { remedy?: string } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'ConnectorError'
    this.code = code
    this.remedy = options.remedy ?? ''
  }
  get consequence(): Consequence {
    return consequences[this.code]
  }
}

export const isConnectorError = (error: unknown, code?: ErrorCode): error is ConnectorError =>
  error instanceof ConnectorError && (code === undefined || error.code === code)
