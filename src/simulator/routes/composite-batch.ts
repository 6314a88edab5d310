import { requestError } from '../api-error.ts'
import type { Answer, Call, Dispatch, Routes } from '../router.ts'
import { bodyList, bodyObject } from './body.ts'

const subrequestsMax = 25
/** Oldest version of a subrequest (salesforce-facts 7.2). */
const versionMin = 34

interface BatchRequest {
  readonly method: string
  /** Path from `/services/data/` on. */
  readonly target: string
  readonly body: unknown
}

/** Throws for the whole request; the texts are not proven. */
function readBatchRequest(call: Call, json: unknown): BatchRequest {
  const { method, url, richInput } = bodyObject({ body: json })
  if (typeof method !== 'string' || !/^(GET|POST|PUT|PATCH|DELETE|HEAD)$/.test(method))
    throw requestError(400, 'INVALID_INPUT', `Invalid HTTP method: ${method}`)
  const [, version, path] = /^\/?(?:services\/data\/)?v(\d+)\.0\/(.+)$/.exec(String(url)) ?? []
  if (version === undefined || path === undefined || /^composite\b/i.test(path))
    throw requestError(400, 'INVALID_INPUT', `Invalid subrequest url: ${url}`)
  if (Number(version) < versionMin || Number(version) > call.version) {
    const message = `The version of a subrequest must be from ${versionMin}.0 to ${call.version}.0: ${version}.0`
    throw requestError(400, 'INVALID_INPUT', message)
  }
  return { method, target: `/services/data/v${version}.0/${path}`, body: richInput }
}

const halted = {
  statusCode: 412,
  result: [
    {
      errorCode: 'BATCH_PROCESSING_HALTED',
      message: 'Batch processing halted per request',
    },
  ],
}

/** The subrequests run one after another, each a transaction of its own: since nobody else can see the org in between,
 *  taking back the failed ones alone and committing the others at the end is the same. */
function runBatchRequest(call: Call, dispatch: Dispatch, { method, target, body }: BatchRequest): Answer {
  const { api, origin, userId, access, transaction } = call
  const before = transaction.changes.length
  transaction.beginPart()
  const incoming = { api, origin, userId, access, transaction, method, headers: {}, text: '' }
  const answer = dispatch(target, { ...incoming, readBody: () => (method === 'GET' ? undefined : body) })
  if (answer.status >= 300) transaction.rollbackTo(before)
  return answer
}

function batch(call: Call, dispatch: Dispatch): Answer {
  const list = bodyList(call, 'batchRequests')
  if (list.length > subrequestsMax)
    throw requestError(400, 'LIMIT_EXCEEDED', `Batch request limit exceeded: ${subrequestsMax} subrequests`)
  const requests = list.map(each => readBatchRequest(call, each))
  const haltOnError = bodyObject(call).haltOnError === true
  let hasErrors = false
  const results = requests.map(request => {
    if (hasErrors && haltOnError) return JSON.stringify(halted)
    const { status, text = 'null' } = runBatchRequest(call, dispatch, request)
    hasErrors ||= status >= 300
    return `{"statusCode":${status},"result":${text}}`
  })
  // Each subrequest is an API call (salesforce-facts 7), the request itself is none.
  const furtherCalls = Math.max(0, requests.length - 1)
  return { status: 200, text: `{"hasErrors":${hasErrors},"results":[${results.join(',')}]}`, furtherCalls }
}

/** `/composite/batch` (salesforce-facts 7.2). */
export const batchRoutes = (dispatch: () => Dispatch): Routes => ({
  'composite/batch': { POST: call => batch(call, dispatch()) },
})
