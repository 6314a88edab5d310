import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import type { Evolved } from '../avro/evolve.ts'
import { connectRegistry, type SchemaRegistry } from '../avro/registry.ts'
import { renderSchema } from '../avro/render.ts'
import { loadConfig } from '../core/config-load.ts'
import { secretsOf } from '../core/config-options.ts'
import { connectSalesforce, silentEvents } from '../salesforce/client.ts'
import { exitCodes } from './failure.ts'
import { objectsOf, type Subject, subjectsOf } from './schema-subjects.ts'
import type { Session } from './session.ts'

export interface SchemasOptions {
  readonly config: string
  /** Only these objects; all of the config if empty. */
  readonly object: readonly string[]
}

/** How one object's fields in the org stand to the schemas of one subject in the registry. */
export interface SchemaDifference extends Pick<Evolved, 'added' | 'renamed' | 'lost'> {
  readonly object: string
  readonly subject: string
  /** `different`: registering would make a new version. Lost fields alone do not: they stay in the schema. */
  readonly state: 'same' | 'different' | 'unregistered'
}

interface Org {
  readonly registry: SchemaRegistry
  /** Of all objects asked for, in the order of the config. */
  readonly subjects: readonly (Subject & { readonly object: string })[]
}

async function withOrg<T>(options: SchemasOptions, session: Session, work: (org: Org) => Promise<T>): Promise<T> {
  const config = loadConfig(options.config, session.terminal.env)
  session.hide(secretsOf(config))
  const settings = { ...config.salesforce, budget: config.salesforce }
  const salesforce = await connectSalesforce(settings, {
    ...silentEvents,
    signInWarned: ({ warning, remedy }) => session.terminal.note(`warning: ${warning}\nremedy: ${remedy}`),
  })
  try {
    const subjects: (Subject & { object: string })[] = []
    for (const [object, halves] of objectsOf(config, options.object)) {
      const describe = await salesforce.describe(object)
      for (const each of subjectsOf(config, describe, halves)) subjects.push({ ...each, object: describe.name })
    }
    return await work({ registry: connectRegistry(config.registry), subjects })
  } finally {
    await salesforce.close()
  }
}

/** `schemas generate`: writes the schemas that the org's fields lead to, before any registry; prints their paths. */
export const generateSchemas = (
  options: SchemasOptions & { readonly out: string },
  session: Session,
): Promise<number> =>
  withOrg(options, session, async ({ subjects }) => {
    mkdirSync(options.out, { recursive: true })
    const paths: string[] = []
    for (const { evolve } of subjects) {
      const [name, content] = renderSchema(evolve([]).schema)
      const path = join(options.out, name)
      writeFileSync(path, content)
      paths.push(path)
      if (!session.json) session.terminal.out(path)
    }
    if (session.json) session.terminal.out(JSON.stringify(paths))
    return exitCodes.ok
  })

/** `schemas diff`: what registering would change. Returns 1 if it would change anything. */
export const diffSchemas = (options: SchemasOptions, session: Session): Promise<number> =>
  withOrg(options, session, async org => {
    const found: SchemaDifference[] = []
    for (const subject of org.subjects) found.push((await compare(org, subject)).difference)
    if (session.json) session.terminal.out(JSON.stringify(found))
    else for (const difference of found) print(difference, session)
    return found.every(({ state }) => state === 'same') ? exitCodes.ok : exitCodes.failure
  })

/** `schemas register`: registers what `schemas diff` shows, as the connector would. */
export const registerSchemas = (options: SchemasOptions, session: Session): Promise<number> =>
  withOrg(options, session, async org => {
    const done: (SchemaDifference & { readonly schemaId: number })[] = []
    for (const subject of org.subjects) {
      const { difference, evolved } = await compare(org, subject)
      const schemaId = await org.registry.register(difference.subject, evolved.schema)
      done.push({ ...difference, schemaId })
      if (!session.json) session.terminal.out(`${difference.subject}: schema ${schemaId}`)
    }
    if (session.json) session.terminal.out(JSON.stringify(done))
    return exitCodes.ok
  })

async function compare({ registry }: Org, { object, subject, evolve }: Org['subjects'][number]) {
  const history = await registry.history(subject)
  const evolved = evolve(history)
  const { added, renamed, lost } = evolved
  const isSame = isDeepStrictEqual(history.at(-1), evolved.schema)
  const state: SchemaDifference['state'] = history.length === 0 ? 'unregistered' : isSame ? 'same' : 'different'
  const difference: SchemaDifference = { object, subject, state, added, renamed, lost }
  return { difference, evolved }
}

const states = { same: 'same', different: 'different', unregistered: 'not registered' } as const

function print({ subject, state, added, renamed, lost }: SchemaDifference, { terminal }: Session): void {
  terminal.out(`${subject}: ${states[state]}`)
  if (state !== 'unregistered') for (const name of added) terminal.out(`  + ${name}`)
  for (const { field, avroName } of renamed) terminal.out(`  ~ ${field} has another type: its values go to ${avroName}`)
  for (const name of lost) terminal.out(`  - ${name} was deleted or is hidden: it stays in the schema and reads null`)
}
