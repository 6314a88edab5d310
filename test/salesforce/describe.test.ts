import { expect, test } from 'vitest'
import type { ApiResponse } from '../../src/salesforce/client.ts'
import { Describes } from '../../src/salesforce/describe.ts'
import type { DescribeChanged } from '../../src/salesforce/describe-changes.ts'

const body = {
  name: 'Contact',
  label: 'Contact',
  keyPrefix: '003',
  createable: true,
  urls: { sobject: '/x' },
  fields: [
    {
      name: 'VIP__c',
      type: 'boolean',
      custom: true,
      createable: true,
      picklistValues: [],
      referenceTo: [],
      soapType: 'xsd:boolean',
    },
    {
      name: 'LeadSource',
      type: 'picklist',
      picklistValues: [{ value: 'Web', label: 'Web', active: true, defaultValue: false, validFor: null }],
    },
  ],
}

const answer = (status: number, content: unknown, headers: Record<string, string> = {}): ApiResponse<unknown> => ({
  status,
  headers,
  body: content,
  serverDateMs: undefined,
})

/** Describes whose answers are given one by one, at a time that is set. */
function describesWith(...answers: ApiResponse<unknown>[]) {
  const asked: { path: string; since: string | undefined }[] = []
  const time = { ms: 0 }
  const changed: DescribeChanged[] = []
  const fetch = async (path: string, since: string | undefined) => {
    asked.push({ path, since })
    const next = answers.shift()
    if (!next) throw new Error('asked too often')
    return next
  }
  const onChanged = (change: DescribeChanged): void => void changed.push(change)
  return { describes: new Describes(fetch, () => time.ms, onChanged), asked, time, changed }
}

test('keeps what the contract names, with the types it names', async () => {
  const { describes, asked } = describesWith(answer(200, body))
  const contact = await describes.get('Contact')
  expect(contact).toMatchObject({ name: 'Contact', keyPrefix: '003', createable: true, deletable: false })
  expect(contact).not.toHaveProperty('urls')
  expect(contact.fields[0]).toMatchObject({
    name: 'VIP__c',
    type: 'boolean',
    custom: true,
    compoundFieldName: null,
    length: 0,
  })
  expect(contact.fields[0]).not.toHaveProperty('soapType')
  expect(contact.fields[1]!.picklistValues).toEqual([{ value: 'Web', label: 'Web', active: true, defaultValue: false }])
  expect(asked).toEqual([{ path: '/sobjects/Contact/describe', since: undefined }])
})

test('asks once for all who wait, and not again for five minutes', async () => {
  const { describes, asked, time } = describesWith(answer(200, body))
  const [first] = await Promise.all(['Contact', 'contact', 'CONTACT'].map(name => describes.get(name)))
  time.ms = 299_999
  expect(await describes.get('Contact')).toBe(first)
  expect(asked).toHaveLength(1)
})

test('then asks whether it changed', async () => {
  const modified = 'Mon, 23 Nov 2026 10:11:12 GMT'
  const changed = { ...body, label: 'Person' }
  const { describes, asked, time } = describesWith(
    answer(200, body, { 'last-modified': modified }),
    answer(304, undefined),
    answer(200, changed),
    answer(200, changed),
  )
  const first = await describes.get('Contact')
  time.ms = 300_000
  expect(await describes.get('Contact')).toBe(first)
  time.ms = 600_000
  expect((await describes.get('Contact')).label).toBe('Person')
  time.ms = 900_000
  await describes.get('Contact')
  // An answer without the date, as inside a composite, leaves nothing to compare with.
  expect(asked.map(({ since }) => since)).toEqual([undefined, modified, modified, undefined])
})

test('tells which fields were added, removed, retyped or altered, and keeps the same object otherwise', async () => {
  const [vip, source] = body.fields
  const phone = { name: 'Phone', type: 'phone' }
  const { describes, time, changed } = describesWith(
    answer(200, body),
    answer(200, { ...body, urls: { sobject: '/y' } }),
    answer(200, { ...body, fields: [vip, { ...source, picklistValues: [] }, phone] }),
    answer(200, { ...body, fields: [{ ...vip, type: 'string' }, phone] }),
  )
  const first = await describes.get('Contact')
  expect(changed).toEqual([])
  time.ms += 300_000
  expect(await describes.get('Contact')).toBe(first) // a 200 for something that is not read
  expect(changed).toEqual([])
  time.ms += 300_000
  expect(await describes.get('Contact')).not.toBe(first)
  time.ms += 300_000
  await describes.get('contact')
  const none = { object: 'Contact', added: [], removed: [], retyped: [], altered: [] }
  expect(changed).toEqual([
    { ...none, added: ['Phone'], altered: ['LeadSource'] },
    { ...none, removed: ['LeadSource'], retyped: ['VIP__c'] },
  ])
})

test('objects that were asked about at different times are asked about together again', async () => {
  const { describes, asked, time } = describesWith(...Array.from({ length: 4 }, () => answer(200, body)))
  await describes.get('Contact')
  time.ms = 200_000
  await describes.get('Lead')
  time.ms = 300_000
  await Promise.all([describes.get('Contact'), describes.get('Lead')])
  expect(asked).toHaveLength(4)
})

test('a failure is not remembered', async () => {
  const { describes } = describesWith(answer(200, { error: 'no describe' }), answer(200, body))
  await expect(describes.get('Contact')).rejects.toMatchObject({ code: 'salesforce.bad_answer' })
  expect((await describes.get('Contact')).name).toBe('Contact')
})

test('a name that is none is never asked for', async () => {
  const { describes, asked } = describesWith()
  await expect(describes.get('Contact/../../query')).rejects.toMatchObject({ code: 'salesforce.invalid_query' })
  expect(asked).toEqual([])
})
