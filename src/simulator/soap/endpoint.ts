import { ApiError } from '../api-error.ts'
import type { ApiUsage } from '../api-usage.ts'
import type { HttpAnswer, HttpRequest } from '../http.ts'
import type { Logins } from '../oauth/login.ts'
import type { Access } from '../org/access.ts'
import { commitLate } from '../org/commit-late.ts'
import { makeRequestId, type Org } from '../org/org.ts'
import type { Transaction } from '../org/transaction.ts'
import { versions } from '../router.ts'
import { rowCalls } from './calls.ts'
import { SoapFault, type SoapKind, soapAnswer, soapFault } from './envelope.ts'
import { login, userInfo } from './login.ts'
import { type Content, child, type Element, readXml, textOf } from './xml.ts'

/** What stands behind the SOAP API. */
export interface SoapServed {
  readonly org: Org
  readonly logins: Logins
  readonly usage: ApiUsage
}

/** One SOAP call that a session made. */
export interface SoapCall {
  readonly org: Org
  readonly userId: string
  readonly access: Access
  readonly transaction: Transaction
  /** The element in the body that names the call. */
  readonly message: Element
}

/** `POST /services/Soap/u/NN.0` and `/c/NN.0`: what clients of REST still need SOAP for (salesforce-facts 12.2). Resolves once the writes are committed. */
export async function soap(
  served: SoapServed,
  request: HttpRequest,
  rowLocks: number,
  committed: (ms: number) => Promise<void>,
): Promise<HttpAnswer> {
  const [, kindText, versionText] = /^\/services\/Soap\/([uc])\/(\d+)\.\d(?:\/\w*)?$/.exec(request.target) ?? []
  const kind: SoapKind = kindText === 'c' ? 'c' : 'u'
  try {
    const version = Number(versionText)
    if (!(version >= versions.first && version <= versions.last))
      throw new SoapFault('UNSUPPORTED_API_VERSION', 'Invalid Api version specified on URL', 'ApiFault')
    const envelope = child(readXml(request.text), 'Envelope')
    const [name, message] = namedCall(child(envelope, 'Body'))
    const results = await invoke(
      served,
      request,
      version,
      { name, message, header: child(envelope, 'Header') },
      {
        rowLocks,
        committed,
      },
    )
    return soapAnswer(kind, name, results)
  } catch (error) {
    if (error instanceof SoapFault) return soapFault(kind, error)
    if (error instanceof ApiError) return soapFault(kind, faultOf(error))
    throw error
  }
}

function namedCall(body: Element | undefined): [name: string, message: Element] {
  const found = typeof body === 'object' ? Object.entries(body).find(([name]) => name !== '#text') : undefined
  if (!found) throw new SoapFault('soapenv:Client', 'The request is no SOAP message')
  return [found[0], [found[1]].flat()[0] as Element]
}

interface Invocation {
  readonly name: string
  readonly message: Element
  readonly header: Element | undefined
}

async function invoke(
  served: SoapServed,
  request: HttpRequest,
  version: number,
  { name, message, header }: Invocation,
  { rowLocks, committed }: { rowLocks: number; committed: (ms: number) => Promise<void> },
): Promise<readonly Content[]> {
  const { org, logins, usage } = served
  if (name === 'login') return [login(logins, request.origin, version, message)]
  const sessionId = textOf(child(header, 'SessionHeader'), 'sessionId')
  const userId = logins.sessions.apiUser(sessionId)
  if (usage.used >= usage.max)
    throw new SoapFault('REQUEST_LIMIT_EXCEEDED', 'TotalRequests Limit exceeded.', 'ApiFault')
  usage.count()
  if (name === 'getUserInfo') return [userInfo(org, userId)]
  if (name === 'getServerTimestamp') return [{ timestamp: new Date(org.now()).toISOString() }]
  if (name === 'logout') {
    logins.sessions.revoke(sessionId)
    return []
  }
  const perform = rowCalls[name]
  if (!perform)
    throw new SoapFault('soapenv:Client', `No operation available for request {urn:partner.soap.sforce.com}${name}`)
  const transaction = org.begin({ userId, requestId: makeRequestId() }, rowLocks)
  try {
    const results = perform({ org, userId, access: org.accessOf(userId), transaction, message })
    await commitLate(org, transaction, committed)
    return results
  } finally {
    transaction.rollback()
  }
}

/** REST's refusals of a session, in SOAP's words. */
function faultOf({ errors }: ApiError): SoapFault {
  const [{ errorCode, message } = { errorCode: 'UNKNOWN_EXCEPTION', message: '' }] = errors
  if (errorCode === 'INVALID_SESSION_ID' && message === 'Session expired or invalid')
    return new SoapFault(errorCode, 'Invalid Session ID found in SessionHeader: Illegal Session')
  return new SoapFault(errorCode, message)
}
