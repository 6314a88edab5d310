import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { cached, cacheRoot, findCached } from '../../src/stack/cache.ts'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'cache-test-'))
})
afterEach(() => rm(root, { recursive: true }))

const quiet = () => {}
const fillWith = (text: string) => (dir: string) => writeFile(join(dir, 'file'), text)

test('an entry is filled once and then found', async () => {
  expect(await findCached('entry', root)).toBeUndefined()
  const dir = await cached('entry', fillWith('first'), quiet, root)
  expect(await cached('entry', fillWith('second'), quiet, root)).toBe(dir)
  expect(await readFile(join(dir, 'file'), 'utf8')).toBe('first')
  expect(await findCached('entry', root)).toBe(dir)
})

test('a fill that fails leaves nothing behind', async () => {
  const fill = async (dir: string) => {
    await writeFile(join(dir, 'half'), 'half')
    throw new Error('the network is gone')
  }
  await expect(cached('entry', fill, quiet, root)).rejects.toThrow('the network is gone')
  expect(await readdir(root)).toEqual([])
})

test('two fills of one entry do not overlap: the second waits, says so, and finds the first one’s', async () => {
  const secondWaits = Promise.withResolvers<string>()
  const begun = Promise.withResolvers<void>()
  const slowFill = async (dir: string) => {
    begun.resolve()
    await secondWaits.promise
    await fillWith('first')(dir)
  }
  const first = cached('entry', slowFill, quiet, root)
  await begun.promise
  const second = cached('entry', fillWith('second'), secondWaits.resolve, root)
  expect(await second).toBe(await first)
  expect(await readFile(join(await first, 'file'), 'utf8')).toBe('first')
  expect(await secondWaits.promise).toContain(`process ${process.pid}`)
})

test('a process killed while it fills leaves no entry, and its lock and half-filled directory are cleared away', async () => {
  const filler = spawn(process.execPath, [join(import.meta.dirname, 'cache-filler.ts'), root, 'entry'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(filler.stdout, 'data')
  filler.kill('SIGKILL')
  await once(filler, 'exit')
  expect(await findCached('entry', root)).toBeUndefined()
  expect((await readdir(root)).length).toBe(2)
  await cached('entry', fillWith('whole'), quiet, root)
  expect(await readdir(root)).toEqual(['entry'])
})

test('the cache is the user’s', () => {
  expect(cacheRoot({ XDG_CACHE_HOME: '/var/cache/someone' })).toBe('/var/cache/someone/salesforce-kafka')
  expect(cacheRoot({})).toMatch(/\.cache.salesforce-kafka$/)
})
