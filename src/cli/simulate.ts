import { type SimulatorOptions, signInDetails, startSimulator } from '../simulator/simulator.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'
import { table } from './terminal.ts'

export interface SimulateOptions {
  readonly host: string
  readonly port: number
  readonly seed: number
  readonly rows: Readonly<Record<string, number>>
  readonly clientId?: string
  readonly clientSecret?: string
}

/** `simulate`: a simulated org until a signal; prints what a client needs to sign in, secrets included, for they protect nothing. */
export async function simulate(options: SimulateOptions, { terminal, json }: Session): Promise<number> {
  const { host, port, seed, rows, clientId, clientSecret } = options
  const settings: SimulatorOptions = {
    host,
    port,
    seed,
    rows,
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
  }
  const stopped = new Promise<void>(resolve => terminal.onSignal(() => resolve()))
  const simulator = await startSimulator(settings)
  const details = signInDetails(simulator)
  if (json) terminal.out(JSON.stringify(details))
  else {
    const { privateKey: _, ...shown } = details
    terminal.out(terminal.paint('bold', 'A simulated Salesforce org is running.'))
    for (const line of table(Object.entries(shown).map(([name, value]) => [name, value]))) terminal.out(line)
    terminal.note('The private key for the JWT flow is in the output of --json. Ctrl-C ends.')
  }
  await stopped
  await simulator.close()
  return exitCodes.ok
}
