import { expect, test } from 'vitest'
import { ConnectorError } from '../../src/core/errors.ts'
import { createLog, errorFields } from '../../src/telemetry/log.ts'
import { createMask } from '../../src/telemetry/mask.ts'
import { linesOf } from './lines.ts'

const pem = `-----BEGIN PRIVATE KEY-----
MIIEvQIBADANBgkqhkiG9w0BAQEFAASC
c2hvcnQ=
-----END PRIVATE KEY-----`

test('a line is JSON with time, level, base fields and message', () => {
  const { to, lines } = linesOf()
  createLog({ level: 'info', base: { connector: 'contacts' }, to }).info({ rows: 3 }, 'Polled.')
  const [line] = lines()
  expect(line).toMatchObject({ level: 'info', connector: 'contacts', rows: 3, msg: 'Polled.' })
  expect(line?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
})

test('secrets are masked in fields, messages, errors, escaped and URL-encoded, a PEM key line by line', () => {
  const { to, lines, text } = linesOf()
  const quoted = 'pa"ss&wörd'
  const log = createLog({ level: 'debug', secrets: ['hunter2', quoted, pem], to })
  log.info({ deep: { list: ['x hunter2 y'] }, url: `https://h/?p=${encodeURIComponent(quoted)}` }, `m ${quoted}`)
  log.error({ error: `cause: ${pem}`, line: 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASC' }, 'Task failed.')
  expect(text()).not.toMatch(/hunter2|pa\\"ss|ss%26w|MIIEvQ/)
  expect(lines()[0]).toMatchObject({ deep: { list: ['x *** y'] }, url: 'https://h/?p=***', msg: 'm ***' })
})

test('tokens are masked even if nobody registered them', () => {
  const mask = createMask([])
  expect(mask('Authorization: Bearer abc.def-123== end')).toBe('Authorization: *** end')
  expect(mask('sid=00D000000000001EAA!AQ0AQ.x_y end')).toBe('sid=*** end')
  expect(mask('the bearer of 00D000000000001EAA')).toBe('the *** 00D000000000001EAA')
})

test('a secret of two letters does not garble every line', () => {
  expect(createMask(['is'])('this is it')).toBe('this is it')
})

test('errorFields: code, remedy and causes, bounded; a foreign error is a bug', () => {
  const cause = new Error('socket closed', { cause: new TypeError('deep') })
  const error = new ConnectorError('kafka.unavailable', 'no broker', { cause, remedy: 'Start one.' })
  expect(errorFields(error)).toEqual({
    code: 'kafka.unavailable',
    error: 'no broker',
    remedy: 'Start one.',
    causes: ['Error: socket closed', 'TypeError: deep'],
  })
  expect(errorFields('odd')).toEqual({ code: 'internal.bug', error: 'odd' })
  const endless: Error = new Error('loop')
  endless.cause = endless
  expect(errorFields(endless).causes).toHaveLength(5)
})
