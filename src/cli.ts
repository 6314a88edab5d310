#!/usr/bin/env -S node --max-semi-space-size=4 --heap-growing-percent=40
import { reportFailure } from './cli/failure.ts'
import { main } from './cli/program.ts'
import { processTerminal } from './cli/terminal.ts'

const terminal = processTerminal()
const secrets: string[] = []
// Node itself would print all that hangs on the error, secrets included.
process.on('uncaughtException', error => {
  const code = reportFailure(error, terminal, { debug: true, secrets })
  process.stderr.write('', () => process.exit(code))
})
const code = await main(process.argv.slice(2), terminal, secrets)
// What is on its way to a pipe is written first; a connection somebody forgot must not keep the process alive.
process.stdout.write('', () => process.exit(code))
