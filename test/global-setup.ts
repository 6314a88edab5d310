import type { TestProject } from 'vitest/node'
import { isConnectorError } from '../src/core/errors.ts'
import { type Stack, startStack } from '../src/stack/stack.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** `host:port` of each broker of the stack that all tests of a run share. */
    kafkaBrokers: string[]
    /** URL of its registry's Confluent-compatible API. */
    registryUrl: string
  }
}

const exitConfig = 3
const say = (line: string) => process.stderr.write(`${line}\n`)

/** Starts the one stack of a test run; vitest calls the returned function when the run ends. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const stack = await startOrExit()
  project.provide('kafkaBrokers', [...stack.brokers])
  project.provide('registryUrl', stack.registryUrl)
  return () => stack.stop()
}

// As the CLI does: what to install, without a stack trace.
async function startOrExit(): Promise<Stack> {
  try {
    return await startStack({ progress: say })
  } catch (error) {
    if (!isConnectorError(error, 'stack.unavailable')) throw error
    say(`error: ${error.message}\n${error.remedy}`)
    process.exit(exitConfig)
  }
}
