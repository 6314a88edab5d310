import type { Terminal } from './terminal.ts'

/** One call of the command line: its terminal, the options every command has, and the secrets it has come to know. */
export interface Session {
  readonly terminal: Terminal
  /** Results as JSON: one document, or one a line where they keep coming. */
  readonly json: boolean
  /** Errors with their stack. */
  readonly debug: boolean
  /** Masks these values in whatever is printed of an error from now on. */
  hide(secrets: readonly string[]): void
}
