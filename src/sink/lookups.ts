import type { LeadStatus, Row } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'
import { select, stringLiteral } from '../salesforce/soql.ts'
import type { Command } from './command.ts'
import { type Outcome, refused, rejected, succeededWith } from './outcome.ts'
import { type ReadParts, readRows } from './read-rows.ts'

/** What a command that is looked up first already went through. */
export interface LookedUp {
  readonly command: Command
  /** Whether an earlier request may have been executed without its answer reaching us. */
  readonly unanswered: boolean
}

export interface LookupParts extends ReadParts {
  readonly userId: string
  /** Since when the attempt may have had an effect, epoch ms; asked for only where a user may be its effect. */
  readonly startedAt: () => Promise<number>
}

/** Whether something must be read before the command's own request can be sent (again). */
export const needsLookup = ({ command, unanswered }: LookedUp): boolean =>
  command.definition.lookup !== undefined && (command.definition.lookup !== 'username' || unanswered)

/**
 * Reads what the commands need to know, all of them together, and answers those that need no request of their own (any
 * more); undefined for one that is to be sent. Throws what the reading requests throw.
 */
export async function lookUp(items: readonly LookedUp[], parts: LookupParts): Promise<(Outcome | undefined)[]> {
  const of = (lookup: Command['definition']['lookup']): Command[] =>
    items.map(item => item.command).filter(({ definition }) => definition.lookup === lookup)
  const [members, users, lists] = [of('campaign-member'), of('username'), of('lead-statuses')]
  const queries = {
    statuses: statusQueries(members.filter(({ fields }) => 'Status' in fields)),
    members: memberQueries(members),
    users: userQueries(users),
    lists: lists.length > 0 ? [leadStatusQuery] : [],
  }
  const rows = await readRows(Object.values(queries).flat(), parts)
  const take = (count: number): Row[] => rows.splice(0, count).flat()
  const found: Found = {
    statuses: take(queries.statuses.length),
    members: take(queries.members.length),
    users: take(queries.users.length),
    leadStatuses: take(queries.lists.length).map(readLeadStatus),
    userId: parts.userId,
    startedAt: users.length > 0 ? await parts.startedAt() : 0,
  }
  return items.map(item => answerTo(item, found))
}

interface Found {
  readonly statuses: readonly Row[]
  readonly members: readonly Row[]
  readonly users: readonly Row[]
  readonly leadStatuses: readonly LeadStatus[]
  readonly userId: string
  readonly startedAt: number
}

function answerTo(item: LookedUp, found: Found): Outcome | undefined {
  switch (item.command.definition.lookup) {
    case 'campaign-member':
      return memberAnswer(item, found)
    case 'username':
      return userAnswer(item.command, found)
    case 'lead-statuses':
      return succeededWith({ leadStatuses: found.leadStatuses })
    default:
      return undefined
  }
}

/** Salesforce would silently take the default in the place of a status that the campaign does not have (salesforce-facts 6.7). */
function memberAnswer({ command, unanswered }: LookedUp, { members, statuses }: Found): Outcome | undefined {
  const { CampaignId, ContactId, LeadId, Status } = command.fields
  const member = members.find(
    row =>
      row.CampaignId === CampaignId && (ContactId === undefined ? row.LeadId === LeadId : row.ContactId === ContactId),
  )
  if (member) {
    const differs = Status !== undefined && member.Status !== Status
    const warnings = differs ? [`It was a member already, with the status ${member.Status}; nothing was changed.`] : []
    return succeededWith({ recordId: String(member.Id), created: unanswered ? null : false, warnings })
  }
  if (Status === undefined) return undefined
  const known = statuses.filter(row => row.CampaignId === CampaignId).map(row => String(row.Label))
  // Without any, Salesforce itself says what is wrong with the campaign.
  if (known.length === 0 || known.includes(String(Status))) return undefined
  return rejected(
    new ConnectorError('command.invalid', 'the campaign has no member status of this name', {
      remedy: `Use one of ${known.join(', ')}.`,
    }),
  )
}

/** Who has the Username after a request that was not answered (design 4.2); nobody: it may be sent again. */
function userAnswer(command: Command, { users, userId, startedAt }: Found): Outcome | undefined {
  const fold = (value: unknown): string => String(value).trim().toLowerCase()
  const user = users.find(row => fold(row.Username) === fold(command.fields.Username))
  if (!user) return undefined
  if (user.CreatedById === userId && Date.parse(String(user.CreatedDate)) >= startedAt)
    return succeededWith({ recordId: String(user.Id), created: true })
  const message = 'Duplicate Username: another user has it, so this one was not created.'
  return refused(command, [{ code: 'DUPLICATE_USERNAME', message, fields: ['Username'] }])
}

const leadStatusQuery = select({
  fields: ['Id', 'MasterLabel', 'ApiName', 'IsDefault', 'IsConverted', 'SortOrder'],
  object: 'LeadStatus',
  orderBy: 'SortOrder, Id',
})

const readLeadStatus = (row: Row): LeadStatus => ({
  id: String(row.Id),
  label: String(row.MasterLabel),
  apiName: String(row.ApiName),
  isDefault: row.IsDefault === true,
  isConverted: row.IsConverted === true,
  sortOrder: Number(row.SortOrder),
})

const statusQueries = (commands: readonly Command[]): string[] =>
  cut(unique(commands.map(({ fields }) => fields.CampaignId))).map(ids =>
    select({ fields: ['CampaignId', 'Label'], object: 'CampaignMemberStatus', where: within('CampaignId', ids) }),
  )

/** Each campaign is asked for its own persons only: without that, a query would answer with everybody's every campaign. */
const memberQueries = (commands: readonly Command[]): string[] =>
  cut(commands).map(some => {
    const byCampaign = Map.groupBy(some, ({ fields }) => fields.CampaignId)
    const conditions = [...byCampaign].flatMap(([campaign, own]) =>
      (['ContactId', 'LeadId'] as const).flatMap(name => {
        const persons = unique(own.flatMap(({ fields }) => fields[name] ?? []))
        return persons.length > 0 ? [`(${within('CampaignId', [campaign])} AND ${within(name, persons)})`] : []
      }),
    )
    const fields = ['Id', 'CampaignId', 'ContactId', 'LeadId', 'Status']
    return select({ fields, object: 'CampaignMember', where: conditions.join(' OR ') })
  })

/** A longer one cannot be anybody's (salesforce-facts 6.9). */
const usernameCharsMax = 80
const isUsername = (name: unknown): boolean => typeof name === 'string' && name.length <= usernameCharsMax

const userQueries = (commands: readonly Command[]): string[] =>
  cut(unique(commands.map(({ fields }) => fields.Username).filter(isUsername))).map(names =>
    select({
      fields: ['Id', 'Username', 'CreatedById', 'CreatedDate'],
      object: 'User',
      where: within('Username', names),
    }),
  )

const unique = (values: readonly unknown[]): unknown[] => [...new Set(values)]
const within = (field: string, values: readonly unknown[]): string =>
  `${field} IN (${values.map(value => stringLiteral(String(value))).join(',')})`

/** Commands of one query: as many as leave it well under SOQL's 100,000 characters (salesforce-facts 3.4). */
const perQueryMax = 500

function cut<T>(values: readonly T[]): T[][] {
  const cuts: T[][] = []
  for (let from = 0; from < values.length; from += perQueryMax) cuts.push(values.slice(from, from + perQueryMax))
  return cuts
}
