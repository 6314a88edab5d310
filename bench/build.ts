import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'

/**
 * What the container and the installed program start Node with, and glibc: young objects take 4 MiB in place of 16, old ones
 * are collected when they have grown by 40 % (V8 waits for far more on a machine with much memory), freed blocks are not
 * spread over an arena for each thread.
 */
export const productFlags: readonly string[] = ['--max-semi-space-size=4', '--heap-growing-percent=40']
process.env.MALLOC_ARENA_MAX = '1'

const root = join(import.meta.dirname, '..')

/**
 * Compiles the product as it is shipped and returns its program: Node's own stripping of types costs start-up time and
 * some 50 MB of memory, which are not the product's. Throws if the sources do not compile.
 */
export function buildProduct(): string {
  const home = join(root, '.cache', `bench-${process.pid}`)
  mkdirSync(home, { recursive: true })
  process.once('exit', () => rmSync(home, { recursive: true, force: true }))
  const tsc = join(root, 'node_modules', '.bin', 'tsc')
  execFileSync(tsc, ['-p', 'tsconfig.build.json', '--outDir', join(home, 'dist'), '--declaration', 'false'], {
    cwd: root,
    stdio: 'inherit',
  })
  copyFileSync(join(root, 'package.json'), join(home, 'package.json'))
  return join(home, 'dist', 'cli.js')
}
