import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { expect, onTestFinished, test } from 'vitest'
import { startGuard } from '../../src/stack/guarded.ts'
import { isAlive, waitUntil } from './wait-until.ts'

test('after kill -9 of the parent its processes end and the data directory is gone', async () => {
  const parent = spawn(process.execPath, [join(import.meta.dirname, 'guard-parent.ts')], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(createInterface(parent.stdout), 'line')) as [string]
  const { dir, pids } = JSON.parse(line) as { dir: string; pids: number[] }
  expect(pids.map(isAlive)).toEqual([true, true])
  expect(existsSync(join(dir, 'one.log'))).toBe(true)
  parent.kill('SIGKILL')
  await waitUntil('both processes are gone', () => !pids.some(isAlive))
  await waitUntil('the directory is gone', () => !existsSync(dir))
})

test('stop() ends even a stopped process, and removes the directory', async () => {
  const guard = await startGuard()
  const stopped = await guard.start('one', process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  stopped.kill('SIGSTOP')
  await guard.stop()
  expect(isAlive(stopped.pid)).toBe(false)
  expect(existsSync(guard.dir)).toBe(false)
  expect(await stopped.exited).toBe('its guard ended')
  await guard.stop()
  await expect(guard.start('late', process.execPath, [])).rejects.toThrow('its guard ended')
})

test('how a process ended and the end of what it wrote can be read', async () => {
  const guard = await startGuard()
  const script = 'for (let i = 1; i <= 40; i++) console.log("line " + i); console.error("last"); process.exitCode = 7'
  const ended = await guard.start('writer', process.execPath, ['-e', script])
  expect(await ended.exited).toBe('exit code 7')
  const tail = (await ended.logTail()).split('\n')
  expect(tail.at(-1)).toBe('last')
  expect(tail).toHaveLength(15)
  await guard.stop()
})

test('a program that does not exist is an error, not a hang', async () => {
  const guard = await startGuard()
  await expect(guard.start('java', 'no-such-program', [])).rejects.toThrow(/java did not start.*ENOENT/)
  await guard.stop()
})

test('what a guard started does not outlive it, even if the guard itself is killed', async () => {
  const guard = await startGuard()
  onTestFinished(() => rm(guard.dir, { recursive: true }))
  const orphan = await guard.start('one', process.execPath, [
    '-e',
    'console.log(process.ppid); setInterval(() => {}, 1000)',
  ])
  await waitUntil('it has told its parent', async () => (await orphan.logTail()) !== '')
  process.kill(Number(await orphan.logTail()), 'SIGKILL')
  expect(await orphan.exited).toBe('its guard ended')
  await waitUntil('it is gone', () => !isAlive(orphan.pid))
})
