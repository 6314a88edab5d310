import { ConnectorError, type ErrorCode } from '../core/errors.ts'

/** One element of Salesforce's error array; `code` is its `errorCode` or `statusCode`. */
export interface ApiError {
  readonly code: string
  readonly message: string
  readonly fields: readonly string[]
}

/** 'no': Salesforce certainly did not carry the request out. 'unknown': it may have. */
export type Executed = 'no' | 'unknown'

export interface Failure {
  readonly code: ErrorCode
  readonly message: string
  readonly remedy: string
  readonly executed: Executed
  /** Whether the same request may succeed later. Says nothing about whether repeating it is safe. */
  readonly retryable: boolean
  readonly status?: number
  readonly errors?: readonly ApiError[]
  readonly cause?: unknown
}

/** A request that Salesforce did not answer with success. */
export class SalesforceError extends ConnectorError {
  /** HTTP status; undefined if there was no answer. */
  readonly status: number | undefined
  readonly errors: readonly ApiError[]
  readonly executed: Executed
  readonly retryable: boolean
  constructor(failure: Failure) {
    super(failure.code, failure.message, { remedy: failure.remedy, cause: failure.cause })
    this.name = 'SalesforceError'
    this.status = failure.status
    this.errors = failure.errors ?? []
    this.executed = failure.executed
    this.retryable = failure.retryable
  }
  /** Salesforce's first error code, as `INVALID_FIELD`. */
  get errorCode(): string | undefined {
    return this.errors[0]?.code
  }
}
