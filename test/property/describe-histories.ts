import fc from 'fast-check'
import type { ObjectDescribe } from '../../src/core/contract.ts'
import { fieldDescribe, objectDescribe } from '../avro/contact-describe.ts'

/** A value of a REST row for each type that a field of a history can have. */
export const typeNames: Readonly<Record<string, unknown>> = {
  string: 'text',
  boolean: true,
  int: 7,
  long: 8,
  double: 2.5,
  currency: 12.5,
  date: '2026-11-23',
  datetime: '2026-11-23T10:11:12.000+0000',
  time: '10:11:12.000Z',
  multipicklist: 'a;b',
  address: { city: 'Lagos' },
  location: { latitude: 1, longitude: 2 },
}

const names = ['A__c', 'B__c', 'b__c', 'C__c', 'C__c_string', 'C__c_date', 'Home__c', 'HOME__C']

/** How an object changes: each step sets or removes a field; two names of one object never differ in case only. */
export const histories: fc.Arbitrary<ObjectDescribe[]> = fc
  .array(
    fc.record({
      name: fc.constantFrom(...names),
      type: fc.option(fc.constantFrom(...Object.keys(typeNames)), { freq: 4 }),
      scale: fc.nat(3),
    }),
    { minLength: 1, maxLength: 15 },
  )
  .map(steps => {
    const fields = new Map<string, ReturnType<typeof fieldDescribe>>()
    return steps.map(({ name, type, scale }) => {
      fields.delete(name.toLowerCase())
      if (type !== null) fields.set(name.toLowerCase(), fieldDescribe(name, type, { scale }))
      return objectDescribe('Contact', [...fields.values()])
    })
  })
