import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { connect, json, noteEvents, startCanned } from './canned-server.ts'
import { first, inChild, open, place, rightsOf, storedIn } from './refresh-world.ts'
import { rotatingOrg } from './rotating-org.ts'

test('a token that rotates is stored with mode 0600, and the next sign-in and the next process use it', async () => {
  const org = rotatingOrg(first)
  const { url } = await startCanned(org.respond)
  const file = place()
  const one = open(url, file)
  for (let i = 1; i <= 3; i++) {
    await one.run()
    expect(storedIn(file)).toBe(org.valid())
  }
  await open(url, file).run()
  expect(org.reused()).toBe(false)
  expect(org.uses()).toHaveLength(4)
  expect(rightsOf(file)).toBe('600')
  expect(readdirSync(join(file, '..')).toSorted()).toEqual(['token.json', 'token.json.lock'])
})

test('a token that does not rotate is not written anywhere', async () => {
  const org = rotatingOrg(first, false)
  const { url } = await startCanned(org.respond)
  const file = place()
  await open(url, file).run()
  await open(url, file).run()
  expect(org.uses()).toEqual([first, first])
  expect(existsSync(file)).toBe(false)
})

test('another token in the config, after a new authorization, takes the place of the stored one', async () => {
  const file = place()
  const before = rotatingOrg(first)
  await open((await startCanned(before.respond)).url, file).run()
  const after = rotatingOrg('5Aep861AGAIN')
  const { url } = await startCanned(after.respond)
  await open(url, file, '5Aep861AGAIN').run()
  await open(url, file, '5Aep861AGAIN').run()
  expect(after.reused()).toBe(false)
  expect(storedIn(file)).toBe(after.valid())
})

// An org that has rotated and forgotten the former token: only the new one may ever be sent again.
test.each(['refresh-token:written', 'refresh-token:renamed', 'refresh-token:stored'])(
  'kill -9 at %s leaves a usable token',
  async point => {
    const org = rotatingOrg(first)
    const { url } = await startCanned(org.respond)
    const file = place()
    const env = { LOGIN_URL: url, TOKEN_FILE: file }
    for (let round = 1; round <= 2; round++) {
      expect(await inChild({ ...env, FAIL_AT: point })).toMatchObject({ ended: 'SIGKILL', signIns: 0 })
      expect(await inChild(env)).toMatchObject({ ended: 0, signIns: 1 })
    }
    expect(org.uses()).toHaveLength(4)
    expect(org.reused()).toBe(false)
  },
)

test('what no client can mend: killed before the new token could be written, it stops and says what to do', async () => {
  const org = rotatingOrg(first)
  const { url } = await startCanned(org.respond)
  const env = { LOGIN_URL: url, TOKEN_FILE: place() }
  expect(await inChild({ ...env, FAIL_AT: 'refresh-token:received' })).toMatchObject({ ended: 'SIGKILL' })
  const { ended, note } = await inChild(env)
  expect(ended).toBe(1)
  expect(note).toMatch(/Authorize the app again/)
  expect(note).not.toContain(first)
})

test('a new token is stored even if the rest of the answer is no session', async () => {
  const { url } = await startCanned((_, response) =>
    json(response, 200, { access_token: 't', refresh_token: '5Aep861NEXT', instance_url: 'nonsense' }),
  )
  const file = place()
  await expect(open(url, file).run()).rejects.toMatchObject({ code: 'salesforce.bad_answer' })
  expect(storedIn(file)).toBe('5Aep861NEXT')
})

test('a write cut short is not taken for a token', async () => {
  const org = rotatingOrg(first)
  const { url } = await startCanned(org.respond)
  const file = place()
  await open(url, file).run()
  const text = readFileSync(file, 'utf8')
  for (const cut of [0, 1, text.length >> 1, text.length - 1]) {
    writeFileSync(`${file}.next`, text.slice(0, cut), { mode: 0o640 })
    await open(url, file).run()
    expect(rightsOf(file)).toBe('600')
  }
  expect(org.reused()).toBe(false)
})

test('two processes that share the file never use a token twice', async () => {
  const org = rotatingOrg(first)
  const { url } = await startCanned(org.respond)
  const file = place()
  const env = { LOGIN_URL: url, TOKEN_FILE: file, TIMES: '15' }
  const done = await Promise.all([inChild(env), inChild(env)])
  expect(done).toMatchObject([
    { ended: 0, signIns: 15 },
    { ended: 0, signIns: 15 },
  ])
  expect(new Set(org.uses()).size).toBe(30)
  expect(storedIn(file)).toBe(org.valid())
})

test('while another process signs in, ours waits; for too long, it tries later', async () => {
  const { url } = await startCanned(() => undefined)
  const file = place()
  const slow = open(url, file).run()
  const failed = expect(slow).rejects.toMatchObject({ code: 'salesforce.unreachable' })
  await expect(open(url, file, first, 200).run()).rejects.toMatchObject({
    code: 'salesforce.unreachable',
    message: expect.stringContaining('another process'),
    retryable: true,
  })
  await failed
})

test('a new token that cannot be written is kept, and written before anything else is tried', async () => {
  const org = rotatingOrg(first)
  const { url } = await startCanned(org.respond)
  const file = place()
  const one = open(url, file)
  mkdirSync(`${file}.next`) // a full disk would do the same
  chmodSync(`${file}.next`, 0o700)
  await expect(one.run()).rejects.toMatchObject({ code: 'config.invalid' })
  expect(org.uses()).toEqual([])
  rmSync(`${file}.next`, { recursive: true })
  const { respond } = org
  const blocking = await startCanned((request, response) => {
    if (!existsSync(`${file}.next`)) mkdirSync(`${file}.next`, { mode: 0o700 })
    respond(request, response)
  })
  const two = open(blocking.url, file)
  const failure = await two.run().catch(error => error)
  expect(failure).toMatchObject({ code: 'salesforce.unreachable', retryable: true })
  expect(failure.message).toMatch(/cannot be stored/)
  expect(failure.message).not.toContain(org.valid())
  const other = open(url, file, first, 100).run()
  await expect(other).rejects.toMatchObject({ message: expect.stringContaining('another process') })
  rmSync(`${file}.next`, { recursive: true })
  expect(org.uses()).toHaveLength(1)
  await two.run().catch(() => undefined)
  expect(org.reused()).toBe(false)
  expect(org.uses()).toHaveLength(2)
})

test('a revoked token stops with a remedy; no token is in the error or in an event', async () => {
  const { url } = await startCanned((_, response) =>
    json(response, 400, { error: 'invalid_grant', error_description: 'expired access/refresh token' }),
  )
  const { events, noted } = noteEvents()
  const auth = { flow: 'refresh_token', clientId: 'c', refreshToken: first, tokenFile: place() } as const
  const error = await connect(url, { auth }, events).catch(cause => cause)
  expect(error).toMatchObject({ code: 'salesforce.unauthorized', retryable: false })
  expect(JSON.stringify([error.message, error.remedy, noted])).not.toContain(first)
})
