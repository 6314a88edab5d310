import { type Command, Option } from 'commander'
import type { Session } from './session.ts'
import type { SignalOptions } from './signal.ts'

type Action = <O>(
  run: (session: Session, options: O, ...args: string[]) => Promise<number | undefined>,
) => (...given: unknown[]) => Promise<void>

/** What the commands below share with the others. */
export interface CommandParts {
  readonly action: Action
  readonly configOption: () => Option
  readonly wholeNumber: (min: number, max: number) => (text: string) => number
}

const timeoutMsDefault = 60_000

/** Adds the commands that look at positions, and those that talk to a running source through the signals topic. */
export function addPositions(program: Command, { action, configOption, wholeNumber }: CommandParts): void {
  const timeout = (): Option =>
    new Option('--timeout-ms <ms>', 'how long to wait for the connector')
      .argParser(wholeNumber(1, 3_600_000))
      .default(timeoutMsDefault)
  const saying = (type: 'pause' | 'resume' | 'snapshot' | 'reset') =>
    action<SignalOptions>(async (session, options, ...objects) =>
      (await import('./signal.ts')).signal(type, options, session, objects.flat()),
    )
  const objectsOf = (command: Command): Command =>
    command.argument('[object...]', 'names of objects; default: all').addOption(configOption())

  objectsOf(program.command('pause').description('stop polling objects of a running connector; survives restarts'))
    .addOption(timeout())
    .action(saying('pause'))
  objectsOf(program.command('resume').description('poll paused objects again, from where they stood'))
    .addOption(timeout())
    .action(saying('resume'))
  program
    .command('snapshot')
    .description('publish all rows of objects, as a running connector finds them')
    .argument('<object...>', 'names of objects')
    .addOption(configOption())
    .option('--where <condition>', "only rows that meet a SOQL condition, as Industry = 'Banking'")
    .option('--wait', 'show progress, and end when the snapshot has')
    .addOption(timeout())
    .action(saying('snapshot'))

  const offsets = program.command('offsets').description('show, reset or export how far objects were read')
  objectsOf(offsets.command('show').description('print where each object stands')).action(
    action<SignalOptions>(async (session, options, ...objects) =>
      (await import('./positions.ts')).showPositions(options, session, objects.flat()),
    ),
  )
  offsets
    .command('reset')
    .description('let objects of a running connector begin anew elsewhere; what is read again is published again')
    .argument('<object...>', 'names of objects')
    .addOption(configOption())
    .requiredOption('--to <place>', 'now, earliest, snapshot, or a time as 2026-01-31T00:00:00Z')
    .addOption(timeout())
    .action(saying('reset'))
  objectsOf(offsets.command('export').description('print all that is known of objects, as JSON')).action(
    action<SignalOptions>(async (session, options, ...objects) =>
      (await import('./positions.ts')).exportPositions(options, session, objects.flat()),
    ),
  )
}
