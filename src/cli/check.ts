import type { Config } from '../core/config.ts'
import { loadConfig } from '../core/config-load.ts'
import { secretsOf } from '../core/config-options.ts'
import type { ObjectDescribe } from '../core/contract.ts'
import { isConnectorError } from '../core/errors.ts'
import { connectSalesforce, type Salesforce, silentEvents } from '../salesforce/client.ts'
import { type Asked, askedBy, type Gap, gapsOf } from './check-access.ts'
import { type ConditionReport, checkTriggers } from './check-conditions.ts'
import { orgGaps } from './check-org.ts'
import { printReport } from './check-print.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'

export interface CheckOptions {
  readonly config: string
}

/** What one object lets the connector's user do. `found` false: there is no such object, or it is hidden. */
export interface ObjectReport {
  readonly object: string
  readonly found: boolean
  /** Which halves of the connector use it. */
  readonly usedBy: readonly ('source' | 'sink')[]
  readonly readable: boolean
  readonly createable: boolean
  readonly updateable: boolean
  readonly deletable: boolean
  /** Numbers of fields that the user may read, set in a new row, and change. */
  readonly fields: { readonly readable: number; readonly createable: number; readonly updateable: number }
  /** Custom fields that commands cannot change though they may change others: formulas are left out. */
  readonly readOnlyCustomFields: readonly string[]
}

/** What `check --json` prints. undefined and null: Salesforce did not tell. */
export interface CheckReport {
  readonly ok: boolean
  readonly org: {
    readonly id: string
    readonly name: string | null
    readonly edition: string | null
    readonly sandbox: boolean | null
    readonly instance: string | null
    readonly instanceUrl: string
  }
  readonly user: { readonly id: string; readonly username: string | null; readonly name: string | null }
  readonly api: { readonly configured: string; readonly offered: readonly string[] }
  /** API calls of the last 24 hours, by all clients of the org; `reserve` is what the connector leaves to the others. */
  readonly limits: {
    readonly used: number
    readonly max: number
    readonly left: number
    readonly reserve: number | null
  } | null
  readonly objects: readonly ObjectReport[]
  /** Of objects whose triggers have conditions. */
  readonly conditions: readonly ConditionReport[]
  readonly warnings: readonly { readonly warning: string; readonly remedy: string }[]
  readonly gaps: readonly Gap[]
}

/** `check`: signs in, and compares what the user may do with what the config asks for. Returns 1 if anything is missing. */
export async function check(options: CheckOptions, session: Session): Promise<number> {
  const config = loadConfig(options.config, session.terminal.env)
  session.hide(secretsOf(config))
  const warnings: { warning: string; remedy: string }[] = []
  const settings = { ...config.salesforce, budget: config.salesforce }
  const salesforce = await connectSalesforce(settings, {
    ...silentEvents,
    signInWarned: ({ warning, remedy }) => void warnings.push({ warning, remedy }),
  })
  try {
    const report = await reportOn(salesforce, config, warnings)
    if (session.json) session.terminal.out(JSON.stringify(report))
    else printReport(report, session.terminal)
    return report.ok ? exitCodes.ok : exitCodes.failure
  } finally {
    await salesforce.close()
  }
}

/** Three API calls, one for each object, and one for up to five `where` and `fields` of triggers. Throws ConnectorError if Salesforce gets out of reach. */
async function reportOn(
  salesforce: Salesforce,
  config: Config,
  warnings: CheckReport['warnings'],
): Promise<CheckReport> {
  const { orgId, userId, instanceUrl, apiVersion } = salesforce
  const orgFields = ['Name', 'OrganizationType', 'IsSandbox', 'InstanceName'] as const
  const org = await rowOf(salesforce, 'Organization', orgFields, orgId)
  const user = await rowOf(salesforce, 'User', ['Username', 'Name'] as const, userId)
  const offered = await versionsOf(salesforce)
  const limits = await limitsOf(salesforce)
  const objects: ObjectReport[] = []
  const gaps: Gap[] = []
  const describes = new Map<string, ObjectDescribe>()
  for (const asked of askedBy(config)) {
    const describe = await describeOf(salesforce, asked.object)
    if (describe) describes.set(asked.object, describe)
    objects.push(objectReport(asked, describe))
    gaps.push(...gapsOf(asked, describe))
  }
  const checked = await checkTriggers(salesforce, config, describes)
  gaps.push(...checked.gaps)
  const ofOrg = await orgGaps(config, orgId)
  gaps.push(...(ofOrg ?? []))
  return {
    ok: gaps.length === 0,
    org: {
      id: orgId,
      name: textOf(org.Name),
      edition: textOf(org.OrganizationType),
      sandbox: typeof org.IsSandbox === 'boolean' ? org.IsSandbox : null,
      instance: textOf(org.InstanceName),
      instanceUrl,
    },
    user: { id: userId, username: textOf(user.Username), name: textOf(user.Name) },
    api: { configured: apiVersion, offered },
    limits,
    objects,
    conditions: checked.conditions,
    warnings: ofOrg ? warnings : [...warnings, unanswered(config)],
    gaps,
  }
}

const unanswered = ({ kafka }: Config): CheckReport['warnings'][number] => ({
  warning: `no broker answers at ${kafka.brokers.join(', ')}, so that the org on record was not compared`,
  remedy: 'Start Kafka, or see kafka.brokers, and check again.',
})

/** A row that the user may not read is no reason to stop: what it would tell is not needed to run. */
async function rowOf<F extends string>(
  salesforce: Salesforce,
  object: string,
  fields: readonly F[],
  id: string,
): Promise<Partial<Record<F, unknown>>> {
  const q = `SELECT ${fields.join(', ')} FROM ${object} WHERE Id = '${id}'`
  const answer = await unlessRefused(
    salesforce.request<{ records?: Record<F, unknown>[] }>({
      method: 'GET',
      path: '/query',
      query: { q },
      repeat: 'safe',
    }),
  )
  return answer?.body?.records?.[0] ?? {}
}

async function versionsOf(salesforce: Salesforce): Promise<string[]> {
  const { body } = await salesforce.request<unknown>({ method: 'GET', path: '/services/data/', repeat: 'safe' })
  return Array.isArray(body) ? body.map(({ version }) => String(version)) : []
}

async function limitsOf(salesforce: Salesforce): Promise<CheckReport['limits']> {
  const answer = await unlessRefused(
    salesforce.request<{ DailyApiRequests?: { Max?: unknown; Remaining?: unknown } }>({
      method: 'GET',
      path: '/limits',
      repeat: 'safe',
    }),
  )
  const { Max: max, Remaining: left } = answer?.body?.DailyApiRequests ?? {}
  const reserve = salesforce.budget.reserve ?? null
  return typeof max === 'number' && typeof left === 'number' ? { used: max - left, max, left, reserve } : null
}

const describeOf = (salesforce: Salesforce, object: string): Promise<ObjectDescribe | undefined> =>
  unlessRefused(salesforce.describe(object))

async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (isConnectorError(error, 'salesforce.refused')) return undefined
    throw error
  }
}

function objectReport(asked: Asked, describe: ObjectDescribe | undefined): ObjectReport {
  const { object, source, sink, operations } = asked
  const hasActions = [...operations.values()].some(names => names.length > 0)
  const fields = describe?.fields ?? []
  const updates = (operations.get('update') ?? []).length > 0
  return {
    object: describe?.name ?? object,
    found: describe !== undefined,
    usedBy: [...(source ? (['source'] as const) : []), ...(sink || hasActions ? (['sink'] as const) : [])],
    readable: describe?.queryable === true,
    createable: describe?.createable === true,
    updateable: describe?.updateable === true,
    deletable: describe?.deletable === true,
    fields: {
      readable: fields.length,
      createable: fields.filter(field => field.createable).length,
      updateable: fields.filter(field => field.updateable).length,
    },
    readOnlyCustomFields: updates
      ? fields.filter(field => field.custom && !field.calculated && !field.updateable).map(({ name }) => name)
      : [],
  }
}

const textOf = (value: unknown): string | null => (typeof value === 'string' ? value : null)
