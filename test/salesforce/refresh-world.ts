import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { SignIn } from '../../src/salesforce/auth.ts'
import { openHttp } from '../../src/salesforce/http.ts'

/** The refresh token of the config. */
export const first = '5Aep861FIRST'

/** Where a token is to be kept; gone when the test ends. */
export function place(): string {
  const directory = mkdtempSync(join(tmpdir(), 'refresh-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  return join(directory, 'token.json')
}

/** A sign-in that keeps its token in the file. */
export function open(url: string, tokenFile: string, refreshToken = first, timeoutMs = 2_000) {
  const http = openHttp()
  onTestFinished(() => http.close())
  const warnings: string[] = []
  const auth = { flow: 'refresh_token', clientId: 'consumer', clientSecret: 's', refreshToken, tokenFile } as const
  const signIn = new SignIn({ loginUrl: url, auth }, http, ({ warning }) => warnings.push(warning))
  return { run: () => signIn.run(timeoutMs), warnings }
}

/** The refresh token in the file. */
export const storedIn = (file: string): string => JSON.parse(readFileSync(file, 'utf8')).refreshToken
/** The mode of the file, as `600`. */
export const rightsOf = (file: string): string => (statSync(file).mode & 0o777).toString(8)

const child = fileOf('./refresh-child.ts')
function fileOf(relative: string): string {
  return new URL(relative, import.meta.url).pathname
}

/** Signs in in a process of its own; how it ended, and how often it signed in. */
export async function inChild(
  env: Record<string, string>,
): Promise<{ ended: number | string; signIns: number; note: string }> {
  const process_ = spawn(process.execPath, [child], { env: { ...process.env, REFRESH_TOKEN: first, ...env } })
  let out = ''
  let note = ''
  process_.stdout.on('data', chunk => {
    out += chunk
  })
  process_.stderr.on('data', chunk => {
    note += chunk
  })
  const [code, signal] = await once(process_, 'close')
  return { ended: signal ?? code, signIns: out.split('\n').length - 1, note }
}
