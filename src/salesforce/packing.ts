import { canBeSingle, type Part } from './collections.ts'

/** What a composite takes (salesforce-facts 7.1). */
const subrequestsMax = 25
const collectionsMax = 5

/**
 * Pure. The parts as they need the fewest calls: where there are more than five for each composite, the rows of the
 * smallest ones go as requests of their own, of which a composite takes twenty more; these come last.
 */
export function spread(parts: readonly Part[]): Part[] {
  const small = parts
    .filter(part => !part.direct && canBeSingle(part.group))
    .sort((a, b) => a.indexes.length - b.indexes.length)
  const inside = parts.filter(part => !part.direct).length
  for (let calls = 1; ; calls++) {
    const excess = inside - collectionsMax * calls
    if (excess <= 0) return [...parts]
    const apart = new Set(small.slice(0, excess))
    const rows = [...apart].reduce((sum, part) => sum + part.indexes.length, 0)
    if (apart.size === excess && rows <= (subrequestsMax - collectionsMax) * calls)
      return [...parts.filter(part => !apart.has(part)), ...[...apart].flatMap(rowByRow)]
  }
}

const rowByRow = (part: Part): Part[] => part.indexes.map(index => ({ ...part, indexes: [index], single: true }))

/** Takes the next call's parts off the queue: as many as a composite takes, or one that must stay outside. */
export function takeParts(queue: Part[]): Part[] {
  if (queue[0]?.direct) return queue.splice(0, 1)
  const taken: Part[] = []
  let collections = 0
  for (let at = 0; at < queue.length && taken.length < subrequestsMax; ) {
    const { direct, single } = queue[at]!
    if (direct || (!single && collections === collectionsMax)) at++
    else {
      if (!single) collections++
      taken.push(...queue.splice(at, 1))
    }
  }
  return taken
}
