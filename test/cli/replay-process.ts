/** The command line in a process of its own that kills itself when it has passed the failpoint FAIL_AT, FAIL_AFTER times before. */
import { main } from '../../src/cli/program.ts'
import { processTerminal } from '../../src/cli/terminal.ts'
import { onFailpoint } from '../../src/core/failpoint.ts'

const { FAIL_AT, FAIL_AFTER } = process.env
let left = Number(FAIL_AFTER ?? 0)
onFailpoint(point => {
  if (point === FAIL_AT && left-- === 0) process.kill(process.pid, 'SIGKILL')
})
process.exitCode = await main(process.argv.slice(2), processTerminal())
