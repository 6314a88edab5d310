/** The items in an order drawn from `random`; results of bulk jobs do not keep the order of the input (salesforce-facts 9.2). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const result = [...items]
  for (let i = result.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1))
    const kept = result[i]!
    result[i] = result[j]!
    result[j] = kept
  }
  return result
}
