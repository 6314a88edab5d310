import { randomUUID } from 'node:crypto'
import fc from 'fast-check'
import { expect, inject, test } from 'vitest'
import { evolve } from '../../src/avro/evolve.ts'
import { connectRegistry } from '../../src/avro/registry.ts'
import { histories } from './describe-histories.ts'

const registry = connectRegistry({ url: inject('registryUrl') })

test('the registry takes any history of adds, removes and retypes as FULL_TRANSITIVE, and gives it back as it was', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async describes => {
      const subject = `test-${randomUUID()}-value`
      for (const describe of describes) {
        const { schema } = evolve(await registry.history(subject), describe)
        const id = await registry.register(subject, schema)
        expect(await registry.latest(subject)).toEqual({ id, schema })
        expect(evolve(await registry.history(subject), describe).schema).toEqual(schema)
      }
    }),
    { numRuns: 12 },
  )
})

test('an instance that registers a moment later, from an older describe, breaks nothing', async () => {
  await fc.assert(
    fc.asyncProperty(histories, async describes => {
      const subject = `test-${randomUUID()}-value`
      for (const [index, describe] of describes.entries()) {
        const known = await registry.history(subject)
        await registry.register(subject, evolve(known, describe).schema)
        const older = evolve(known, describes[Math.max(0, index - 1)]!)
        // Refused at most because both gave one name to two types; then what is registered by now decides.
        await registry.register(subject, older.schema).catch(async error => {
          expect(error).toMatchObject({ code: 'registry.incompatible' })
          const again = evolve(await registry.history(subject), describes[Math.max(0, index - 1)]!)
          await registry.register(subject, again.schema)
        })
      }
    }),
    { numRuns: 8 },
  )
})
