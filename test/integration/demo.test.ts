import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, inject, test } from 'vitest'

const run = promisify(execFile)

test('demo --once sees every trigger and action with the right content, says so last, and exits 0', {
  timeout: 180_000,
}, async () => {
  const env = {
    ...process.env,
    KAFKA_BROKERS: inject('kafkaBrokers').join(','),
    SCHEMA_REGISTRY_URL: inject('registryUrl'),
  }
  const { stdout } = await run(process.execPath, ['src/cli.ts', 'demo', '--once'], { env })
  const lines = stdout.trimEnd().split('\n')
  expect(lines.at(-1)).toMatch(/^demo: 23\/23 triggers, (\d+)\/\1 actions$/)
  for (const type of ['CREATED', 'UPDATED', 'DELETED', 'MERGED', 'SUCCEEDED'])
    expect(lines.some(line => line.includes(type))).toBe(true)
})
