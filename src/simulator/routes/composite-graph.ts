import { requestError } from '../api-error.ts'
import type { Answer, Call, Dispatch, Routes } from '../router.ts'
import { bodyList, bodyObject } from './body.ts'
import { referencedIn } from './composite-references.ts'
import { compositeText, hasFailed, readSubrequests, rolledBack, runSubrequest, type Subrequest } from './subrequests.ts'

/** Salesforce-facts 7. */
const graphsMax = 75
const nodesMax = 500
const depthMax = 15
const kindsMax = 15
const failedGraphsMax = 14
const since = 50

interface Graph {
  readonly graphId: string
  readonly subrequests: readonly Subrequest[]
}

/** Throws for the whole request; the texts are not proven. */
function readGraph(call: Call, json: unknown): Graph {
  const body = bodyObject({ body: json })
  const { graphId } = body
  if (typeof graphId !== 'string' || !/^[A-Za-z0-9][^.]{0,38}$/.test(graphId))
    throw requestError(400, 'INVALID_INPUT', `Invalid graphId: ${graphId}`)
  const subrequests = readSubrequests(call, body)
  const wrong = subrequests.find(({ url }) => !/^\/services\/data\/v[\d.]+\/sobjects\/\w+/i.test(url))
  if (wrong) throw requestError(400, 'INVALID_INPUT', `Resource not supported in a graph: ${wrong.url}`)
  const kinds = new Set(subrequests.map(({ method, url }) => `${method} ${/\/sobjects\/(\w+)/i.exec(url)?.[1]}`))
  if (kinds.size > kindsMax) throw requestError(400, 'LIMIT_EXCEEDED', `A graph can have ${kindsMax} kinds of nodes`)
  if (depthOf(subrequests) > depthMax)
    throw requestError(400, 'LIMIT_EXCEEDED', `A graph can be ${depthMax} nodes deep`)
  return { graphId, subrequests }
}

/** Nodes on the longest way along references. */
function depthOf(subrequests: readonly Subrequest[]): number {
  const depths = new Map<string, number>()
  for (const subrequest of subrequests) {
    const above = [...referencedIn(subrequest)].map(name => depths.get(name) ?? 0)
    depths.set(subrequest.referenceId, 1 + Math.max(0, ...above))
  }
  return Math.max(0, ...depths.values())
}

function runGraph(call: Call, dispatch: Dispatch, { graphId, subrequests }: Graph) {
  const start = call.transaction.changes.length
  const answers = new Map<string, Answer>()
  let failed: string | undefined
  for (const subrequest of subrequests) {
    const answer = runSubrequest(call, dispatch, subrequest, answers)
    answers.set(subrequest.referenceId, answer)
    if (!hasFailed(answer)) continue
    failed = subrequest.referenceId
    call.transaction.rollbackTo(start)
    break
  }
  const text = compositeText(subrequests, id => (failed === undefined || id === failed ? answers.get(id) : rolledBack))
  return { text: graphText(graphId, text, failed === undefined), failed: failed !== undefined }
}

const graphText = (graphId: string, response: string, isSuccessful: boolean): string =>
  `{"graphId":${JSON.stringify(graphId)},"graphResponse":${response},"isSuccessful":${isSuccessful}}`

function graphs(call: Call, dispatch: Dispatch): Answer {
  if (call.version < since) throw requestError(404, 'NOT_FOUND', 'The requested resource does not exist')
  const list = bodyList(call, 'graphs').map(each => readGraph(call, each))
  const nodes = list.reduce((sum, { subrequests }) => sum + subrequests.length, 0)
  if (list.length > graphsMax || nodes > nodesMax)
    throw requestError(400, 'LIMIT_EXCEEDED', `At most ${graphsMax} graphs with ${nodesMax} nodes can be sent`)
  if (new Set(list.map(({ graphId }) => graphId)).size < list.length)
    throw requestError(400, 'INVALID_INPUT', 'Provided graphId is not unique')
  let failures = 0
  const texts = list.map(graph => {
    // After so many failures the rest is not tried (salesforce-facts 7).
    if (failures >= failedGraphsMax)
      return graphText(
        graph.graphId,
        compositeText(graph.subrequests, () => rolledBack),
        false,
      )
    const { text, failed } = runGraph(call, dispatch, graph)
    if (failed) failures++
    return text
  })
  return { status: 200, text: `{"graphs":[${texts.join(',')}]}` }
}

/** `/composite/graph` (salesforce-facts 7.4): each graph is a transaction, the request one API call. */
export const graphRoutes = (dispatch: () => Dispatch): Routes => ({
  'composite/graph': { POST: call => graphs(call, dispatch()) },
})
