import { ApiError } from '../api-error.ts'
import type { DuplicateRule } from './automation-rule.ts'
import type { Saving } from './object-rules.ts'
import type { ObjectType } from './object-type.ts'
import { isLive, type StoredRow } from './table.ts'

/** Salesforce names at most so many matches. */
const matchesMax = 100

const fold = (value: unknown): string => String(value).toLowerCase()

/** The other live rows that have the values of all of the rule's fields; none if one of them is empty. */
export function possibleDuplicates(rule: DuplicateRule, { table, row, cells }: Saving): readonly StoredRow[] {
  const wanted = rule.match.flatMap(name => {
    const field = table.type.field(name)
    return field ? [{ field, value: field.read(cells) }] : []
  })
  const [first] = wanted
  if (!first || wanted.some(({ value }) => value === null)) return []
  // Names that are put together have no column of their own, so no index can find them.
  const candidates = first.field.slot < 0 ? [...table.rows.values()] : table.matching(first.field, first.value)
  const same = (other: StoredRow) =>
    wanted.every(({ field, value }) => fold(field.read(other.cells ?? [])) === fold(value))
  return candidates.filter(other => other !== row && isLive(other.cells) && same(other)).slice(0, matchesMax)
}

/** DUPLICATES_DETECTED with the details under Salesforce's own spelling `duplicateResut` (salesforce-facts 2.10). */
export function duplicateFound(
  rule: DuplicateRule,
  found: readonly StoredRow[],
  { name }: ObjectType,
  root: string,
): ApiError {
  const message = rule.message ?? 'Use one of these records?'
  const matchRecords = found.map(({ id }) => ({
    additionalInformation: [],
    fieldDiffs: [],
    matchConfidence: 100,
    record: { attributes: { type: name, url: `${root}/sobjects/${name}/${id}` }, Id: id },
  }))
  const matchResult = {
    entityType: name,
    errors: [],
    matchEngine: 'FuzzyMatchEngine',
    matchRecords,
    rule: `${rule.name}_Match`,
    size: found.length,
    success: true,
  }
  const duplicateResut = {
    allowSave: rule.action === 'alert',
    duplicateRule: rule.name,
    duplicateRuleEntityType: name,
    errorMessage: message,
    matchResults: [matchResult],
  }
  return new ApiError(400, [{ duplicateResut, message, errorCode: 'DUPLICATES_DETECTED', fields: [] }])
}
