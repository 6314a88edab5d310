import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** The repository's root directory. */
export const root = fileURLToPath(new URL('../../', import.meta.url))

export interface Instruction {
  readonly name: string
  readonly text: string
}

/** Instructions of a Dockerfile by stage: comments left out, continued lines joined. */
export function readDockerfile(path: string): Instruction[][] {
  const lines = readFileSync(path, 'utf8')
    .split('\n')
    .filter(line => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, '')
    .split('\n')
    .filter(line => line.trim() !== '')
  const stages: Instruction[][] = []
  for (const line of lines) {
    const [, name, text] = /^([A-Z]+) +(.*)$/.exec(line) ?? []
    if (name === undefined || text === undefined) throw new Error(`not an instruction: ${line}`)
    if (name === 'FROM') stages.push([])
    stages.at(-1)!.push({ name, text })
  }
  return stages
}

/** Texts of all instructions of a name. */
export const textsOf = (stage: readonly Instruction[], name: string): string[] =>
  stage.filter(each => each.name === name).map(each => each.text)

/** The one instruction of a name in exec form. */
export function execForm(stage: readonly Instruction[], name: string): string[] {
  const [text, ...more] = textsOf(stage, name)
  if (text === undefined || more.length > 0) throw new Error(`expected one ${name}`)
  return JSON.parse(text) as string[]
}
