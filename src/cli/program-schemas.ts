import type { Command } from 'commander'
import type { CommandParts } from './program-positions.ts'
import type { SchemasOptions } from './schemas.ts'

const collect = (value: string, former: string[]): string[] => [...former, value]

/** Adds the commands about the schemas of events, commands and replies. */
export function addSchemas(
  program: Command,
  { action, configOption }: Pick<CommandParts, 'action' | 'configOption'>,
): void {
  const schemas = program
    .command('schemas')
    .description('the schemas of events, commands and replies: what the org has, what is registered')
  const add = (name: string, description: string): Command =>
    schemas
      .command(name)
      .description(description)
      .addOption(configOption())
      .option('--object <name>', 'only this object; repeatable', collect, [])
  add('generate', 'write the schemas that the fields of the org lead to')
    .option('--out <directory>', 'where to', 'schemas')
    .action(
      action<SchemasOptions & { readonly out: string }>(async (session, options) =>
        (await import('./schemas.ts')).generateSchemas(options, session),
      ),
    )
  add('diff', 'compare the org with the registry; exit code 1 if registering would change it').action(
    action<SchemasOptions>(async (session, options) => (await import('./schemas.ts')).diffSchemas(options, session)),
  )
  add('register', 'register the schemas of the org, each compatible with all before it').action(
    action<SchemasOptions>(async (session, options) =>
      (await import('./schemas.ts')).registerSchemas(options, session),
    ),
  )
}
