import type { Answer, Call, Handler, Routes } from '../router.ts'
import { runQuery } from '../soql/query.ts'
import { malformedQuery } from '../soql/soql-error.ts'

const pageRowsMin = 200
const pageRowsMax = 2000

/** `Sforce-Query-Options: batchSize=N`, held to 200…2000 (salesforce-facts 2.3). */
function pageRowsOf({ headers }: Call): number {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(headers['sforce-query-options'] ?? '')
  return asked ? Math.min(pageRowsMax, Math.max(pageRowsMin, Number(asked[1]))) : pageRowsMax
}

const query =
  (deleted: boolean): Handler =>
  call => {
    const soql = call.query.get('q')
    if (!soql) throw malformedQuery('A query string has to be specified')
    const result = runQuery(call.api.org, soql, deleted)
    return { status: 200, text: call.api.cursors.firstPage(result, deleted, call.userId, call.root, pageRowsOf(call)) }
  }

function more(call: Call): Answer {
  const text = call.api.cursors.page(call.params.locator ?? '', call.userId, call.root, pageRowsOf(call))
  return { status: 200, text }
}

/** query and queryAll; both accept the other's locators (salesforce-facts 3.2). */
export const queryRoutes: Routes = {
  query: { GET: query(false) },
  queryAll: { GET: query(true) },
  'query/:locator': { GET: more },
  'queryAll/:locator': { GET: more },
}
