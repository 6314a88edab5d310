import type { Answer } from '../router.ts'

interface Resolvable {
  readonly url: string
  readonly body: unknown
}

const referencePattern = /@\{(\w+)((?:\.\w+|\[\d+\])*)\}/g

class MissingReference extends Error {}

/** Puts the values of `@{ref.path}` in place, case-sensitively. If one is not there, `missing` is Salesforce's text for it;
 *  unless `nullable`, null is no value either (salesforce-facts 7.1). */
export function resolveReferences(
  request: Resolvable,
  answers: ReadonlyMap<string, Answer>,
  nullable: boolean,
): { readonly value: Resolvable } | { readonly missing: string } {
  const parsed = new Map<string, unknown>()
  const lookUp = (name: string, path: string): unknown => {
    if (!parsed.has(name)) parsed.set(name, JSON.parse(answers.get(name)?.text ?? 'null'))
    const steps = path.match(/\w+/g) ?? []
    const value = steps.reduce<unknown>(
      (at, step) => (at as Record<string, unknown> | null | undefined)?.[step],
      parsed.get(name),
    )
    if (value === undefined || !answers.has(name) || (value === null && !nullable)) {
      throw new MissingReference(`Invalid reference specified. No value for ${name}${path} found in ${name}`)
    }
    return value
  }
  try {
    return { value: { url: inText(request.url, lookUp), body: inValue(request.body, lookUp) } }
  } catch (error) {
    if (error instanceof MissingReference) return { missing: error.message }
    throw error
  }
}

/** The subrequests that this one refers to. */
export function referencedIn({ url, body }: Resolvable): ReadonlySet<string> {
  const text = body === undefined ? url : url + JSON.stringify(body)
  return new Set([...text.matchAll(referencePattern)].map(match => match[1] ?? ''))
}

type LookUp = (name: string, path: string) => unknown

const inText = (text: string, lookUp: LookUp): string =>
  text.replace(referencePattern, (_whole, name: string, path: string) => String(lookUp(name, path)))

/** A string that is nothing but a reference takes the value itself, so that null and numbers stay what they are. */
function inValue(value: unknown, lookUp: LookUp): unknown {
  if (typeof value === 'string') {
    const whole = /^@\{(\w+)((?:\.\w+|\[\d+\])*)\}$/.exec(value)
    return whole ? lookUp(whole[1] ?? '', whole[2] ?? '') : inText(value, lookUp)
  }
  if (Array.isArray(value)) return value.map(item => inValue(item, lookUp))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, inValue(item, lookUp)]))
}
