// A process that starts a guard with two processes that never end by themselves, tells of them, and waits to be killed.
import { startGuard } from '../../src/stack/guarded.ts'

const guard = await startGuard()
const forever = ['-e', 'setInterval(() => {}, 1000)']
const processes = [
  await guard.start('one', process.execPath, forever),
  await guard.start('two', process.execPath, forever),
]
process.stdout.write(`${JSON.stringify({ dir: guard.dir, pids: processes.map(({ pid }) => pid) })}\n`)
