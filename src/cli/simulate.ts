import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ConnectorError } from '../core/errors.ts'
import { signInDetails } from '../simulator/sign-in-details.ts'
import { type Simulator, type SimulatorOptions, startSimulator } from '../simulator/simulator.ts'
import { writePem } from '../simulator/tls.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'
import { table } from './terminal.ts'

export interface SimulateOptions {
  readonly listen: string
  readonly port: number
  readonly seed: number
  readonly rows: Readonly<Record<string, number>>
  readonly clientId?: string
  readonly clientSecret?: string
  /** Where the CA and the private key of the app go. */
  readonly tls?: string
  /** Further names for the certificate. */
  readonly host?: readonly string[]
  readonly proxy?: boolean
}

/** `simulate`: a simulated org until a signal; prints what a client needs to sign in, secrets included, for they protect nothing. */
export async function simulate(options: SimulateOptions, { terminal, json }: Session): Promise<number> {
  const stopped = new Promise<void>(done => terminal.onSignal(() => done()))
  const simulator = await startSimulator(settingsOf(options)).catch(refuseRows)
  const directory = options.tls ? resolve(options.tls) : await mkdtemp(join(tmpdir(), 'salesforce-kafka-'))
  const details = { ...signInDetails(simulator), ...(await writeFiles(simulator, directory)) }
  if (json) terminal.out(JSON.stringify(details))
  else {
    const { privateKey: _, ...shown } = details
    terminal.out(terminal.paint('bold', 'A simulated Salesforce org is running.'))
    for (const line of table(Object.entries(shown).map(([name, value]) => [name, String(value)]))) terminal.out(line)
    terminal.note('Ctrl-C ends.')
  }
  await stopped
  await simulator.close()
  if (!options.tls) await rm(directory, { recursive: true, force: true })
  return exitCodes.ok
}

/** What is out of range here is an object or a number in --rows. */
function refuseRows(error: unknown): never {
  if (!(error instanceof RangeError)) throw error
  throw new ConnectorError('usage.invalid', error.message, { remedy: 'Write it as --rows contact=1000,lead=10.' })
}

function settingsOf(options: SimulateOptions): SimulatorOptions {
  const { listen: host, port, seed, rows, clientId, clientSecret, tls, host: names = [], proxy = false } = options
  if (tls === undefined && (proxy || names.length > 0))
    throw new ConnectorError('usage.invalid', `${proxy ? '--proxy' : '--host'} needs --tls`, {
      remedy: 'Clients of the proxy speak HTTPS, and --host names what the certificate is for: add --tls <directory>.',
    })
  return {
    host,
    port,
    seed,
    rows,
    proxy,
    ...(clientId === undefined ? {} : { clientId }),
    ...(clientSecret === undefined ? {} : { clientSecret }),
    ...(tls === undefined ? {} : { tls: { names } }),
  }
}

/** The private key for the JWT flow, and the CA that clients are to trust. */
async function writeFiles(simulator: Simulator, directory: string) {
  const privateKeyFile = await writePem(directory, 'private-key.pem', simulator.privateKey, true)
  if (simulator.ca === undefined) return { privateKeyFile }
  return { privateKeyFile, caFile: await writePem(directory, 'ca.pem', simulator.ca, false) }
}
