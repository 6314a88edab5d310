import type { FieldType } from '../objects/definition.ts'
import type { Cell, Cells } from '../org/cell.ts'
import { dateFunctions, dateText } from './calendar.ts'
import { type FieldPath, resolvePath } from './field-path.ts'
import type { Scope } from './scope.ts'
import { malformedQuery, notSimulated, soqlError } from './soql-error.ts'

/** What can be compared, grouped and sorted by: a field, a date function of one, or in a group an aggregate. */
export interface Operand {
  /** As errors and results call it. */
  readonly name: string
  readonly type: FieldType
  /** The field itself; undefined for a function's value. */
  readonly path?: FieldPath
  /** The same for everything that means the same. */
  readonly key: string
  read(cells: Cells): Cell
}

/** A function as the parser gives it. */
export interface ParsedFunction {
  readonly functionName?: string
  readonly parameters?: readonly (string | ParsedFunction)[]
  readonly rawValue?: string
}

const pathText = ({ parents, name }: FieldPath): string => [...parents.map(step => step.name), name].join('.')

/** The field that a statement names, in any case. Throws INVALID_FIELD. */
export function fieldOperand(scope: Scope, text: string): Operand {
  const path = resolvePath(scope, text)
  return { name: path.name, type: path.field.type, path, key: pathText(path), read: path.read }
}

/** A date function's value. Throws for functions of another kind, and for a field that is no date. */
export function functionOperand(scope: Scope, parsed: ParsedFunction): Operand {
  const name = parsed.functionName?.toUpperCase() ?? ''
  const compute = dateFunctions[name]
  if (!compute && name !== 'DAY_ONLY') throw notSimulated(`${parsed.functionName}() here`)
  const of = dateParameter(scope, parsed)
  if (of.type !== 'datetime' && (of.type !== 'date' || name === 'DAY_ONLY' || name === 'HOUR_IN_DAY')) {
    const message = `field '${of.name}' can not be used in the function ${name}`
    throw soqlError(scope.soql, parsed.rawValue ?? name, 'INVALID_FIELD', message)
  }
  const key = `${name}(${of.key})`
  const text = parsed.rawValue ?? key
  if (!compute) return { name: text, type: 'date', key, read: ofDate(of.read, date => dateText(date.getTime())) }
  return { name: text, type: 'int', key, read: ofDate(of.read, compute) }
}

const ofDate =
  (read: (cells: Cells) => Cell, compute: (date: Date) => Cell) =>
  (cells: Cells): Cell => {
    const cell = read(cells)
    return cell === null ? null : compute(new Date(cell as string | number))
  }

/** The org's time zone is UTC, so convertTimezone() changes nothing. */
function dateParameter(scope: Scope, { functionName, parameters = [] }: ParsedFunction): Operand {
  const [parameter] = parameters
  if (typeof parameter === 'string') return fieldOperand(scope, parameter)
  if (parameter?.functionName?.toUpperCase() === 'CONVERTTIMEZONE') return dateParameter(scope, parameter)
  throw malformedQuery(`unexpected parameter of ${functionName}`)
}
