import { requestError } from '../api-error.ts'
import { type Answer, type Call, type Dispatch, jsonAnswer } from '../router.ts'
import { bodyList, bodyObject, isJson } from './body.ts'
import { resolveReferences } from './composite-references.ts'

/** One request inside a composite or a graph. */
export interface Subrequest {
  readonly method: string
  readonly url: string
  readonly referenceId: string
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
}

const forbiddenHeaders: ReadonlySet<string> = new Set(['accept', 'authorization', 'content-type'])
/** Since then an illegal referenceId fails the whole request, and a null parent field counts as a value (salesforce-facts 7.1). */
const strictSince = 52

/** Reads and checks `compositeRequest`; any fault fails the whole request (salesforce-facts 7.1). The texts are not proven. */
export function readSubrequests(call: Call, json: unknown): Subrequest[] {
  const list = bodyList({ body: json }, 'compositeRequest')
  const subrequests = list.map(each => readSubrequest(each, call.version))
  const ids = new Set(subrequests.map(({ referenceId }) => referenceId))
  if (ids.size < subrequests.length) throw requestError(400, 'INVALID_INPUT', 'Provided referenceId is not unique')
  return subrequests
}

function readSubrequest(json: unknown, version: number): Subrequest {
  const { method, url, referenceId, body, httpHeaders } = bodyObject({ body: json })
  if (typeof method !== 'string' || !/^(GET|POST|PATCH|DELETE|HEAD|PUT)$/.test(method))
    throw requestError(400, 'INVALID_INPUT', `Invalid HTTP method: ${method}`)
  if (typeof url !== 'string' || !/^\/services\/data\/v\d+\.0\//.test(url))
    throw requestError(400, 'INVALID_INPUT', `Invalid subrequest url: ${url}`)
  const legal = typeof referenceId === 'string' && /^\w+$/.test(referenceId)
  if (typeof referenceId !== 'string' || (!legal && version >= strictSince)) {
    const message = `Provided referenceId ('${referenceId}') must be alphanumeric or underscore`
    throw requestError(400, 'INVALID_INPUT', message)
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(isJson(httpHeaders) ? httpHeaders : {}))
    headers[name.toLowerCase()] = String(value)
  const forbidden = Object.keys(headers).find(name => forbiddenHeaders.has(name))
  if (forbidden) throw requestError(400, 'INVALID_INPUT', `Header not allowed in a subrequest: ${forbidden}`)
  return { method, url, referenceId, body, headers }
}

const halted = (message: string): Answer => jsonAnswer([{ errorCode: 'PROCESSING_HALTED', message }], 400)

/** What every other subrequest gets if one of a transaction fails (salesforce-facts 7.1). */
export const rolledBack = halted(
  'The transaction was rolled back since another operation in the same transaction failed.',
)

/** Whether the answer fails a transaction: a collection does with one failed row. */
export const hasFailed = (answer: Answer): boolean => answer.status >= 300 || answer.rowsFailed === true

/** Runs one subrequest with the values of its references in place; what it changed before it failed is taken back. */
export function runSubrequest(
  call: Call,
  dispatch: Dispatch,
  subrequest: Subrequest,
  answers: ReadonlyMap<string, Answer>,
): Answer {
  const resolved = resolveReferences(subrequest, answers, call.version >= strictSince)
  if ('missing' in resolved) return halted(resolved.missing)
  const { url, body } = resolved.value
  const { api, origin, userId, access, transaction } = call
  const before = transaction.changes.length
  const { method, headers } = subrequest
  // The text is for the place that a parser error names; in a subrequest that is not known, and making it costs time.
  const answer = dispatch(url, {
    ...{ api, origin, userId, access, transaction, method, headers, text: '' },
    readBody: () => (method === 'GET' ? undefined : body),
  })
  if (answer.status >= 300) transaction.rollbackTo(before)
  return answer
}

/** `{"compositeResponse": […]}` in the order of the subrequests. */
export function compositeText(
  subrequests: readonly Subrequest[],
  answerOf: (referenceId: string) => Answer | undefined,
): string {
  const texts = subrequests.map(({ referenceId }) => {
    const { status, headers = {}, text = 'null' } = answerOf(referenceId) ?? rolledBack
    return `{"body":${text},"httpHeaders":${JSON.stringify(headers)},"httpStatusCode":${status},"referenceId":${JSON.stringify(referenceId)}}`
  })
  return `{"compositeResponse":[${texts.join(',')}]}`
}
