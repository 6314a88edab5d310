import { expect, test } from 'vitest'
import { actions } from '../../src/actions.ts'
import type { Row } from '../../src/core/contract.ts'
import type { ApiRequest } from '../../src/salesforce/client.ts'
import { lookUp, needsLookup } from '../../src/sink/lookups.ts'
import { command } from './parts.ts'

interface Composite {
  readonly compositeRequest: readonly { readonly url: string; readonly referenceId: string }[]
}

/** A Salesforce that answers each query with what `rowsOf` says; a page holds at most `pageRows`. */
function org(rowsOf: (soql: string) => readonly Row[], pageRows = 2_000) {
  const queries: string[] = []
  const requests: ApiRequest[] = []
  const pages = new Map<string, readonly Row[]>()
  const page = (rows: readonly Row[]) => {
    const rest = rows.slice(pageRows)
    const nextRecordsUrl = `/services/data/v68.0/query/0r8-${pages.size}`
    if (rest.length > 0) pages.set(nextRecordsUrl, rest)
    return { done: rest.length === 0, records: rows.slice(0, pageRows), ...(rest.length > 0 && { nextRecordsUrl }) }
  }
  const answer = (request: ApiRequest): unknown => {
    if (request.path !== '/composite') return page(pages.get(request.path) ?? [])
    const { compositeRequest } = request.body as Composite
    const compositeResponse = compositeRequest.map(({ url, referenceId }) => {
      const soql = decodeURIComponent(url.split('?q=')[1]!)
      queries.push(soql)
      return { referenceId, httpStatusCode: 200, body: page(rowsOf(soql)) }
    })
    return { compositeResponse }
  }
  const parts = {
    apiVersion: '68.0',
    userId: '005000000000001AAA',
    startedAt: async () => 1_000_000,
    signal: new AbortController().signal,
    request: async <T>(request: ApiRequest) => {
      requests.push(request)
      return { status: 200, headers: {}, body: answer(request) as T, serverDateMs: undefined }
    },
  }
  return { parts, queries, requests }
}

const member = (n: number, fields: Readonly<Record<string, unknown>>) => ({
  command: command(n, 'AddCampaignMember', {
    definition: actions.AddCampaignMember!,
    object: 'CampaignMember',
    fields,
  }),
  unanswered: false,
})
const user = (Username: unknown) => ({
  command: command(1, 'CreateUser', { definition: actions.CreateUser!, object: 'User', fields: { Username } }),
  unanswered: true,
})
const id = (prefix: string, n: number) => `${prefix}${String(n).padStart(12, '0')}AAA`

test('a thousand members of as many campaigns are looked up in one call, each statement within its length', async () => {
  const { parts, queries, requests } = org(() => [])
  const items = Array.from({ length: 1_000 }, (_, n) =>
    member(n, { CampaignId: id('701', n), LeadId: id('00Q', n), Status: 'Sent' }),
  )
  expect(await lookUp(items, parts)).toEqual(items.map(() => undefined))
  expect(requests).toHaveLength(1)
  expect(queries.map(soql => soql.split(' FROM ')[1]!.split(' ')[0])).toEqual([
    'CampaignMemberStatus',
    'CampaignMemberStatus',
    'CampaignMember',
    'CampaignMember',
  ])
  for (const soql of queries) expect(soql.length).toBeLessThan(100_000)
})

test('a member is found on a later page, and only in its own campaign', async () => {
  const [campaign, other] = [id('701', 1), id('701', 2)]
  const rows = Array.from({ length: 5 }, (_, n) => ({
    Id: id('00v', n),
    CampaignId: campaign,
    ContactId: id('003', n),
    LeadId: null,
    Status: 'Sent',
  }))
  const { parts } = org(soql => (soql.includes('FROM CampaignMember ') ? rows : []), 2)
  const answers = await lookUp(
    [
      member(1, { CampaignId: campaign, ContactId: id('003', 4) }),
      member(2, { CampaignId: other, ContactId: id('003', 4) }),
    ],
    parts,
  )
  expect(answers).toMatchObject([{ status: 'SUCCEEDED', recordId: id('00v', 4), created: false }, undefined])
})

test('statuses are asked for only where one is given, and each campaign has its own', async () => {
  const statuses = [
    { CampaignId: id('701', 1), Label: 'Sent' },
    { CampaignId: id('701', 2), Label: 'Attended' },
  ]
  const { parts, queries } = org(soql => (soql.includes('MemberStatus') ? statuses : []))
  const add = (n: number, Status?: string) =>
    member(n, { CampaignId: id('701', n), LeadId: id('00Q', n), ...(Status && { Status }) })
  const answers = await lookUp([add(1, 'Attended'), add(2, 'Attended'), add(3)], parts)
  expect(answers.map(answer => answer?.status)).toEqual(['REJECTED', undefined, undefined])
  expect(queries[0]).not.toContain(id('701', 3))
})

test.each([
  ['made by the connector since the attempt began', '005000000000001AAA', 1_000_000, 'SUCCEEDED'],
  ['made by the connector before', '005000000000001AAA', 999_000, 'FAILED'],
  ['made by somebody else', '005000000000002AAA', 1_000_000, 'FAILED'],
])('a user %s', async (_, CreatedById, createdMs, status) => {
  const CreatedDate = new Date(createdMs).toISOString().replace('Z', '+0000')
  const { parts, queries } = org(() => [{ Id: id('005', 9), Username: 'Ada@Example.com', CreatedById, CreatedDate }])
  const [answer] = await lookUp([user('ada@example.com')], parts)
  expect(answer).toMatchObject({ status, recordId: status === 'SUCCEEDED' ? id('005', 9) : null })
  expect(queries[0]).toContain("Username IN ('ada@example.com')")
})

test('a Username is a literal, and what can be nobody’s is not asked for: it spoils nobody else’s look-up', async () => {
  const { parts, queries } = org(() => [])
  await lookUp([user("x') OR (Id != '"), user('x'.repeat(5_000)), user(undefined)], parts)
  expect(queries).toEqual([
    "SELECT Id, Username, CreatedById, CreatedDate FROM User WHERE Username IN ('x\\') OR (Id != \\'')",
  ])
})

test('only a user whose request was not answered is looked up', () => {
  expect([needsLookup(user('a')), needsLookup({ ...user('a'), unanswered: false })]).toEqual([true, false])
})

test('a query that fails fails the look-up', async () => {
  const { parts } = org(() => [])
  const request = async <T>(request: ApiRequest) => {
    const asked = (request.body as { compositeRequest: { referenceId: string }[] }).compositeRequest
    const failed = { httpStatusCode: 400, body: [{ errorCode: 'INVALID_TYPE', message: 'x' }] }
    const body = { compositeResponse: asked.map(({ referenceId }) => ({ referenceId, ...failed })) }
    return { status: 200, headers: {}, body: body as T, serverDateMs: undefined }
  }
  await expect(lookUp([user('a')], { ...parts, request })).rejects.toMatchObject({ errorCode: 'INVALID_TYPE' })
})
