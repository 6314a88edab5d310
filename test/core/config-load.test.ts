// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { loadConfig, parseConfig } from '../../src/core/config-load.ts'
import { redact, secretsOf } from '../../src/core/config-options.ts'
import { ConnectorError } from '../../src/core/errors.ts'
import { minimal } from './minimal-config.ts'

const directory = mkdtempSync(join(tmpdir(), 'config-'))
afterAll(() => rmSync(directory, { recursive: true }))

const parse = (text: string, env: Record<string, string> = {}) => parseConfig(text, { file: 'c.yaml', env })
const with_ = (change: object) => JSON.stringify({ ...minimal, ...change })

function problemsOf(run: () => unknown): string[] {
  try {
    run()
  } catch (error) {
    if (!(error instanceof ConnectorError)) throw error
    expect(error.code).toBe('config.invalid')
    expect(error.remedy).not.toBe('')
    return error.message.split('\n').slice(1)
  }
  throw new Error('the config was accepted')
}

const yaml = (lines: string) => `connector: contacts
environment: dev
salesforce:
  login_url: https://org.example.com
  auth:
    flow: client_credentials
    client_id: id
    client_secret: hunter2
kafka: { brokers: [localhost:9092] }
registry: { url: http://localhost:8081 }
${lines}`

const on = { enabled: true }
const allTriggers = { created: on, updated: on, deleted: on, merged: on, undeleted: on, snapshot: on }

test('a minimal config is filled with defaults, in camelCase', () => {
  const config = parse(JSON.stringify(minimal))
  expect(config.salesforce.loginUrl).toBe('https://org.example.com')
  expect(config.kafka).toMatchObject({ sessionTimeoutMs: 180_000, createTopics: true, topicPrefix: 'salesforce' })
  expect(Object.keys(config.source.objects)).toHaveLength(8)
  expect(config.source.objects.Contact).toEqual({ triggers: allTriggers })
  expect(config.source.start).toBe('now')
})

test('object names stay as they are written; a start time becomes epoch ms', () => {
  const created = { fields: ['Name', 'Amount__c'], where: 'Amount__c > 0' }
  const objects = { Invoice_Line__c: { interval_ms: 500, triggers: { created, updated: true, deleted: false } } }
  const idempotency = { idempotency_fields: { Contact: 'Command_Id__c' } }
  const config = parse(with_({ source: { start: '2026-01-31T00:00:00+01:00', objects }, sink: idempotency }))
  expect(config.source.objects).toEqual({
    Invoice_Line__c: {
      intervalMs: 500,
      triggers: { ...allTriggers, created: { enabled: true, ...created }, deleted: { enabled: false } },
    },
  })
  expect(config.source.start).toBe(Date.UTC(2026, 0, 30, 23))
  expect(config.sink.idempotencyFields).toEqual({ Contact: 'Command_Id__c' })
})

describe('problems name key, place, what was expected and what was found', () => {
  test.each([
    ['source: { interval: 3 }', 'c.yaml:11:11: source.interval: unknown key; did you mean interval_ms?'],
    ['zzzzzzzz: 1', /^c\.yaml:11:1: zzzzzzzz: unknown key; known here: connector, environment, salesforce,/],
    ['http: { port: "80" }', 'c.yaml:11:9: http.port: expected a whole number, found "80"'],
    ['http: { port: 70000 }', 'c.yaml:11:9: http.port: expected at most 65535, found 70000'],
    ['log: { level: loud }', 'c.yaml:11:8: log.level: expected one of debug, info, warn, error, found "loud"'],
    ['sink: { enabled: 1 }', 'c.yaml:11:9: sink.enabled: expected true or false, found 1'],
    ['sink: { objects: [A, "b c"] }', /^c\.yaml:11:22: sink\.objects\.1: expected an object name .*, found "b c"$/],
    ['source: { objects: { "1x": {} } }', /^c\.yaml:11:22: source\.objects\.1x: this name is not an object name/],
    [
      'source: { start: yesterday }',
      /^c\.yaml:11:11: source\.start: expected now, earliest, snapshot or a time.*"yesterday"$/,
    ],
    ['http:', 'c.yaml:11:1: http: expected a mapping, found nothing'],
  ])('%s', (line, problem) => {
    const found = problemsOf(() => parse(yaml(line)))
    expect(found).toEqual([typeof problem === 'string' ? problem : expect.stringMatching(problem)])
  })

  test('all of them, in the order of the file', () => {
    const found = problemsOf(() => parse('enviroment: dev\nkafka:\n  brokers: nowhere\nregistry: { url: "ftp://x" }'))
    expect(found).toEqual([
      'c.yaml:1:1: connector: missing; expected text',
      'c.yaml:1:1: environment: missing; expected text',
      'c.yaml:1:1: salesforce: missing; expected a mapping',
      'c.yaml:1:1: enviroment: unknown key; did you mean environment?',
      'c.yaml:3:3: kafka.brokers: expected a list, found "nowhere"',
      expect.stringMatching(/^c\.yaml:4:13: registry\.url: expected a URL .*, found "ftp:\/\/x"$/),
    ])
  })

  test.each([
    ['a: [', /^c\.yaml:1:5: not valid YAML: /],
    ['log: {}\nlog: {}', /^c\.yaml:2:1: not valid YAML: Map keys must be unique/],
    ['salesforce: {auth: {client_secret: ${env:X}}}', /inside \{ \} or \[ \], put "\$\{…\}" in quotes/],
    ['- x', /^c\.yaml:1:1: expected a mapping, found a list$/],
  ])('%j', (text, problem) => {
    expect(problemsOf(() => parse(text))).toEqual([expect.stringMatching(problem)])
  })

  test('a file that cannot be read', () => {
    expect(() => loadConfig(join(directory, 'none.yaml'), {})).toThrow(/none\.yaml cannot be read \(ENOENT\)/)
  })
})

test('the flow of auth decides its keys', () => {
  const auth = { flow: 'jwt_bearer', client_id: 'id', client_secret: 'geheim' }
  const found = problemsOf(() => parse(with_({ salesforce: { login_url: 'https://x', auth } })))
  expect(found.join('\n')).toMatch(/salesforce\.auth\.username: missing/)
  expect(found.join('\n')).toMatch(/salesforce\.auth\.client_secret: unknown key/)
  const wrong = problemsOf(() => parse(with_({ salesforce: { login_url: 'https://x', auth: { flow: 'magic' } } })))
  expect(wrong).toEqual([
    expect.stringMatching(
      /auth\.flow: expected one of client_credentials, jwt_bearer, refresh_token, password, found "magic"/,
    ),
  ])
})

describe('where to sign in', () => {
  const jwt = { flow: 'jwt_bearer', client_id: 'id', username: 'u', private_key: 'geheim' }
  const urlOf = (login_url: string): string =>
    parse(with_({ salesforce: { login_url, auth: jwt } })).salesforce.loginUrl
  test.each([
    ['production', 'https://login.salesforce.com'],
    ['sandbox', 'https://test.salesforce.com'],
    ['https://acme--uat.sandbox.my.salesforce.com/', 'https://acme--uat.sandbox.my.salesforce.com'],
    ['http://localhost:8080', 'http://localhost:8080'],
  ])('%s', (given, url) => expect(urlOf(given)).toBe(url))

  const clientCredentials = { flow: 'client_credentials', client_id: 'id', client_secret: 'geheim' }
  test.each([
    ['acme.my.salesforce.com', jwt, /login_url: expected production, sandbox, or a URL/],
    ['constructor', jwt, /login_url: expected production, sandbox, or a URL/],
    [
      'https://acme.lightning.force.com',
      jwt,
      /login_url: this is the address of the user interface; .*Setup > My Domain/,
    ],
    ['production', clientCredentials, /login_url: client_credentials works at the My Domain URL .*Setup > My Domain/],
    ['sandbox', clientCredentials, /login_url: client_credentials works at the My Domain URL/],
    ['https://test.salesforce.com/', clientCredentials, /login_url: client_credentials works at the My Domain URL/],
  ])('%s: told before any call', (login_url, auth, problem) => {
    expect(problemsOf(() => parse(with_({ salesforce: { login_url, auth } })))).toEqual([
      expect.stringMatching(problem),
    ])
  })

  test('the token file is relative to the config file', () => {
    const auth = { flow: 'refresh_token', client_id: 'id', refresh_token: 'geheim', token_file: 'state/token.json' }
    const text = with_({ salesforce: { login_url: 'sandbox', auth } })
    const config = parseConfig(text, { file: '/etc/connector/c.yaml', env: {} })
    expect(config.salesforce.auth).toMatchObject({ tokenFile: '/etc/connector/state/token.json' })
    expect(secretsOf(config)).toContain('geheim')
  })
})

describe('secrets never show', () => {
  const shown = (change: object): string => problemsOf(() => parse(with_(change))).join('\n')
  test.each([
    { kafka: { brokers: ['h:1'], sasl: 'geheim' } },
    { kafka: { brokers: ['h:1'], sasl: { mechanism: 'plain', username: 'u', password: ['geheim'] } } },
    { registry: { url: 'https://u:geheim@registry' } },
    { registry: { url: 'http://r', password: 4711, passwort: 'geheim' } },
    { salesforce: { login_url: 'https://x', auth: 'geheim' } },
  ])('%j', change => {
    expect(shown(change)).not.toMatch(/geheim|4711/)
  })

  test('a value that came by reference is named by the reference', () => {
    const found = problemsOf(() => parse(yaml('http: { port: "${env:PORT}" }'), { PORT: 'geheim' }))
    expect(found).toEqual(['c.yaml:11:9: http.port: expected a whole number, found the value of ${env:PORT}'])
  })

  test('redact and secretsOf know them all', () => {
    const kafka = { brokers: ['h:1'], sasl: { mechanism: 'plain', username: 'u', password: 'sasl-pw' } }
    const config = parse(with_({ kafka, registry: { url: 'http://r', username: 'u', password: 'reg-pw' } }))
    expect(secretsOf(config).toSorted()).toEqual(['hunter2', 'reg-pw', 'sasl-pw'])
    expect(JSON.stringify(redact(config))).not.toMatch(/hunter2|reg-pw|sasl-pw/)
    expect(redact(config).kafka.brokers).toEqual(['h:1'])
  })
})

describe('references', () => {
  const unset = (text: string) => problemsOf(() => parse(yaml(text)))

  test('environment, default, file, escape; numbers and booleans take their type', () => {
    writeFileSync(join(directory, 'secret'), 'from-file\n')
    const text = yaml(`http: { port: "\${env:PORT}", host: "\${env:HOST:-127.0.0.1}" }
sink: { enabled: "\${env:SINK}" }`).replace('hunter2', '${file:secret}')
    writeFileSync(join(directory, 'c.yaml'), text)
    const config = loadConfig(join(directory, 'c.yaml'), { PORT: '9000', SINK: 'false', HOST: '' })
    expect(config.http).toEqual({ port: 9000, host: '127.0.0.1' })
    expect(config.sink.enabled).toBe(false)
    expect(config.salesforce.auth).toMatchObject({ clientSecret: 'from-file' })
  })

  test('a numeric secret stays text, a value is not looked at again, $${ is ${', () => {
    const auth = { flow: 'client_credentials', client_id: '$${env:A}-${env:B}', client_secret: '${env:SECRET}' }
    const text = with_({ salesforce: { login_url: 'https://x', auth } })
    const config = parse(text, { SECRET: '0123', B: '${env:SECRET}' })
    expect(config.salesforce.auth).toMatchObject({ clientId: '${env:A}-${env:SECRET}', clientSecret: '0123' })
  })

  test('what cannot be looked up is one problem, at its place', () => {
    expect(unset('http: { port: "${env:PORT}" }')).toEqual([
      'c.yaml:11:9: http.port: environment variable PORT is not set',
    ])
    expect(unset('http: { host: "${file:none}" }')).toEqual([
      expect.stringMatching(/^c\.yaml:11:9: http\.host: file .*none cannot be read \(ENOENT\)$/),
    ])
    expect(unset('http: { host: "${HOST}" }')).toEqual([
      expect.stringMatching(/\$\{HOST\} is not a reference; expected \$\{env:NAME\}/),
    ])
  })
})

test.each([
  [
    { session_timeout_ms: 130_000 },
    /kafka\.session_timeout_ms: 130000 must be .*salesforce\.request_timeout_ms \(120000\)/,
  ],
  [{ rebalance_timeout_ms: 150_000 }, /kafka\.rebalance_timeout_ms: 150000 .*kafka\.transaction_timeout_ms \(30000\)/],
  [
    { transaction_timeout_ms: 180_000, rebalance_timeout_ms: 400_000 },
    /kafka\.transaction_timeout_ms: 180000 .*kafka\.session_timeout_ms \(180000\)/,
  ],
])('times that would break a guarantee are refused, both keys named: %j', (times, problem) => {
  const kafka = { brokers: ['h:1'], ...times }
  expect(problemsOf(() => parse(with_({ kafka })))).toEqual([expect.stringMatching(problem)])
})

test('the shortest times the tests use are legal', () => {
  const kafka = { brokers: ['h:1'], session_timeout_ms: 6_000, rebalance_timeout_ms: 8_000, heartbeat_interval_ms: 300 }
  const salesforce = { ...minimal.salesforce, request_timeout_ms: 2_000 }
  expect(() => parse(with_({ salesforce, kafka: { ...kafka, transaction_timeout_ms: 3_000 } }))).not.toThrow()
})
