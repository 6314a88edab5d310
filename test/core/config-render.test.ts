import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { loadConfig, parseConfig } from '../../src/core/config-load.ts'
import { optionPaths, renderOptions } from '../../src/core/config-render.ts'
import { minimal } from './minimal-config.ts'

const example = new URL('../../config/connector.example.yaml', import.meta.url).pathname

test('the example loads, and shows each default as it is', () => {
  const loaded = loadConfig(example, { SF_CLIENT_SECRET: 'geheim' })
  const defaults = parseConfig(JSON.stringify(minimal), { file: 'minimal.yaml', env: {} })
  expect(loaded).toEqual({
    ...defaults,
    salesforce: {
      ...defaults.salesforce,
      loginUrl: 'https://acme.my.salesforce.com',
      auth: { flow: 'client_credentials', clientId: '3MVG9example', clientSecret: 'geheim' },
    },
  })
})

test('the example names every option', () => {
  const text = readFileSync(example, 'utf8')
  const keys = optionPaths().map(path => path.split('.').at(-1)!)
  expect(keys.filter(key => !new RegExp(`\\b${key}:`).test(text))).toEqual([])
})

test('the table of options has a row for each, with a meaning', () => {
  const rows = renderOptions().trimEnd().split('\n').slice(2)
  expect(rows).toHaveLength(optionPaths().length)
  for (const row of rows) expect(row).toMatch(/^\| `[a-z_.<>]+` \| [^|]+ \| [^|]* \| [^|]{8,} \|$/)
  expect(rows).toContain(
    '| `kafka.sasl.password` | string | required in `kafka.sasl` | Password at the brokers. Secret. |',
  )
  expect(rows).toContain('| `log.level` | debug, info, warn, error | `"info"` | Least severe level that is logged. |')
})
