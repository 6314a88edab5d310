import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { reportFailure } from '../../src/cli/failure.ts'
import { parseConfig } from '../../src/core/config-load.ts'
import { redact, secretsOf } from '../../src/core/config-options.ts'
import { connectSalesforce } from '../../src/salesforce/client.ts'
import { executeGroups } from '../../src/salesforce/composite.ts'
import { createEvents } from '../../src/telemetry/events.ts'
import { createLog, errorFields } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { fakeTerminal } from '../cli/fake-terminal.ts'
import { json, orgId, type Received, settingsFor, signedIn, startCanned, userId } from '../salesforce/canned-server.ts'
import { linesOf } from '../telemetry/lines.ts'
import { leaksIn, marks, privateKey } from './marks.ts'
import { configWith, ownDirectory, runProduct } from './product.ts'

const flows = {
  client_credentials: { flow: 'client_credentials', client_id: 'app', client_secret: marks.clientSecret },
  jwt_bearer: { flow: 'jwt_bearer', client_id: 'app', username: 'a@b.c', private_key: privateKey },
  refresh_token: {
    flow: 'refresh_token',
    client_id: 'app',
    client_secret: marks.clientSecret,
    refresh_token: marks.refreshToken,
  },
  password: {
    flow: 'password',
    client_id: 'app',
    client_secret: marks.clientSecret,
    username: 'a@b.c',
    password: marks.password,
    security_token: marks.securityToken,
  },
} as const
const flowNames = Object.keys(flows) as (keyof typeof flows)[]

/** All that a request held, as a careless server or gateway quotes it. */
const echo = ({ method, path, headers, body }: Received): string =>
  `${method} ${path} ${JSON.stringify(headers)} ${body} ${decodeURIComponent(body.replaceAll('+', ' '))}`

type Echo = (request: Received, response: Parameters<typeof json>[0]) => void
const echoes: Readonly<Record<string, Echo>> = {
  'an OAuth error': (request, response) =>
    json(response, 400, { error: 'invalid_grant', error_description: echo(request) }),
  'an OAuth error whose code is the request': (request, response) => json(response, 400, { error: echo(request) }),
  'a JSON error': (request, response) => json(response, 400, [{ errorCode: 'INVALID_FIELD', message: echo(request) }]),
  'a JSON 401': (request, response) =>
    json(response, 401, [{ errorCode: 'INVALID_SESSION_ID', message: echo(request) }]),
  'HTML 502': (request, response) =>
    response.writeHead(502, { 'content-type': 'text/html' }).end(`<p>${echo(request)}</p>`),
  'a success that is none': (request, response) => response.writeHead(200).end(echo(request)),
  'a redirect': (request, response) =>
    response.writeHead(302, { location: `/?${encodeURIComponent(echo(request))}` }).end(),
}
const echoNames = Object.keys(echoes)

describe.each(flowNames)('flow %s', flow => {
  test('secrets of the config are known as such, and a printed config shows none', () => {
    const directory = ownDirectory()
    const text = JSON.stringify(configWith(flows[flow], 'https://acme.my.salesforce.com', directory))
    const config = parseConfig(text, { file: `${directory}/c.yaml`, env: {} })
    expect(leaksIn(JSON.stringify(config)).length).toBeGreaterThan(0)
    expect(leaksIn(JSON.stringify(redact(config)))).toEqual([])
    expect(leaksIn(secretsOf(config).join(' ')).length).toBeGreaterThan(0)
  })

  test.each(echoNames)(
    'a sign-in answered with %s that quotes the request: what the error says, before any mask',
    async name => {
      const server = await startCanned(echoes[name]!)
      const directory = ownDirectory()
      const text = JSON.stringify(configWith(flows[flow], server.url, directory))
      const config = parseConfig(text, { file: `${directory}/c.yaml`, env: {} })
      const { to, text: logged } = linesOf()
      const events = createEvents(createLog({ level: 'debug', to }), createMetrics())
      const error: unknown = await connectSalesforce(config.salesforce, events).catch(cause => cause)
      expect(error).toBeInstanceOf(Error)
      expect(server.received.some(({ path }) => path === '/services/oauth2/token')).toBe(true)
      const terminal = fakeTerminal()
      reportFailure(error, terminal, { debug: true, secrets: [] })
      events.taskFailed({ task: 'test', error, stage: 'execute' })
      expect(leaksIn(`${terminal.noteText()}\n${terminal.outText()}\n${logged()}`)).toEqual([])
    },
  )

  test('the whole product, with a sign-in that is refused and quotes the request', async () => {
    const server = await startCanned(echoes['an OAuth error']!)
    const directory = ownDirectory()
    const { code, output } = await runProduct(configWith(flows[flow], server.url, directory), directory)
    expect(code).not.toBe(0)
    expect(output).toContain('error:')
    expect(leaksIn(output)).toEqual([])
  })
})

/** A token of a shape that no pattern knows, so that only knowing it helps. */
const signedInMarked =
  (respond: Echo): Echo =>
  (request, response) => {
    const host = `http://${request.headers.host}`
    if (request.path === '/services/oauth2/token')
      return json(response, 200, {
        access_token: marks.accessToken,
        refresh_token: `${marks.refreshToken}.next`,
        instance_url: host,
        id: `${host}/id/${orgId}/${userId}`,
      })
    signedIn(respond)(request, response)
  }

test('brokers that cannot be reached: the debug log shows no password', async () => {
  const server = await startCanned(signedInMarked((_, response) => json(response, 200, {})))
  const directory = ownDirectory()
  const { code, output } = await runProduct(configWith(flows.client_credentials, server.url, directory), directory)
  expect(code).not.toBe(0)
  expect(output).toContain('could not connect to Kafka')
  expect(leaksIn(output)).toEqual([])
})

test('a crash: what is thrown where nobody catches it is masked, and ends the process with 1', async () => {
  const server = await startCanned(() => undefined) // the sign-in waits
  const directory = ownDirectory()
  const thrown = `Object.assign(new Error(${JSON.stringify(marks.clientSecret)}), { config: { password: ${JSON.stringify(
    marks.saslPassword,
  )} }, cause: new Error('Basic ' + ${JSON.stringify(marks.registryPassword)}) })`
  for (const crash of [`throw ${thrown}`, `Promise.reject(${thrown})`]) {
    // By then the config is read, and the sign-in under way.
    const file = join(directory, 'crash.mjs')
    writeFileSync(
      file,
      `import { Socket } from 'node:net'
      Socket.prototype.connect = new Proxy(Socket.prototype.connect, {
        apply(target, self, args) {
          setTimeout(() => { ${crash} }, 50)
          return Reflect.apply(target, self, args)
        },
      })`,
    )
    const env = { NODE_OPTIONS: `--import ${file}` }
    const config = configWith(flows.client_credentials, server.url, directory)
    const { code, output } = await runProduct(config, directory, { env })
    expect(output).toContain('error: ')
    expect(leaksIn(output)).toEqual([])
    expect(code).toBe(1)
  }
})

test.each([
  ['login_url', { salesforce: { login_url: `https://user:${marks.urlPassword}@acme.my.salesforce.com` } }],
  ['registry.url', { registry: { url: `http://user:${marks.urlPassword}@127.0.0.1:1` } }],
  ['brokers', { kafka: { brokers: [`user:${marks.urlPassword}@127.0.0.1:9092`] } }],
  ['an unknown key', { kafka: { sasl_password: marks.saslPassword } }],
  ['a secret one level too high', { salesforce: { auth: marks.clientSecret } }],
  ['a secret of another type', { kafka: { sasl: { password: [marks.saslPassword] } } }],
])('a config that is wrong at %s is refused without showing what stands there', async (_, changes) => {
  const directory = ownDirectory()
  const config = configWith(flows.client_credentials, 'https://acme.my.salesforce.com', directory) as Record<
    string,
    object
  >
  const wrong = { ...config }
  for (const [section, change] of Object.entries(changes)) wrong[section] = { ...config[section], ...change }
  const { code, output } = await runProduct(wrong, directory)
  expect(code).toBe(3)
  expect(leaksIn(output)).toEqual([])
})

describe('proxies named by the environment', () => {
  test('one that refuses the password', async () => {
    const proxy = await startCanned((request, response) => response.writeHead(407).end(echo(request)))
    const directory = ownDirectory()
    const url = proxy.url.replace('//', `//user:${marks.proxyPassword}@`)
    const env = { HTTPS_PROXY: url, HTTP_PROXY: url, NO_PROXY: '' }
    for (const login of ['http://instance.invalid', 'https://instance.invalid']) {
      const config = configWith(flows.client_credentials, login, directory)
      const { code, output } = await runProduct(config, directory, { env })
      expect(code).not.toBe(0)
      expect(leaksIn(output)).toEqual([])
    }
  })

  test('a value that is no URL', async () => {
    const directory = ownDirectory()
    const env = { HTTPS_PROXY: `user:${marks.proxyPassword}@nowhere`, NO_PROXY: '' }
    const config = configWith(flows.client_credentials, 'https://instance.invalid', directory)
    const { code, output } = await runProduct(config, directory, { env })
    expect(code).toBe(3)
    expect(output).toContain('HTTPS_PROXY')
    expect(leaksIn(output)).toEqual([])
  })
})

test.each(echoNames)(
  'a call answered with %s that quotes the request: error, log, metrics, results of rows',
  async name => {
    const server = await startCanned(signedInMarked(echoes[name]!))
    const { to, text } = linesOf()
    const metrics = createMetrics()
    // No secret is registered here: what reaches the log must be clean before the mask.
    const events = createEvents(createLog({ level: 'debug', to }), metrics)
    const client = await connectSalesforce(settingsFor(server.url), events)
    try {
      const rows = [{ LastName: 'x' }]
      const failures: unknown[] = [
        await client.request({ method: 'GET', path: '/x', repeat: 'safe' }).catch(error => error),
        await executeGroups(client, [{ operation: 'create', object: 'Contact', rows }]).catch(error => error),
      ]
      for (const error of failures) events.taskFailed({ task: 'test', error, stage: 'execute' })
      const everything = [
        text(),
        await metrics.registry.metrics(),
        JSON.stringify(failures.map(errorFields)),
        JSON.stringify(failures),
      ]
      expect(leaksIn(everything.join('\n'))).toEqual([])
      expect(leaksIn(JSON.stringify(client))).toEqual([])
    } finally {
      await client.close()
    }
  },
)

test('a session id in a row’s error, put there by a rule of the org, is masked', async () => {
  const session = `${orgId.slice(0, 15)}!AQEAQMARKed.x_y`
  const error = { statusCode: 'FIELD_CUSTOM_VALIDATION_EXCEPTION', message: `at ${session}`, fields: [] }
  const server = await startCanned(
    signedIn((_, response) => json(response, 200, [{ success: false, errors: [error] }])),
  )
  const client = await connectSalesforce(
    settingsFor(server.url),
    createEvents(createLog({ level: 'error' }), createMetrics()),
  )
  const results = await executeGroups(client, [{ operation: 'create', object: 'Contact', rows: [{}] }])
  await client.close()
  expect(results[0]![0]).toMatchObject({ ok: false, errors: [{ message: 'at ***' }] })
})

test('the test itself finds a leak', () => {
  for (const secret of Object.values(marks))
    expect(leaksIn(`x ${encodeURIComponent(secret)} y`).length).toBeGreaterThan(0)
  expect(leaksIn(privateKey.split('\n')[3]!)).toEqual(['privateKey'])
  expect(leaksIn(readFileSync(new URL(import.meta.url), 'utf8').slice(0, 200))).toEqual([])
})
