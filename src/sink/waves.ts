/**
 * Pure. Arranges items in waves: no two items that share one of their `uniques` stand in the same wave, and those that
 * share one keep their order. Every item is in exactly one wave, as early as that allows.
 */
export function arrange<T>(items: readonly T[], uniquesOf: (item: T) => readonly string[]): T[][] {
  const waves: T[][] = []
  const nextWave = new Map<string, number>()
  for (const item of items) {
    const uniques = uniquesOf(item)
    const index = uniques.reduce((wave, unique) => Math.max(wave, nextWave.get(unique) ?? 0), 0)
    for (const unique of uniques) nextWave.set(unique, index + 1)
    const wave = waves[index]
    if (wave) wave.push(item)
    else waves.push([item])
  }
  return waves
}
