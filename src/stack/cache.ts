import { randomUUID } from 'node:crypto'
import { access, link, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { sleep } from '../core/clock.ts'
import { ConnectorError } from '../core/errors.ts'

const lockWaitMsMax = 20 * 60_000
const lockPollMs = 500

/** The user's cache directory of this product (XDG Base Directory Specification). */
export const cacheRoot = (env: NodeJS.ProcessEnv = process.env): string =>
  join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'salesforce-kafka')

/** The entry's directory if it is complete. An entry is renamed into its place, so one that exists is complete. */
export async function findCached(key: string, root: string = cacheRoot()): Promise<string | undefined> {
  const entry = join(root, key)
  return access(entry).then(
    () => entry,
    () => undefined,
  )
}

/**
 * The directory of the entry `key`, filled by `fill` if it is not there yet. Two processes never fill one entry at the
 * same time, and a process killed in `fill` leaves nothing that counts as an entry.
 */
export async function cached(
  key: string,
  fill: (dir: string) => Promise<void>,
  progress: (line: string) => void,
  root: string = cacheRoot(),
): Promise<string> {
  const found = await findCached(key, root)
  if (found) return found
  await mkdir(root, { recursive: true })
  const release = await lock(join(root, `${key}.lock`), progress)
  try {
    const foundNow = await findCached(key, root)
    if (foundNow) return foundNow
    await removeLeftovers(root, key)
    const partial = await mkdtemp(join(root, `${key}.partial-${process.pid}-`))
    try {
      await fill(partial)
      await rename(partial, join(root, key))
    } finally {
      await rm(partial, { recursive: true, force: true })
    }
    return join(root, key)
  } finally {
    await release()
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

// Two processes may both take over a dead one's lock. That costs a second download and nothing else: partial
// directories are unique, those of living processes stay, and the later rename finds the entry in place.
async function lock(file: string, progress: (line: string) => void): Promise<() => Promise<void>> {
  const deadline = performance.now() + lockWaitMsMax
  for (let told = false; ; ) {
    if (await claim(file)) return () => rm(file, { force: true })
    const holder = Number(await readFile(file, 'utf8').catch(() => ''))
    if (holder > 0 && !isAlive(holder)) await rm(file, { force: true })
    else {
      if (!told) progress(`Waiting for process ${holder}, which is downloading the same files.`)
      told = true
      if (performance.now() > deadline)
        throw new ConnectorError('stack.unavailable', `another process has held ${file} for too long`, {
          remedy: `End process ${holder}, or delete that file.`,
        })
      await sleep(lockPollMs)
    }
  }
}

// A link appears with its content, so a lock never stands without its holder's pid.
async function claim(file: string): Promise<boolean> {
  const own = `${file}-${process.pid}-${randomUUID()}`
  await writeFile(own, String(process.pid))
  try {
    await link(own, file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  } finally {
    await rm(own)
  }
}

async function removeLeftovers(root: string, key: string): Promise<void> {
  for (const name of await readdir(root)) {
    const pid = name.startsWith(`${key}.partial-`) ? Number(name.slice(`${key}.partial-`.length).split('-')[0]) : 0
    if (pid > 0 && !isAlive(pid)) await rm(join(root, name), { recursive: true, force: true })
  }
}
