import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import avsc from 'avsc'
import { expect, test } from 'vitest'
import { goldenSchemas, schemasDir } from './write-schemas.ts'

const golden = goldenSchemas()

test('schemas/ holds the schemas as they are generated, and nothing else', () => {
  expect(readdirSync(schemasDir).sort(), 'run `npm run schemas`').toEqual([...golden.keys()].sort())
  for (const [file, content] of golden)
    expect(readFileSync(join(schemasDir, file), 'utf8'), `${file}: run \`npm run schemas\``).toBe(content)
})

test('each stands alone: another tool can read it without the others', () => {
  for (const [file, content] of golden) expect(`${avsc.Type.forSchema(JSON.parse(content)).name}.avsc`).toBe(file)
})
