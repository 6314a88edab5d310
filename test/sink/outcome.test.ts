import { expect, test } from 'vitest'
import { actions } from '../../src/actions.ts'
import { judge } from '../../src/sink/outcome.ts'
import { command } from './parts.ts'

const attempts = { sent: 1, refused: 0, unanswered: false }
const refusal = (code: string) =>
  ({ ok: false, executed: 'no', retryable: false, errors: [{ code, message: 'no', fields: [] }] }) as const
const add = command(1, 'AddCampaignMember', { definition: actions.AddCampaignMember! })
const createUser = command(2, 'CreateUser', { definition: actions.CreateUser! })
const create = command(3, 'CreateContact', { definition: actions.CreateContact! })

test('a member that somebody added in the meantime is looked up', () => {
  expect(judge(add, refusal('DUPLICATE_VALUE'), attempts)).toEqual({ kind: 'repeat', unanswered: false })
  expect(judge(create, refusal('DUPLICATE_VALUE'), attempts).kind).toBe('settled')
})

test('a Username that is taken is looked up only if the earlier request may have taken it', () => {
  const taken = refusal('DUPLICATE_USERNAME')
  expect(judge(createUser, taken, { ...attempts, sent: 2, unanswered: true })).toEqual({
    kind: 'repeat',
    unanswered: false,
  })
  expect(judge(createUser, taken, attempts)).toMatchObject({
    outcome: { status: 'FAILED', errors: [{ code: 'DUPLICATE_USERNAME' }] },
  })
})

test('what the look-up does not find is answered in the end', () => {
  expect(judge(add, refusal('DUPLICATE_VALUE'), { ...attempts, sent: 5 })).toMatchObject({
    kind: 'settled',
    outcome: { status: 'FAILED', errors: [{ code: 'DUPLICATE_VALUE' }] },
  })
})

test('an upsert says whether the row is new', () => {
  const upsert = command(4, 'UpsertContact', { definition: { ...actions.UpdateContact!, operation: 'upsert' } })
  for (const created of [true, false])
    expect(judge(upsert, { ok: true, id: '003000000000001AAA', created }, attempts)).toMatchObject({
      outcome: { status: 'SUCCEEDED', recordId: '003000000000001AAA', created },
    })
})
