#!/usr/bin/env node
import { main } from './cli/program.ts'
import { processTerminal } from './cli/terminal.ts'

const code = await main(process.argv.slice(2), processTerminal())
// What is on its way to a pipe is written first; a connection somebody forgot must not keep the process alive.
process.stdout.write('', () => process.exit(code))
