import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { exitCodes, reportFailure } from './failure.ts'
import { addPositions } from './program-positions.ts'
import { addSchemas } from './program-schemas.ts'
import type { Session } from './session.ts'
import type { Terminal } from './terminal.ts'
import { version } from './version.ts'

type Run<O> = (session: Session, options: O, ...args: string[]) => Promise<number | undefined>

/**
 * Parses the arguments (without node and script), runs the command, reports its failure; returns the exit code.
 * `secrets` is where it writes down what must never be printed, for whoever prints something afterwards.
 */
export async function main(args: readonly string[], terminal: Terminal, secrets: string[] = []): Promise<number> {
  const call = { code: exitCodes.ok as number, debug: args.includes('--debug') }
  const program = new Command('salesforce-kafka')
    .description('Trigger events of Salesforce to Kafka, commands from Kafka to Salesforce.')
    .version(version())
    .option('--json', 'print results as JSON')
    .option('--debug', 'print errors with their stack')
    .showSuggestionAfterError()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: text => terminal.out(text.trimEnd()),
      writeErr: text => terminal.note(text.trimEnd()),
    })
    .exitOverride()
  const action =
    <O>(run: Run<O>) =>
    async (...given: unknown[]): Promise<void> => {
      const command = given.at(-1) as Command
      const options = command.optsWithGlobals<O & { json?: boolean; debug?: boolean }>()
      const hide = (values: readonly string[]) => void secrets.push(...values)
      const session = { terminal, json: options.json === true, debug: options.debug === true, hide }
      call.code = (await run(session, options, ...(given.slice(0, -2) as string[]))) ?? exitCodes.ok
    }
  addRunning(program, action)
  addTalking(program, action)
  addDeadLetters(program, action)
  addShowing(program, action)
  addPositions(program, { action, configOption, wholeNumber })
  addSchemas(program, { action, configOption })
  try {
    await program.parseAsync(args, { from: 'user' })
    return call.code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage
    return reportFailure(error, terminal, { debug: call.debug, secrets })
  }
}

type Action = <O>(run: Run<O>) => (...given: unknown[]) => Promise<void>

const configOption = () => new Option('--config <file>', 'config file (YAML)').makeOptionMandatory()

// Each command loads its own code, so that --version and catalog need no Kafka client.
function addRunning(program: Command, action: Action): void {
  program
    .command('run')
    .description('run the connector: both halves, or the one named')
    .addOption(configOption())
    .option('--source', 'only Salesforce to Kafka')
    .option('--sink', 'only Kafka to Salesforce')
    .action(
      action<import('./run.ts').RunOptions>(async (session, options) =>
        (await import('./run.ts')).run(options, session),
      ),
    )
  program
    .command('demo')
    .description('run everything on this machine, with a simulated org, and show it working')
    .option('--once', 'end by itself when every trigger and action was seen')
    .action(
      action<import('./demo.ts').DemoCommandOptions>(async (session, options) =>
        (await import('./demo.ts')).demo(options, session),
      ),
    )
  program
    .command('simulate')
    .description('run a simulated Salesforce org')
    .option('--listen <address>', 'address to listen on', '127.0.0.1')
    .option('--port <number>', 'port to listen on; 0 takes any free one', wholeNumber(0, 65_535), 0)
    .option('--seed <number>', 'seed of rows, ids and secrets', wholeNumber(0, 2_147_483_647), 1)
    .option('--rows <object=count,…>', 'rows to begin with, as contact=1000,lead=10', rowCounts, {})
    .option('--client-id <id>', 'consumer key clients sign in with; default: from the seed')
    .option('--client-secret <secret>', 'consumer secret clients sign in with; default: from the seed')
    .option('--tls <directory>', 'serve HTTPS; the CA to trust goes to ca.pem in this directory')
    .option('--host <name...>', 'further names for the certificate, beside localhost', hostName)
    .option('--proxy', 'open an HTTP proxy too, through which login.salesforce.com and the like are this org')
    .action(
      action<import('./simulate.ts').SimulateOptions>(async (session, options) =>
        (await import('./simulate.ts')).simulate(options, session),
      ),
    )
}

function addTalking(program: Command, action: Action): void {
  program
    .command('send')
    .description('send a command and wait for its reply')
    .argument('[action]', 'name of the action, as CreateContact; see catalog')
    .addOption(configOption())
    .option('--id <id>', 'record id of the row it is for')
    .option('--field <name=value>', 'a field to write, or an argument of the action; repeatable', collect, [])
    .option('--clear <name>', 'a field to clear; repeatable', collect, [])
    .option('--json-command <file>', 'the command as JSON from a file, - for stdin')
    .option('--key <key>', 'Kafka key; default: the record id, else the command id')
    .option('--avro', 'send Avro instead of JSON')
    .option('--timeout-ms <ms>', 'how long to wait for the reply', wholeNumber(1, 3_600_000), 30_000)
    .action(
      action<import('./send.ts').SendOptions>(async (session, options, name) =>
        (await import('./send.ts')).send({ ...options, ...(name === undefined ? {} : { action: name }) }, session),
      ),
    )
  program
    .command('tail')
    .description('print events and replies, decoded, as they arrive')
    .addArgument(new Argument('[what]', 'which topics').choices(['events', 'replies', 'all']).default('all'))
    .addOption(configOption())
    .option('--object <name>', 'only this object; repeatable', collect, [])
    .addOption(new Option('--from <place>', 'where to begin').choices(['beginning', 'end']).default('end'))
    .option('--max <count>', 'end after so many records', wholeNumber(1, 1_000_000_000))
    .action(
      action<import('./tail.ts').TailOptions>(async (session, options, what) =>
        (await import('./tail.ts')).tail({ ...options, what: what as import('./tail.ts').Kind | 'all' }, session),
      ),
    )
}

function addDeadLetters(program: Command, action: Action): void {
  const dlq = program.command('dlq').description('dead letters: list them, put commands among them back')
  const filtered = (command: Command) =>
    command
      .addOption(configOption())
      .option('--object <name>', 'only this object; repeatable', collect, [])
      .option('--stage <name>', 'only of this stage, as VALUE_CONVERTER or serialize')
      .option('--error <class>', 'only with this in the error class, as command.unreadable')
      .option('--text <text>', 'only with this in key, reason or value')
      .option('--since <time>', 'only from this time on, as 2026-01-31T12:00:00Z', pointInTime)
      .option('--until <time>', 'only before this time', pointInTime)
  filtered(dlq.command('list').description('print dead letters, decoded where they can be'))
    .addArgument(new Argument('[what]', 'of which half').choices(['commands', 'events', 'all']).default('all'))
    .option('--max <count>', 'end after so many', wholeNumber(1, 1_000_000_000))
    .action(
      action<import('./dlq.ts').ListOptions>(async (session, options, what) =>
        (await import('./dlq.ts')).listLetters({ ...options, what: what as 'all' }, session),
      ),
    )
  filtered(dlq.command('replay').description('put dead letters of commands back on their topics, each only once'))
    .addArgument(new Argument('[what]', 'of which half').choices(['commands', 'events']).default('commands'))
    .option('--dry-run', 'print what would be replayed, write nothing')
    .action(
      action<import('./dlq.ts').ReplayOptions>(async (session, options, what) =>
        (await import('./dlq.ts')).replayLetters({ ...options, what: what as 'commands' }, session),
      ),
    )
}

function addShowing(program: Command, action: Action): void {
  program
    .command('check')
    .description('sign in to Salesforce and say what the config asks for and the user may not do')
    .addOption(configOption())
    .action(
      action<import('./check.ts').CheckOptions>(async (session, options) =>
        (await import('./check.ts')).check(options, session),
      ),
    )
  program
    .command('catalog')
    .description('list the triggers and actions')
    .action(
      action(async session => {
        const { catalog } = await import('./catalog.ts')
        catalog(session)
        return exitCodes.ok
      }),
    )
  program
    .command('docs', { hidden: true })
    .description('write the generated files of the repository')
    .action(
      action(async session => {
        const { docs } = await import('./docs.ts')
        docs(session)
        return exitCodes.ok
      }),
    )
}

const wholeNumber =
  (min: number, max: number) =>
  (text: string): number => {
    const value = /^[0-9]+$/.test(text) ? Number(text) : Number.NaN
    if (value >= min && value <= max) return value
    throw new InvalidArgumentError(`It must be a whole number from ${min} to ${max}.`)
  }

function pointInTime(text: string): number {
  const at = /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text) ? Date.parse(text) : Number.NaN
  if (Number.isFinite(at)) return at
  throw new InvalidArgumentError('It must be a time as 2026-01-31T12:00:00Z, or a day.')
}

const collect = (value: string, former: string[]): string[] => [...former, value]

function hostName(value: string, former: readonly string[] = []): string[] {
  if (/^(\*\.)?[a-z0-9-]+(\.[a-z0-9-]+)*$|^[0-9a-f:]+$/i.test(value)) return [...former, value]
  throw new InvalidArgumentError('It must be a host name or an IP address.')
}

function rowCounts(text: string): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const part of text.split(',')) {
    const found = /^([a-z0-9_]+)=([0-9]{1,7})$/i.exec(part.trim())
    if (!found) throw new InvalidArgumentError('It must be as contact=1000,lead=10.')
    counts[found[1]!] = Number(found[2])
  }
  return counts
}
