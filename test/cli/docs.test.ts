import { readdirSync, readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { renderDocs } from '../../src/cli/docs.ts'

const root = new URL('../../', import.meta.url)
const rendered = renderDocs()

test.each([...rendered])('%s is in step (npm run docs)', (path, text) => {
  expect(readFileSync(new URL(path, root), 'utf8')).toBe(text)
})

test('schemas/ holds nothing that is no longer generated', () => {
  const names = readdirSync(new URL('schemas/', root)).map(name => `schemas/${name}`)
  expect(names.filter(name => !rendered.has(name))).toEqual([])
})

test('the config schema is one that editors know, closed to unknown keys', () => {
  const schema = JSON.parse(rendered.get('config/connector.schema.json')!) as Record<string, unknown>
  expect(schema).toMatchObject({ $schema: 'https://json-schema.org/draft/2020-12/schema', additionalProperties: false })
  expect(schema.required).toEqual(['connector', 'environment', 'salesforce', 'kafka', 'registry'])
})
