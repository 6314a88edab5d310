/** API calls of the org in the last 24 hours: used by all clients together, and the most allowed. */
export interface ApiUsage {
  readonly used: number
  readonly max: number
}

/**
 * Reads the header Sforce-Limit-Info: `api-usage=18/15000`, maybe followed by an app's own quota, which is not the
 * org's and is ignored (REST API guide, Limit Info Header). undefined if the header is missing or has another shape.
 */
export function readApiUsage(header: string | undefined): ApiUsage | undefined {
  const found = /(?:^|[;,\s])api-usage=(\d{1,12})\/(\d{1,12})/.exec(header ?? '')
  return found ? { used: Number(found[1]), max: Number(found[2]) } : undefined
}
