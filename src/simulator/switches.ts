/** Where Salesforce's behaviour is not proven (salesforce-facts 14) the simulated org does one or the other; the first is the default. */
const choices = {
  /** GET of a row in the recycle bin: HTTP 404 with this code (14.1). */
  deletedRowGet: ['NOT_FOUND', 'ENTITY_IS_DELETED'],
  /** Whether later pages of a query show a row as it is or as it was when the query ran (14.2). */
  cursorValues: ['pageTime', 'queryTime'],
  /** HTTP status of INSUFFICIENT_ACCESS_OR_READONLY (14.3). */
  insufficientAccessStatus: [403, 400],
  /** How the token endpoint refuses too many logins (14.5). */
  loginRateError: ['invalid_grant', 'rate_limit_exceeded'],
  /** Longest life of a JWT assertion (14.6); Salesforce’s own CLI sends five minutes. */
  assertionLifetimeMsMax: [300_000, 180_000],
  /** Whether a delete moves LastModifiedDate as well as SystemModstamp (14.7): what most reports say comes first. */
  deleteMovesLastModified: [true, false],
  /** Whether rows that a cascade deletes get a new SystemModstamp (14.7). */
  cascadeMovesStamp: [true, false],
  /** Whether the children that a merge moves get a new SystemModstamp (14.8). */
  mergeMovesChildStamp: [true, false],
  /** Whole numbers of double, currency and percent fields as `5.0` or `5` (14.9). */
  wholeDoubles: ['withPoint', 'plain'],
  /** Whether blanks around a text are dropped (14.9). */
  textTrimmed: [true, false],
  /** How a line end in a text comes back (14.9). */
  lineEnds: ['asSent', 'crlf'],
  /** Whether a row that breaks several of its fields' rules is told of the first or of all (14.10). */
  fieldChecks: ['first', 'all'],
  /** Whether values of external ids that are not unique match in any case (14.12). */
  externalIdCase: ['folded', 'exact'],
  /** An id of another object in a lookup (2.9). */
  wrongLookup: ['MALFORMED_ID', 'FIELD_INTEGRITY_EXCEPTION'],
  /** Whether bulk jobs go on by themselves or stay in the state they are in (9). */
  bulkJobs: ['run', 'hold'],
} as const

/** Numbers, with the most that may be set; those in milliseconds end in Ms. */
const numbers = {
  /** How long a write waits for a row that another transaction holds before UNABLE_TO_LOCK_ROW; Salesforce takes 10 s. */
  rowLockWaitMs: { default: 0, max: 60_000 },
  /** How long rows emptied from the recycle bin are still shown by queryAll; about a day in Salesforce (4.1). */
  physicalDeletionMs: { default: 0, max: 7 * 24 * 60 * 60 * 1000 },
  /** Beyond this the oldest rows leave the recycle bin; 5,000 per licence, here of 1,000 licences (4.1). */
  recycleBinRowsMax: { default: 5_000_000, max: 5_000_000 },
  /** How long a bulk job stays in UploadComplete, and again in InProgress (9). */
  bulkStateMs: { default: 0, max: 24 * 60 * 60 * 1000 },
} as const

type Choices = { -readonly [K in keyof typeof choices]: (typeof choices)[K][number] }
type Numbers = { -readonly [K in keyof typeof numbers]: number }

/** The switches as they stand; each may be set while the org runs. */
export type Switches = Choices & Numbers

/** Every switch at its default. */
export function defaultSwitches(): Switches {
  const first = Object.entries(choices).map(([name, values]) => [name, values[0]])
  const defaults = Object.entries(numbers).map(([name, number]) => [name, number.default])
  return Object.fromEntries([...first, ...defaults])
}

/** Sets the switches named in `changes`. Throws RangeError for an unknown name or value, and then changes none. */
export function setSwitches(switches: Switches, changes: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(changes)) {
    if (Object.hasOwn(numbers, name)) {
      const { max } = numbers[name as keyof Numbers]
      if (typeof value === 'number' && value >= 0 && value <= max) continue
      throw new RangeError(`${name} must be a number from 0 to ${max}`)
    }
    if (!Object.hasOwn(choices, name))
      throw new RangeError(`unknown switch ${name}; known are ${Object.keys({ ...choices, ...numbers }).join(', ')}`)
    const allowed: readonly unknown[] = choices[name as keyof Choices]
    if (!allowed.includes(value))
      throw new RangeError(`${name} must be one of ${allowed.map(each => JSON.stringify(each)).join(', ')}`)
  }
  Object.assign(switches, changes)
}
