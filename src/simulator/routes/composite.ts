import { requestError } from '../api-error.ts'
import type { Answer, Call, Dispatch, Routes } from '../router.ts'
import { bodyObject } from './body.ts'
import { referencedIn } from './composite-references.ts'
import { compositeText, hasFailed, readSubrequests, rolledBack, runSubrequest, type Subrequest } from './subrequests.ts'

const subrequestsMax = 25
/** query, queryAll and collections among the subrequests. */
const heavySubrequestsMax = 5
/** Since then like subrequests are run together unless the request says otherwise (salesforce-facts 7.1). */
const collatedSince = 49

const below = (path: string) => new RegExp(`^/services/data/v[\\d.]+/${path}`, 'i')
const heavy = below('(query|composite/sobjects)')
/** What a subrequest may not be. */
const nested = below('composite(/(batch|tree|graph)\\b|/?(\\?|$))|^.*/jobs/')

function readComposite(call: Call): Subrequest[] {
  const subrequests = readSubrequests(call, call.body)
  if (subrequests.length > subrequestsMax)
    throw requestError(400, 'LIMIT_EXCEEDED', `Composite request limit exceeded: ${subrequestsMax} subrequests`)
  if (subrequests.filter(({ url }) => heavy.test(url)).length > heavySubrequestsMax) {
    const message = `Composite request limit exceeded: ${heavySubrequestsMax} query and sObject Collections subrequests`
    throw requestError(400, 'LIMIT_EXCEEDED', message)
  }
  const wrong = subrequests.find(({ url }) => nested.test(url))
  if (wrong) throw requestError(400, 'INVALID_INPUT', `Resource not supported in a subrequest: ${wrong.url}`)
  return subrequests
}

function composite(call: Call, dispatch: Dispatch): Answer {
  const subrequests = readComposite(call)
  const { allOrNone, collateSubrequests = call.version >= collatedSince } = bodyObject(call)
  const answers = new Map<string, Answer>()
  for (const subrequest of collateSubrequests === true ? collated(subrequests) : subrequests) {
    const answer = runSubrequest(call, dispatch, subrequest, answers)
    answers.set(subrequest.referenceId, answer)
    if (allOrNone === true && hasFailed(answer)) {
      call.transaction.rollbackTo(0)
      const text = compositeText(subrequests, id =>
        isInnocent(id, subrequest, answers) ? rolledBack : answers.get(id),
      )
      return { status: 200, text }
    }
  }
  return { status: 200, text: compositeText(subrequests, id => answers.get(id)) }
}

/** Collections keep their own report even though their rows were rolled back (salesforce-facts 7.1). */
function isInnocent(id: string, failed: Subrequest, answers: ReadonlyMap<string, Answer>): boolean {
  return id !== failed.referenceId && answers.get(id)?.rowsFailed === undefined
}

/** Writes of rows that are alike; subrequests with headers are never run together (salesforce-facts 7.1). */
function kindOf({ method, url, headers }: Subrequest): string | undefined {
  const object = /^\/services\/data\/v[\d.]+\/sobjects\/(\w+)/i.exec(url)?.[1]
  if (!object || method === 'GET' || method === 'HEAD' || Object.keys(headers).length > 0) return undefined
  return `${method} ${object.toLowerCase()}`
}

/** The order in which collated subrequests run: a write joins the first like it, unless it refers to one that would then run later.
 *  Only references are sure to be kept (salesforce-facts 7.1), and clients must not lean on more. */
function collated(subrequests: readonly Subrequest[]): Subrequest[] {
  const ordered: Subrequest[] = []
  for (const subrequest of subrequests) {
    const kind = kindOf(subrequest)
    const last = kind === undefined ? -1 : ordered.findLastIndex(each => kindOf(each) === kind)
    const needed = referencedIn(subrequest)
    const free = last >= 0 && !ordered.slice(last + 1).some(({ referenceId }) => needed.has(referenceId))
    if (free) ordered.splice(last + 1, 0, subrequest)
    else ordered.push(subrequest)
  }
  return ordered
}

/** `/composite` (salesforce-facts 7.1): always 200 once it is well formed, counted as one API call. */
export const compositeRoutes = (dispatch: () => Dispatch): Routes => ({
  composite: { POST: call => composite(call, dispatch()) },
})
