import { z } from 'zod'
import { doc, section } from './config-section.ts'

const fieldsMax = 800
const conditionCharsMax = 10_000
const fieldName = z
  .string()
  .regex(/^[A-Za-z][A-Za-z0-9_]{0,79}$/, 'a field name of Salesforce, as LastName or Amount__c')

/** One trigger: `true`, `false`, or a mapping of what it publishes. */
const trigger = (type: string) =>
  z
    .preprocess(
      value => (typeof value === 'boolean' ? { enabled: value } : value),
      section({
        enabled: z
          .boolean()
          .default(true)
          .meta(doc(`Publish ${type} events. In short: true or false instead of the mapping.`)),
        fields: z
          .array(fieldName)
          .min(1)
          .max(fieldsMax)
          .exactOptional()
          .meta(doc(`Fields that ${type} events carry, the others being null; default: all.`)),
        where: z
          .string()
          .min(1)
          .max(conditionCharsMax)
          .exactOptional()
          .meta(doc(`Publish ${type} events only of rows that meet this SOQL condition, as "Amount > 1000".`)),
      }),
    )
    .prefault({})
    // Read by editors and by our own messages; true and false stand for a mapping with `enabled` alone.
    .meta({ ...doc(`${type} events.`), type: ['boolean', 'object'] })

/** The triggers of an object; each is on unless switched off. */
export const objectTriggers = section({
  created: trigger('CREATED'),
  updated: trigger('UPDATED'),
  deleted: trigger('DELETED'),
  merged: trigger('MERGED'),
  undeleted: trigger('UNDELETED'),
  snapshot: trigger('SNAPSHOT'),
})
  .prefault({})
  .meta(doc('Which triggers of the object fire, for which rows, and with which fields.'))

export type TriggerOptions = z.output<typeof objectTriggers>[keyof z.output<typeof objectTriggers>]
