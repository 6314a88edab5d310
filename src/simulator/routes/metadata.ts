import { notFound } from '../api-error.ts'
import type { Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { describeJson, summaryJson } from './describe-json.ts'

/** The object a path names; 404 if the org has none of that name. */
export function tableOf(call: Call): Table {
  const table = call.api.org.table(call.params.object ?? '')
  if (!table) throw notFound()
  return table
}

function describeGlobal({ api, root }: Call): Answer {
  const sobjects = [...api.org.tables].map(table => summaryJson(table.type, root))
  return jsonAnswer({ encoding: 'UTF-8', maxBatchSize: 200, sobjects })
}

function describe(call: Call): Answer {
  const { api, root, headers } = call
  const table = tableOf(call)
  const changedAt = new Date(api.org.startedAtMs)
  const known = Date.parse(headers['if-modified-since'] ?? '')
  const lastModified = { 'Last-Modified': changedAt.toUTCString() }
  if (known >= changedAt.getTime()) return { status: 304, headers: lastModified }
  return { ...jsonAnswer(describeJson(table.type, root, api.org.tables)), headers: lastModified }
}

/** `/sobjects/X`: the object's flags. */
export function basicDescribe(call: Call): Answer {
  return jsonAnswer({ objectDescribe: summaryJson(tableOf(call).type, call.root), recentItems: [] })
}

/** A number of `/limits` that nothing in the simulated org uses up. */
const unused = (max: number) => ({ Max: max, Remaining: max })

function limits({ api }: Call): Answer {
  const { used, max } = api.limits
  return jsonAnswer({
    DailyApiRequests: { Max: max, Remaining: Math.max(0, max - used) },
    DailyBulkApiBatches: unused(15_000),
    DailyBulkV2QueryJobs: unused(10_000),
    DailyBulkV2QueryFileStorageMB: unused(976_562),
    DailyDeliveredPlatformEvents: unused(10_000),
    DataStorageMB: unused(1024),
    FileStorageMB: unused(1024),
    PermissionSets: { ...unused(1500), CreateCustom: unused(1000) },
  })
}

export const metadataRoutes: Routes = {
  limits: { GET: limits },
  sobjects: { GET: describeGlobal },
  'sobjects/:object/describe': { GET: describe },
}
