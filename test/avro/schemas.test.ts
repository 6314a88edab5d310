import { readdirSync, readFileSync } from 'node:fs'
import avsc from 'avsc'
import { expect, test } from 'vitest'

const schemas = new URL('../../schemas/', import.meta.url)

test.each(readdirSync(schemas))('%s stands alone: another tool can read it without the others', file => {
  const schema = JSON.parse(readFileSync(new URL(file, schemas), 'utf8'))
  expect(`${avsc.Type.forSchema(schema).name}.avsc`).toBe(file)
})
