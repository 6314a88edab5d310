import type { z } from 'zod'
import type { Config } from './config.ts'
import { loginProblem } from './config-auth.ts'
import { keysOf, type OptionNode, optionAt } from './config-options.ts'
import { nearest } from './nearest.ts'

const shownCharsMax = 60

/** What is wrong at a path of the YAML file. */
export interface Complaint {
  readonly path: readonly (string | number)[]
  readonly message: string
}

/** An issue of zod in the words of the config file: what was expected, what was found. `references` maps paths to `${…}` texts. */
export function complaintsOf(
  issue: z.core.$ZodIssue,
  input: unknown,
  references: ReadonlyMap<string, string>,
): Complaint[] {
  const path = issue.path as (string | number)[]
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map(key => ({ path: [...path, key], message: unknownKey(path, key) }))
  if (issue.code === 'invalid_key') return [{ path, message: `this name is not ${issue.issues[0]?.message}` }]
  const value = valueAt(input, path)
  const expected = expectation(issue)
  if (value === undefined) return [{ path, message: `missing; expected ${expected}` }]
  const unquoted = expected === 'text' && (typeof value === 'number' || typeof value === 'boolean')
  if (unquoted) return [{ path, message: `expected text in quotes, found ${found(value, path, references)}` }]
  return [{ path, message: `expected ${expected}, found ${found(value, path, references)}` }]
}

function unknownKey(path: readonly PropertyKey[], key: string): string {
  const parent = optionAt(path)
  const known = parent ? keysOf(parent) : []
  const meant = nearest(key, known)
  return meant ? `unknown key; did you mean ${meant}?` : `unknown key; known here: ${known.join(', ')}`
}

function expectation(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return typeName(issue.expected, optionAt(issue.path as PropertyKey[]))
    case 'invalid_value':
      return `one of ${issue.values.map(String).join(', ')}`
    case 'too_small':
      return `${bound('at least', issue.minimum, issue.origin)}`
    case 'too_big':
      return `${bound('at most', issue.maximum, issue.origin)}`
    case 'invalid_union':
      return issue.discriminator ? `one of ${flows(issue.path)}` : issue.message
    default:
      return issue.message
  }
}

function bound(words: string, limit: number | bigint, origin: string): string {
  if (origin === 'string') return `${words} ${limit} characters`
  return origin === 'array' ? `${words} ${limit} entries` : `${words} ${limit}`
}

function flows(path: readonly PropertyKey[]): string {
  const branches = optionAt(path.slice(0, -1))?.oneOf ?? []
  return branches.map(branch => String(branch.properties?.flow?.const)).join(', ')
}

function typeName(expected: string, option: OptionNode | undefined): string {
  const names: Readonly<Record<string, string>> = {
    int: 'a whole number',
    number: 'a whole number',
    boolean: 'true or false',
    object: Array.isArray(option?.type) ? 'true, false or a mapping' : 'a mapping',
    record: 'a mapping',
    array: 'a list',
    string: option?.enum ? `one of ${option.enum.map(String).join(', ')}` : 'text',
  }
  return names[expected] ?? expected
}

function found(value: unknown, path: readonly (string | number)[], references: ReadonlyMap<string, string>): string {
  const reference = references.get(path.join('.'))
  if (reference !== undefined) return `the value of ${reference}`
  if (value === null) return 'nothing'
  if (Array.isArray(value)) return 'a list'
  if (typeof value === 'object') return 'a mapping'
  const option = optionAt(path)
  // A scalar where a mapping belongs may be a secret put one level too high.
  if (option === undefined || option.writeOnly || option.properties || option.oneOf)
    return `a ${typeof value} (not shown)`
  const shown = typeof value === 'string' ? JSON.stringify(withoutUser(value)) : String(value)
  return shown.length > shownCharsMax ? `${shown.slice(0, shownCharsMax)}…` : shown
}

/** User and password before a host are not shown, with a scheme before them or without. */
const withoutUser = (value: string): string => value.replace(/^((?:[a-z0-9+.-]+:)?(?:\/\/)?).*@/is, '$1***@')

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  let value = input
  for (const key of path) value = (value as Record<PropertyKey, unknown> | null | undefined)?.[key]
  return value
}

/** Rules between options (design 4.1): a task must notice that it lost its partitions before another one starts on them. */
export function crossChecks(config: Config): Complaint[] {
  const { kafka } = config
  const call = config.salesforce.requestTimeoutMs
  const complaints: Complaint[] = []
  const require = (holds: boolean, path: readonly string[], message: string) => {
    if (!holds) complaints.push({ path, message })
  }
  const login = loginProblem(config.salesforce.loginUrl, config.salesforce.auth.flow)
  if (login !== undefined) complaints.push({ path: ['salesforce', 'login_url'], message: login })
  require(call + 2 * kafka.heartbeatIntervalMs < kafka.sessionTimeoutMs, [
    'kafka',
    'session_timeout_ms',
  ], `${kafka.sessionTimeoutMs} must be more than salesforce.request_timeout_ms (${call}) plus twice kafka.heartbeat_interval_ms (${kafka.heartbeatIntervalMs})`)
  require(call + kafka.transactionTimeoutMs < kafka.rebalanceTimeoutMs, [
    'kafka',
    'rebalance_timeout_ms',
  ], `${kafka.rebalanceTimeoutMs} must be more than salesforce.request_timeout_ms (${call}) plus kafka.transaction_timeout_ms (${kafka.transactionTimeoutMs})`)
  require(kafka.transactionTimeoutMs < kafka.sessionTimeoutMs, [
    'kafka',
    'transaction_timeout_ms',
  ], `${kafka.transactionTimeoutMs} must be less than kafka.session_timeout_ms (${kafka.sessionTimeoutMs})`)
  require(config.source.enabled || config.sink.enabled, [
    'source',
    'enabled',
  ], 'one of source.enabled and sink.enabled must be true')
  for (const object of Object.keys(config.sink.allow))
    require(config.sink.objects.includes(object), ['sink', 'allow', object], 'this object is not in sink.objects')
  return complaints
}
