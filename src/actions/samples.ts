import type { CommandSample } from './action.ts'

const placeholder = /\$(id|unique|[A-Z][A-Za-z0-9_]*)/g

/**
 * The sample with its placeholders filled in: `$id`, `$unique`, or an object's name as `$Account`. `valueFor` is asked once
 * for each name, so that a name means the same throughout the sample.
 */
export function fillSample(sample: CommandSample, valueFor: (name: string) => string): CommandSample {
  const values = new Map<string, string>()
  const fill = (_: string, name: string): string => {
    const value = values.get(name) ?? valueFor(name)
    values.set(name, value)
    return value
  }
  return JSON.parse(JSON.stringify(sample).replace(placeholder, fill)) as CommandSample
}
