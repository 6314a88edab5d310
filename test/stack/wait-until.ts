import { sleep } from '../../src/core/clock.ts'

const everyMs = 20

/** Whether a process with this id runs. */
export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Waits until `condition` holds; rejects, naming what was waited for, after `limitMs`. */
export async function waitUntil(what: string, condition: () => boolean | Promise<boolean>, limitMs = 15_000) {
  const deadline = performance.now() + limitMs
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`waited ${limitMs} ms in vain: ${what}`)
    await sleep(everyMs)
  }
}
