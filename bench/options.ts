import { parseArgs } from 'node:util'

/** Reads `--name value` options that are whole numbers from 1 on, or one of a list of words; ends the process on others. */
export function readOptions<N extends string, W extends string>(
  numbers: Readonly<Record<N, number>>,
  words: Readonly<Record<W, readonly [string, ...string[]]>>,
): Record<N, number> & Record<W, string> & { profile: boolean } {
  const names = [...Object.keys(numbers), ...Object.keys(words)]
  const texts = Object.fromEntries(names.map(name => [name, { type: 'string' as const }]))
  try {
    const { values } = parseArgs({ options: { ...texts, profile: { type: 'boolean' } } })
    const given = values as Readonly<Record<string, string | undefined>>
    const counts = Object.entries<number>(numbers).map(([name, usual]) => [name, countOf(name, given[name], usual)])
    const chosen = Object.entries<readonly [string, ...string[]]>(words).map(([name, list]) => {
      const word = given[name] ?? list[0]
      if (!list.includes(word)) throw new Error(`--${name} must be one of ${list.join(', ')}`)
      return [name, word]
    })
    return { ...Object.fromEntries([...counts, ...chosen]), profile: values.profile === true }
  } catch (error) {
    console.error((error as Error).message)
    process.exit(2)
  }
}

function countOf(name: string, text: string | undefined, usual: number): number {
  const value = text === undefined ? usual : Number(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw new Error(`--${name} must be a whole number from 1 on`)
}

/** Flags for a Node process whose CPU profile is to be kept; it is written when the process ends. */
export const profileFlags = (wanted: boolean): readonly string[] =>
  wanted ? ['--cpu-prof', '--cpu-prof-dir=bench/results/profiles'] : []
