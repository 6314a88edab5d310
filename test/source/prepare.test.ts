import { expect, test } from 'vitest'
import type { ObjectDescribe } from '../../src/core/contract.ts'
import { refuseUnreadable } from '../../src/source/prepare.ts'

const objectOf = (names: readonly string[], queryable = true): ObjectDescribe =>
  ({ name: 'Thing__History', queryable, fields: names.map(name => ({ name })) }) as unknown as ObjectDescribe

test('an object whose changes no query can find is refused by name, with what it lacks', () => {
  expect(() => refuseUnreadable(objectOf(['Id', 'CreatedDate', 'SystemModstamp']))).not.toThrow()
  expect(() => refuseUnreadable(objectOf(['Id', 'CreatedDate']))).toThrow(
    'source.objects.Thing__History cannot be polled: it has no SystemModstamp',
  )
  expect(() => refuseUnreadable(objectOf(['Id', 'CreatedDate', 'SystemModstamp'], false))).toThrow(
    'source.objects.Thing__History cannot be polled: the user may not query it',
  )
})
