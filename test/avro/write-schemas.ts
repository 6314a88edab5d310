import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { actions, shapeOf } from '../../src/actions.ts'
import { renderSchemas } from '../../src/avro/render.ts'
import { contact } from '../../src/simulator/objects/contact.ts'
import { makeObjectType } from '../../src/simulator/org/object-type.ts'
import { describeJson } from '../../src/simulator/routes/describe-json.ts'

/** Where the generated schemas of the standard objects are kept. */
export const schemasDir = join(import.meta.dirname, '../../schemas')

/** The .avsc files of the simulated org's objects that have actions: name to content. */
export function goldenSchemas(): Map<string, string> {
  const sources = [contact].map(definition => ({
    describe: describeJson(makeObjectType(definition), '', []),
    commands: Object.keys(actions)
      .filter(name => actions[name]?.object === definition.name)
      .map(shapeOf),
  }))
  return renderSchemas(sources)
}

// Run as a program it replaces the files (`npm run schemas`).
if (import.meta.main) {
  mkdirSync(schemasDir, { recursive: true })
  for (const file of readdirSync(schemasDir)) if (file.endsWith('.avsc')) rmSync(join(schemasDir, file))
  for (const [file, content] of goldenSchemas()) writeFileSync(join(schemasDir, file), content)
}
