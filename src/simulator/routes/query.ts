import type { Answer, Call, Handler, Routes } from '../router.ts'
import type { PageRequest } from '../soql/cursors.ts'
import type { HeldBytes } from '../soql/growing-text.ts'
import { runQuery } from '../soql/query.ts'
import { malformedQuery } from '../soql/soql-error.ts'

const pageRowsMin = 200
const pageRowsMax = 2000

/** `Sforce-Query-Options: batchSize=N`, held to 200…2000 (salesforce-facts 2.3). */
function pageOf({ headers, userId, root }: Call): PageRequest {
  const asked = /batchSize\s*=\s*(\d+)/i.exec(headers['sforce-query-options'] ?? '')
  const pageRows = asked ? Math.min(pageRowsMax, Math.max(pageRowsMin, Number(asked[1]))) : pageRowsMax
  return { userId, root, pageRows }
}

/** The text is made only if it is asked for, inside a composite request. */
const bytesAnswer = ({ bytes, release }: HeldBytes): Answer => ({
  status: 200,
  bytes,
  sent: release,
  get text() {
    return bytes.toString()
  },
})

const query =
  (all: boolean): Handler =>
  call => {
    const soql = call.query.get('q')
    if (!soql) throw malformedQuery('A query string has to be specified')
    const result = runQuery(call.api.org, soql, all, call.access)
    return bytesAnswer(call.api.cursors.firstPage(result, all, pageOf(call)))
  }

function more(call: Call): Answer {
  return bytesAnswer(call.api.cursors.page(call.params.locator ?? '', pageOf(call)))
}

/** query and queryAll; both accept the other's locators (salesforce-facts 3.2). */
export const queryRoutes: Routes = {
  query: { GET: query(false) },
  queryAll: { GET: query(true) },
  'query/:locator': { GET: more },
  'queryAll/:locator': { GET: more },
}
