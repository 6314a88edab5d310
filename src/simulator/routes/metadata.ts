import { notFound } from '../api-error.ts'
import { identityUrl } from '../oauth/identity.ts'
import type { Cells } from '../org/cell.ts'
import { type ObjectType, systemSlots } from '../org/object-type.ts'
import { isLive, type StoredRow, type Table } from '../org/table.ts'
import { type Answer, type Call, jsonAnswer, type Routes } from '../router.ts'
import { unlessUnmodified } from './conditional.ts'
import { type DescribeContext, describeJson, summaryJson } from './describe-json.ts'

/** Rows that `/sobjects/X` lists, and those of the last day that are looked at for them. */
const recentItemsMax = 200
const recentMs = 24 * 60 * 60 * 1000

/** The object a path names; 404 if the org has none of that name, or none that the user may see (salesforce-facts 2.5). */
export function tableOf(call: Call): Table {
  const table = call.api.org.table(call.params.object ?? '')
  if (!table || !call.access.may('read', table.type)) throw notFound()
  return table
}

/** `/services/data/vXX.X`: where the resources are, and who asks. */
function resources({ api, root, origin, userId }: Call): Answer {
  const names = ['composite', 'jobs', 'limits', 'query', 'queryAll', 'sobjects', 'ui-api']
  const places = Object.fromEntries(names.map(name => [name, `${root}/${name}`]))
  return jsonAnswer({ ...places, identity: identityUrl(origin, api.org, userId) })
}

const secondMs = 1000

/** When what describe shows of these objects changed last: rights count as well as fields (salesforce-facts 2.3).
 *  Rights are dated the next full second, so that a change in the second of a read is not missed. */
function changedAt({ api, access }: Call, tables: Iterable<Table>): number {
  const rightsMs = access.changedAtMs === 0 ? 0 : (Math.floor(access.changedAtMs / secondMs) + 1) * secondMs
  return Math.max(api.org.startedAtMs, rightsMs, ...[...tables].map(({ type }) => type.changedAtMs))
}

function describeGlobal(call: Call): Answer {
  const { api, access, root } = call
  return unlessUnmodified(call, changedAt(call, api.org.tables), () => {
    const visible = [...api.org.tables].filter(({ type }) => access.may('read', type))
    const sobjects = visible.map(table => summaryJson(table.type, root, access))
    return jsonAnswer({ encoding: 'UTF-8', maxBatchSize: 200, sobjects })
  })
}

function describeContext({ api, access, root }: Call, { name }: ObjectType): DescribeContext {
  const recordTypes = [...(api.org.table('RecordType')?.rows ?? [])].map(([id, { cells = [] }]) => ({ id, cells }))
  const type = api.org.table('RecordType')?.type
  const read = (cells: Cells, field: string) => type?.field(field)?.read(cells) ?? null
  return {
    root,
    access,
    tables: api.org.tables,
    recordTypes: recordTypes
      .filter(({ cells }) => read(cells, 'SobjectType') === name)
      .map(({ id, cells }) => ({
        id,
        name: String(read(cells, 'Name')),
        developerName: String(read(cells, 'DeveloperName')),
        active: read(cells, 'IsActive') === true,
      })),
  }
}

function describe(call: Call): Answer {
  const table = tableOf(call)
  return unlessUnmodified(call, changedAt(call, [table]), () =>
    jsonAnswer(describeJson(table.type, describeContext(call, table.type))),
  )
}

/** The rows that the user changed last, newest first (salesforce-facts 2.5). */
function recentItems({ api, userId, access, root }: Call, { type, byStamp }: Table) {
  const now = api.org.now()
  const recent: StoredRow[] = []
  for (const row of byStamp.walk(now - recentMs, now)) {
    if (isLive(row.cells) && row.cells[systemSlots.LastModifiedById] === userId) recent.push(row)
    if (recent.length > recentItemsMax) recent.shift()
  }
  const name = type.field('Name')
  return recent.toReversed().map(row => ({
    attributes: { type: type.name, url: `${root}/sobjects/${type.name}/${row.id}` },
    Id: row.id,
    ...(name && access.canRead(name) ? { Name: name.read(row.cells ?? []) } : {}),
  }))
}

/** `/sobjects/X`: the object's flags and recent rows. */
export function basicDescribe(call: Call): Answer {
  const table = tableOf(call)
  const objectDescribe = summaryJson(table.type, call.root, call.access)
  return jsonAnswer({ objectDescribe, recentItems: recentItems(call, table) })
}

export const metadataRoutes: Routes = {
  '': { GET: resources },
  sobjects: { GET: describeGlobal },
  'sobjects/:object/describe': { GET: describe },
}
