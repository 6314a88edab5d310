import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { covers, decodeField, decodeMark, encodeMark, type Mark, restOf } from '../../src/sink/attempt.ts'
import { isRepeatSafe, needsMark } from '../../src/sink/command.ts'
import { judge } from '../../src/sink/outcome.ts'
import { command, recordId } from './parts.ts'

const marks = fc.record({ attempt: fc.uuid(), first: fc.nat(), length: fc.nat(2_000), startedAt: fc.nat(2 ** 42) }).map(
  ({ attempt, first, length, startedAt }): Mark => ({
    attempt,
    first: offset(first),
    last: offset(first + length),
    startedAt,
  }),
)

describe('the mark', () => {
  test('is read as it was written, and fits the metadata of an offset', () => {
    fc.assert(
      fc.property(marks, mark => {
        expect(decodeMark(encodeMark(mark))).toEqual(mark)
        expect(encodeMark(mark).length).toBeLessThan(4_096)
      }),
    )
    expect(decodeMark(encodeMark(undefined))).toBeUndefined()
    expect(encodeMark(undefined)).toBe('')
  })

  test('names the field by which creates are sent, as does a position without a mark', () => {
    fc.assert(
      fc.property(marks, mark => {
        const sent = encodeMark(mark, 'F__c')
        expect([decodeMark(sent), decodeField(sent)]).toEqual([{ ...mark, field: 'F__c' }, 'F__c'])
        const former = encodeMark({ ...mark, field: 'Old__c' }, 'F__c')
        expect(decodeField(former)).toBe('Old__c')
      }),
    )
    const rest = encodeMark(undefined, 'F__c')
    expect([decodeMark(rest), decodeField(rest)]).toEqual([undefined, 'F__c'])
  })

  test('that cannot be read is not taken for none', () => {
    const good = { v: 1, attempt: 'a', first: 1, last: 2, startedAt: 3 }
    expect(decodeMark(JSON.stringify(good))).toBeDefined()
    const wrong = [
      { ...good, v: 2 },
      { ...good, first: 3 },
      { ...good, last: '2' },
      { ...good, startedAt: 1.5 },
      { ...good, attempt: '' },
      { ...good, field: "F'" },
      { v: 1, field: 1 },
      { v: 1 },
    ]
    for (const text of [' ', 'null', '[]', '{', 'consumer-1', ...wrong.map(each => JSON.stringify(each))])
      expect(() => decodeMark(text), text).toThrow(expect.objectContaining({ code: 'kafka.topic_invalid' }))
  })

  test('covers what is left of it, and keeps its attempt and start', () => {
    fc.assert(
      fc.property(marks, fc.nat(3_000), (mark, step) => {
        const next = offset(mark.first + BigInt(step))
        const rest = restOf(mark, next)
        for (const at of [mark.first, next, mark.last, mark.last + 1n].map(n => offset(n)))
          expect(covers(rest, at)).toBe(covers(mark, at) && at >= next)
        if (rest) expect(rest).toMatchObject({ attempt: mark.attempt, startedAt: mark.startedAt, last: mark.last })
      }),
    )
  })
})

describe('by class', () => {
  const classes = [
    ['CreateContact', {}, { safe: false, mark: true }],
    ['CreateContact', { idempotencyField: 'F__c' }, { safe: true, mark: false }],
    ['UpdateContact', {}, { safe: true, mark: false }],
    ['UpdateContact', { expiresAt: 1 }, { safe: true, mark: true }],
    ['DeleteContact', {}, { safe: true, mark: true }],
    ['GetContactById', {}, { safe: true, mark: false }],
    ['SetContactEmailOptOut', {}, { safe: true, mark: false }],
  ] as const

  test.each(classes)('%s %o: %o', (action, changes, { safe, mark }) => {
    const subject = command(1, action, { recordId: recordId as never, ...changes })
    expect({ safe: isRepeatSafe(subject), mark: needsMark(subject) }).toEqual({ safe, mark })
    const unknown = { ok: false, executed: 'unknown', retryable: true, errors: [] } as const
    const once = { sent: 1, refused: 0, unanswered: false }
    expect(judge(subject, unknown, once).kind).toBe(safe ? 'repeat' : 'in-doubt')
    expect(judge(subject, unknown, { ...once, sent: 5 }).kind).toBe('in-doubt')
  })

  const gone = {
    ok: false,
    executed: 'no',
    retryable: false,
    errors: [{ code: 'ENTITY_IS_DELETED', message: 'm', fields: [] }],
  } as const

  test.each([
    ['DeleteContact', true, 'SUCCEEDED'],
    ['DeleteContact', false, 'FAILED'],
    ['UpdateContact', true, 'FAILED'],
  ] as const)('%s of a deleted row, unanswered before: %s -> %s', (action, unanswered, status) => {
    const verdict = judge(command(1, action), gone, { sent: 2, refused: 0, unanswered })
    expect(verdict).toMatchObject({ kind: 'settled', outcome: { status } })
  })

  test('a refusal that passes is repeated, five times at most, whatever the action', () => {
    const locked = { ...gone, retryable: true, errors: [{ code: 'UNABLE_TO_LOCK_ROW', message: 'm', fields: [] }] }
    for (const action of ['CreateContact', 'UpdateContact']) {
      const kinds = [1, 2, 3, 4, 5].map(
        refused => judge(command(1, action), locked, { sent: refused, refused, unanswered: false }).kind,
      )
      expect(kinds).toEqual(['repeat', 'repeat', 'repeat', 'repeat', 'settled'])
    }
  })
})
