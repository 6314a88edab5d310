export interface FunctionLength {
  readonly name: string
  readonly line: number
  readonly lines: number
  readonly isMethod: boolean
}

const functionStart = /^(\s*)(?:export )?(?:default )?(?:async )?function\*? ?(\w+)/
const arrowStart = /^(\s*)(?:export )?const (\w+)[^=]*= (?:async )?(?:\([^)]*\)|\w+)(?:: [^=]+)? => \{$/
const methodStart = /^(\s+)(?:static |override |async |get |set |\*)*(#?\w+)\(.*\{$/
const notMethods = new Set(['if', 'for', 'while', 'switch', 'catch', 'function', 'test', 'describe'])

/** Lengths of functions and methods, by the formatter's rule that a body ends at the opening line's own indentation. */
export function functionLengths(text: string): FunctionLength[] {
  const lines = text.split('\n')
  return lines.flatMap((line, index) => {
    const plain = functionStart.exec(line) ?? arrowStart.exec(line)
    const found = plain ?? methodStart.exec(line)
    if (!found || notMethods.has(found[2]!)) return []
    const end = lines.findIndex(
      (other, at) => at > index && /^[}\]]/.test(other.slice(found[1]!.length)) && other.startsWith(found[1]!),
    )
    return [{ name: found[2]!, line: index + 1, lines: (end < 0 ? lines.length : end) - index + 1, isMethod: !plain }]
  })
}
