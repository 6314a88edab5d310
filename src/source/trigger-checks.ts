import type { Config } from '../core/config.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import type { GatheredReads } from '../salesforce/gathered-reads.ts'
import { SalesforceError } from '../salesforce/salesforce-error.ts'
import { select, stringLiteral } from '../salesforce/soql.ts'

type Objects = Config['source']['objects']
type Reads = Pick<GatheredReads, 'read'>

/** An option of a trigger that Salesforce does not take, by its path in the config file. */
export interface RefusedOption {
  readonly object: string
  readonly path: string
  readonly message: string
}

/** No row has it: a query for it costs no search, and is checked like any other. */
const noRow = stringLiteral('000000000000000AAA')

interface Question {
  readonly object: string
  readonly path: string
  readonly fields: readonly string[]
  readonly where?: string
}

/**
 * Has Salesforce check every `where` and `fields` of the objects' triggers, up to five of them in a call; none, no call.
 * Throws ConnectorError if Salesforce gets out of reach.
 */
export async function refusedOptions(objects: Objects, reads: Reads): Promise<RefusedOption[]> {
  const answers = questionsOf(objects).map(async ({ object, path, fields, where }): Promise<RefusedOption[]> => {
    try {
      const condition = `Id = ${noRow}${where === undefined ? '' : ` AND (${where})`}`
      const q = select({ object, fields, where: condition, limit: 1 })
      await reads.read({ path: '/query', query: { q } })
      return []
    } catch (error) {
      const message = refusal(error)
      if (message === undefined) throw error
      return [{ object, path, message }]
    }
  })
  return (await Promise.all(answers)).flat()
}

function questionsOf(objects: Objects): Question[] {
  return Object.entries(objects).flatMap(([object, { triggers }]) =>
    Object.entries(triggers).flatMap(([option, { fields, where }]) => {
      const path = `source.objects.${object}.triggers.${option}`
      return [
        ...(fields ? [{ object, path: `${path}.fields`, fields }] : []),
        ...(where === undefined ? [] : [{ object, path: `${path}.where`, fields: ['Id'], where }]),
      ]
    }),
  )
}

/** Salesforce's code and message, in one line; undefined if it is not the query that it refused. */
function refusal(error: unknown): string | undefined {
  if (isConnectorError(error, 'salesforce.invalid_query')) return error.message
  const refused = error instanceof SalesforceError && !error.retryable ? error.errors[0] : undefined
  return refused && `${refused.code}: ${refused.message.trim().replace(/\s*\n\s*/g, ' ')}`
}

/** Throws 'config.invalid' with every option that Salesforce refuses, and what it says of it. */
export async function checkTriggerOptions(objects: Objects, reads: Reads): Promise<void> {
  const refused = await refusedOptions(objects, reads)
  if (refused.length === 0) return
  const list = refused.map(({ path, message }) => `${path}: ${message}`)
  throw new ConnectorError('config.invalid', `Salesforce refuses options of triggers\n${list.join('\n')}`, {
    remedy: 'Correct the fields and conditions named; `where` is what stands behind WHERE in a query of the object.',
  })
}

/** The time zone of the user, by which Salesforce evaluates date literals; undefined if it cannot be known. Costs no call if no trigger has a condition. */
export async function userTimeZone(objects: Objects, reads: Reads, userId: string): Promise<string | undefined> {
  if (!questionsOf(objects).some(({ where }) => where !== undefined)) return undefined
  try {
    const q = select({ object: 'User', fields: ['TimeZoneSidKey'], where: `Id = ${stringLiteral(userId)}`, limit: 1 })
    const answer = (await reads.read({ path: '/query', query: { q } })) as { records?: { TimeZoneSidKey?: unknown }[] }
    const timeZone = answer.records?.[0]?.TimeZoneSidKey
    return typeof timeZone === 'string' && isKnownZone(timeZone) ? timeZone : undefined
  } catch (error) {
    if (refusal(error) === undefined) throw error
    return undefined
  }
}

function isKnownZone(timeZone: string): boolean {
  try {
    return new Intl.DateTimeFormat('en-US', { timeZone }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
