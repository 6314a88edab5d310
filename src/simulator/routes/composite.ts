import { requestError } from '../api-error.ts'
import { type Answer, type Call, type Dispatch, jsonAnswer, type Routes } from '../router.ts'
import { resolveReferences } from './composite-references.ts'
import { bodyObject } from './rows.ts'

const subrequestsMax = 25
/** query, queryAll and collections among the subrequests. */
const heavySubrequestsMax = 5
const forbiddenHeaders: ReadonlySet<string> = new Set(['accept', 'authorization', 'content-type'])

interface Subrequest {
  readonly method: string
  readonly url: string
  readonly referenceId: string
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

/** Reads and checks the subrequests; any fault fails the whole request (salesforce-facts 7.1). The texts of the limits are not proven. */
function readSubrequests(call: Call): Subrequest[] {
  const list = bodyObject(call).compositeRequest
  if (!Array.isArray(list))
    throw requestError(400, 'JSON_PARSER_ERROR', 'compositeRequest is required at [line:1, column:1]')
  if (list.length > subrequestsMax) {
    throw requestError(400, 'LIMIT_EXCEEDED', `Composite request limit exceeded: ${subrequestsMax} subrequests`)
  }
  const subrequests = list.map(readSubrequest)
  const heavy = subrequests.filter(({ url }) => /^\/services\/data\/v[\d.]+\/(query|composite\/sobjects)/i.test(url))
  if (heavy.length > heavySubrequestsMax) {
    const message = `Composite request limit exceeded: ${heavySubrequestsMax} query and sObject Collections subrequests`
    throw requestError(400, 'LIMIT_EXCEEDED', message)
  }
  const ids = new Set(subrequests.map(({ referenceId }) => referenceId))
  if (ids.size < subrequests.length) throw requestError(400, 'INVALID_INPUT', 'Provided referenceId is not unique')
  return subrequests
}

function readSubrequest(json: unknown): Subrequest {
  const { method, url, referenceId, body, httpHeaders } = bodyObject({ body: json })
  if (typeof method !== 'string' || !/^(GET|POST|PATCH|DELETE|HEAD|PUT)$/.test(method)) {
    throw requestError(400, 'INVALID_INPUT', `Invalid HTTP method: ${method}`)
  }
  if (typeof url !== 'string' || !/^\/services\/data\/v\d+\.0\//.test(url)) {
    throw requestError(400, 'INVALID_INPUT', `Invalid subrequest url: ${url}`)
  }
  if (typeof referenceId !== 'string' || !/^\w+$/.test(referenceId)) {
    throw requestError(
      400,
      'INVALID_INPUT',
      `Provided referenceId ('${referenceId}') must be alphanumeric or underscore`,
    )
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries((httpHeaders ?? {}) as object)) headers[name.toLowerCase()] = String(value)
  const forbidden = Object.keys(headers).find(name => forbiddenHeaders.has(name))
  if (forbidden) throw requestError(400, 'INVALID_INPUT', `Header not allowed in a subrequest: ${forbidden}`)
  return { method, url, referenceId, body, headers }
}

const halted = (message: string): Answer => jsonAnswer([{ errorCode: 'PROCESSING_HALTED', message }], 400)
const rolledBack = halted('The transaction was rolled back since another operation in the same transaction failed.')

function runSubrequest(
  call: Call,
  dispatch: Dispatch,
  subrequest: Subrequest,
  answers: ReadonlyMap<string, Answer>,
): Answer {
  const resolved = resolveReferences({ url: subrequest.url, body: subrequest.body }, answers)
  if ('missing' in resolved) return halted(resolved.missing)
  const { url, body } = resolved.value
  const text = body === undefined ? '' : JSON.stringify(body)
  const { api, userId, access, transaction } = call
  const before = transaction.changes.length
  const answer = dispatch(url, {
    api,
    userId,
    access,
    transaction,
    method: subrequest.method,
    headers: subrequest.headers,
    body,
    text,
  })
  if (answer.status >= 300) transaction.rollbackTo(before)
  return answer
}

function composite(call: Call, dispatch: Dispatch): Answer {
  const subrequests = readSubrequests(call)
  const allOrNone = bodyObject(call).allOrNone === true
  const answers = new Map<string, Answer>()
  for (const subrequest of subrequests) {
    const answer = runSubrequest(call, dispatch, subrequest, answers)
    answers.set(subrequest.referenceId, answer)
    if (allOrNone && (answer.status >= 300 || answer.rowsFailed)) {
      call.transaction.rollbackTo(0)
      return compositeAnswer(subrequests, id => (isInnocent(id, subrequest, answers) ? rolledBack : answers.get(id)))
    }
  }
  return compositeAnswer(subrequests, id => answers.get(id))
}

/** Collections keep their own report even though their rows were rolled back (salesforce-facts 7.1). */
function isInnocent(id: string, failed: Subrequest, answers: ReadonlyMap<string, Answer>): boolean {
  return id !== failed.referenceId && answers.get(id)?.rowsFailed === undefined
}

function compositeAnswer(subrequests: readonly Subrequest[], answerOf: (id: string) => Answer | undefined): Answer {
  const texts = subrequests.map(({ referenceId }) => {
    const { status, headers = {}, text = 'null' } = answerOf(referenceId) ?? rolledBack
    return `{"body":${text},"httpHeaders":${JSON.stringify(headers)},"httpStatusCode":${status},"referenceId":"${referenceId}"}`
  })
  return { status: 200, text: `{"compositeResponse":[${texts.join(',')}]}` }
}

/** `/composite` (salesforce-facts 7.1): always 200 once it is well formed, counted as one API call. */
export const compositeRoutes = (dispatch: () => Dispatch): Routes => ({
  composite: { POST: call => composite(call, dispatch()) },
})
