import { createHash } from 'node:crypto'
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { sleep } from '../core/clock.ts'
import { failpoint } from '../core/failpoint.ts'
import { SalesforceError } from './salesforce-error.ts'

/** What the file holds. `generation` counts the rotations; `seed` is the SHA-256 of the config's token it began with. */
interface Stored {
  readonly version: 1
  readonly generation: number
  readonly seed: string
  readonly refreshToken: string
}

const fileBytesMax = 65_536
const lockPollMs = 50
const authorizeAgain =
  'Authorize the app again in a browser, put the new refresh token into salesforce.auth.refresh_token, and delete the file.'

/**
 * The refresh token that is valid now, in a file of mode 0600. Salesforce may replace it at every use, and revokes all
 * tokens when a replaced one is used again, so: the new token is on disk before anything else happens, one process at a
 * time uses it, and a write cut short by a crash is either complete in `<file>.next` or was not begun.
 */
export class TokenStore {
  readonly #file: string
  readonly #first: string
  readonly #seed: string
  readonly #onWarning: (warning: string, remedy: string) => void
  #warned = false
  /** Given by Salesforce, and not yet on disk: the lock is kept until it is. */
  #unsaved: string | undefined
  #lock: DatabaseSync | undefined
  /** Of the newest on disk, while the lock is held. */
  #generation = 0

  constructor(
    settings: { readonly tokenFile: string; readonly refreshToken: string },
    onWarning: (warning: string, remedy: string) => void,
  ) {
    this.#file = settings.tokenFile
    this.#first = settings.refreshToken
    this.#seed = createHash('sha256').update(settings.refreshToken).digest('hex')
    this.#onWarning = onWarning
  }

  /**
   * Runs `work` with the token while nobody else may use it; `keep` stores its successor and returns when it is on disk.
   * Throws `config.invalid` if the file cannot be used, and `salesforce.unreachable` if it is locked for too long or
   * the successor cannot be written, in which case it is kept in memory and written by the next call.
   */
  async use<T>(timeoutMs: number, work: (token: string, keep: (next: string) => void) => Promise<T>): Promise<T> {
    if (!this.#lock) await this.#acquire(timeoutMs)
    try {
      if (this.#unsaved !== undefined) this.#save(this.#unsaved)
      const token = this.#read()?.refreshToken ?? this.#first
      return await work(token, next => {
        if (next !== token) this.#save(next)
      })
    } finally {
      if (this.#unsaved === undefined) this.#release()
    }
  }

  /** SQLite's lock on an empty file beside ours: the system frees it when its owner dies, however it dies. */
  async #acquire(timeoutMs: number): Promise<void> {
    const file = `${this.#file}.lock`
    const deadlineMs = performance.now() + timeoutMs
    try {
      accessSync(dirname(this.#file), constants.W_OK)
      const lock = new DatabaseSync(file, { timeout: 0 })
      this.#lock = lock
      while (!isLocked(lock)) {
        if (performance.now() >= deadlineMs) throw lockedFor(this.#file, timeoutMs)
        await sleep(lockPollMs)
      }
    } catch (cause) {
      this.#release()
      if (cause instanceof SalesforceError) throw cause
      const remedy =
        'Name a file in a directory that exists and that the connector may write to: it must store new tokens.'
      throw unusable(this.#file, `its directory cannot be written to (${codeOf(cause)})`, remedy, cause)
    }
  }

  #release(): void {
    this.#lock?.close()
    this.#lock = undefined
  }

  /** The newer of the file and of a write that a crash kept from its place; undefined: the config's token is the newest. */
  #read(): Stored | undefined {
    const next = this.#parse(this.#load(`${this.#file}.next`))
    const text = this.#load(this.#file)
    const stored = this.#parse(text)
    if (text !== undefined && !stored && !next)
      throw unusable(this.#file, 'it does not hold what the connector wrote', authorizeAgain)
    this.#generation = Math.max(next?.generation ?? 0, stored?.generation ?? 0)
    const newest = next && next.generation > (stored?.generation ?? 0) ? next : stored
    // Another token in the config than the one these descend from: the app was authorized again.
    return newest?.seed === this.#seed ? newest : undefined
  }

  #load(file: string): string | undefined {
    try {
      const { mode, size } = statSync(file)
      if (size > fileBytesMax) throw unusable(file, `it is larger than ${fileBytesMax} bytes`, authorizeAgain)
      this.#checkMode(file, mode)
      return readFileSync(file, 'utf8')
    } catch (cause) {
      if (cause instanceof SalesforceError) throw cause
      if (codeOf(cause) === 'ENOENT') return undefined
      throw unusable(file, `it cannot be read (${codeOf(cause)})`, 'Let the user of the connector own the file.', cause)
    }
  }

  /** A token that everybody may read counts as leaked. A group is let in by Kubernetes' fsGroup, so that only warns. */
  #checkMode(file: string, mode: number): void {
    const rights = (mode & 0o777).toString(8).padStart(4, '0')
    const remedy = `chmod 600 ${file}; if others could have read it: ${authorizeAgain}`
    if (mode & 0o007) throw unusable(file, `every user of the machine may use it (mode ${rights})`, remedy)
    if (mode & 0o070 && !this.#warned) {
      this.#warned = true
      this.#onWarning(`the group may use ${file}, which holds a refresh token (mode ${rights})`, `chmod 600 ${file}`)
    }
  }

  #parse(text: string | undefined): Stored | undefined {
    try {
      const { version, generation, seed, refreshToken } = JSON.parse(text ?? 'null') ?? {}
      const isStored =
        version === 1 &&
        Number.isSafeInteger(generation) &&
        typeof seed === 'string' &&
        typeof refreshToken === 'string'
      return isStored && refreshToken !== '' ? { version, generation, seed, refreshToken } : undefined
    } catch {
      return undefined // cut short, or written by somebody else: the caller says so
    }
  }

  #save(token: string): void {
    this.#unsaved = token
    failpoint('refresh-token:received')
    const generation = this.#generation + 1
    try {
      replace(this.#file, JSON.stringify({ version: 1, generation, seed: this.#seed, refreshToken: token }))
    } catch (cause) {
      throw new SalesforceError({
        code: 'salesforce.unreachable',
        message: `the new refresh token cannot be stored in ${this.#file} (${codeOf(cause)}); sign-in waits until it is`,
        remedy: 'Make room on the disk. Do not stop the connector before: the former token is no longer valid.',
        executed: 'no',
        retryable: true,
        cause,
      })
    }
    this.#generation = generation
    this.#unsaved = undefined
  }
}

/** Puts the text into the file's place as a whole: a crash leaves the former text, or this one in `<file>.next`. */
function replace(file: string, text: string): void {
  const next = openSync(`${file}.next`, 'w', 0o600)
  try {
    fchmodSync(next, 0o600) // of a file that was there already
    writeFileSync(next, text)
    fsyncSync(next)
  } finally {
    closeSync(next)
  }
  failpoint('refresh-token:written')
  renameSync(`${file}.next`, file)
  failpoint('refresh-token:renamed')
  const directory = openSync(dirname(file), 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
  failpoint('refresh-token:stored')
}

const sqliteBusy = 5

/** Takes the lock unless another holds it. */
function isLocked(lock: DatabaseSync): boolean {
  try {
    lock.exec('BEGIN EXCLUSIVE')
    return true
  } catch (error) {
    if ((error as { errcode?: unknown }).errcode === sqliteBusy) return false
    throw error
  }
}

const codeOf = (cause: unknown): string => String((cause as { code?: unknown }).code ?? 'unknown')

const unusable = (file: string, why: string, remedy: string, cause?: unknown): SalesforceError =>
  new SalesforceError({
    code: 'config.invalid',
    message: `the refresh token in ${file} (salesforce.auth.token_file) cannot be used: ${why}`,
    remedy,
    executed: 'no',
    retryable: false,
    cause,
  })

const lockedFor = (file: string, ms: number): SalesforceError =>
  new SalesforceError({
    code: 'salesforce.unreachable',
    message: `another process has been using the refresh token in ${file} for more than ${ms} ms`,
    remedy: 'The connector tries again by itself; if it lasts, look for a process that hangs with the file open.',
    executed: 'no',
    retryable: true,
  })
