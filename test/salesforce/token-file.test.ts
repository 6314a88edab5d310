import { chmodSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { startCanned } from './canned-server.ts'
import { first, open, place, rightsOf } from './refresh-world.ts'
import { rotatingOrg } from './rotating-org.ts'

describe('a file that cannot be used is an error of the config, before anything is sent', () => {
  const stored = { version: 1, generation: 1, seed: 'x', refreshToken: 'secret-of-file' }
  test.each<[string, string, number, RegExp, RegExp]>([
    ['not JSON', 'secret-of-file', 0o600, /does not hold/, /Authorize the app again.*delete the file/],
    ['empty', '', 0o600, /does not hold/, /delete the file/],
    ['of another kind', JSON.stringify({ ...stored, version: 2 }), 0o600, /does not hold/, /delete the file/],
    ['too large', ' '.repeat(70_000), 0o600, /larger than/, /delete the file/],
    ['open to everybody', JSON.stringify(stored), 0o604, /every user.*0604/, /chmod 600/],
  ])('%s', async (_, text, mode, message, remedy) => {
    const org = rotatingOrg(first)
    const { url } = await startCanned(org.respond)
    const file = place()
    writeFileSync(file, text)
    chmodSync(file, mode)
    const error = await open(url, file)
      .run()
      .catch(cause => cause)
    expect(error).toMatchObject({ code: 'config.invalid', executed: 'no' })
    expect(error.message).toMatch(message)
    expect(error.remedy).toMatch(remedy)
    expect(JSON.stringify([error.message, error.remedy, String(error.cause)])).not.toContain('secret-of-file')
    expect(org.uses()).toEqual([])
  })

  test.each(['a directory', 'a missing directory'])('%s', async what => {
    const { url } = await startCanned(rotatingOrg(first).respond)
    const file = what === 'a directory' ? join(place(), '..') : join(place(), 'none', 'token.json')
    await expect(open(url, file).run()).rejects.toMatchObject({ code: 'config.invalid' })
  })

  test('the group may use it: a warning, once, for Kubernetes sets such rights', async () => {
    const org = rotatingOrg(first)
    const { url } = await startCanned(org.respond)
    const file = place()
    await open(url, file).run()
    chmodSync(file, 0o660)
    const one = open(url, file)
    await one.run()
    await one.run()
    expect(one.warnings).toEqual([expect.stringMatching(/group may use .*0660/)])
    expect(rightsOf(file)).toBe('600')
  })
})
