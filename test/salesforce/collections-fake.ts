import { expect } from 'vitest'
import type { ApiRequest, ApiResponse, Salesforce } from '../../src/salesforce/client.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { type Kind, kindOf } from './row-groups.ts'

/** A row as its id tells it. */
interface FakeRow {
  readonly id: string
  readonly kind: Kind
}

interface Answer {
  readonly status: number
  readonly body: unknown
}

const refusal = (errorCode: string, message = ''): Answer => ({ status: 400, body: [{ errorCode, message }] })

/**
 * The collections and composite resources as salesforce-facts 7.1 and 7.5 describe them, for the rows of
 * row-groups.ts. A 'bad' row is
 * refused by itself, a 'poison' row takes its whole request with it, a 'mark' row holds text that composite resolves.
 */
export class FakeCollections implements Pick<Salesforce, 'request' | 'apiVersion'> {
  readonly apiVersion = '68.0'
  /** Ids of the rows carried out, in order. */
  readonly executed: string[] = []
  readonly requests: ApiRequest[] = []
  /** The call, counted from 1, that fails, and how. */
  failAt: { readonly call: number; readonly executed: 'no' | 'unknown'; readonly carriedOut: boolean } | undefined

  async request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    this.requests.push(request)
    const fails = this.failAt?.call === this.requests.length ? this.failAt : undefined
    const answer = fails && !fails.carriedOut ? undefined : this.#answer(request)
    if (fails)
      throw new SalesforceError({
        code: 'salesforce.unreachable',
        message: 'down',
        remedy: '',
        executed: fails.executed,
        retryable: true,
      })
    if (answer!.status < 300) return { status: 200, headers: {}, body: answer!.body as T, serverDateMs: undefined }
    const [{ errorCode, message }] = answer!.body as [{ errorCode: string; message: string }]
    const errors = [{ code: errorCode, message, fields: [] }]
    throw new SalesforceError({
      code: 'salesforce.refused',
      message,
      remedy: '',
      executed: 'no',
      retryable: false,
      status: 400,
      errors,
    })
  }

  #answer({ method, path, body }: ApiRequest): Answer {
    return path === '/composite' ? this.#composite(body as Composite) : this.#inside(method, path, body as Body)
  }

  #inside(method: string, path: string, body: Body | FakeRecord | undefined): Answer {
    const single = /^\/sobjects\/Contact(?:\/(\w{18}))?$/.exec(path)
    if (single) return this.#single(method, single[1], body as FakeRecord | undefined)
    return this.#collections(method, path, body as Body | undefined)
  }

  /** One row by the resource of its object (salesforce-facts 2). */
  #single(method: string, id: string | undefined, record: FakeRecord | undefined): Answer {
    const row = readRow(id ?? record?.Command__c ?? '')
    expect(method).toBe(id === undefined ? 'POST' : record === undefined ? 'DELETE' : 'PATCH')
    expect(record ?? {}).not.toHaveProperty('id')
    if (row.kind === 'poison') return refusal('INVALID_FIELD', 'No such column')
    if (row.kind === 'bad')
      return { status: 400, body: [{ errorCode: 'STRING_TOO_LONG', message: row.id, fields: ['LastName'] }] }
    this.executed.push(row.id)
    return id === undefined
      ? { status: 201, body: { id: row.id, success: true, errors: [] } }
      : { status: 204, body: undefined }
  }

  #composite({ compositeRequest, allOrNone, collateSubrequests }: Composite): Answer {
    expect({ allOrNone, collateSubrequests }).toEqual({ allOrNone: false, collateSubrequests: false })
    const isCollections = (url: string): boolean => url.includes('/composite/sobjects')
    expect(compositeRequest.length).toBeLessThanOrEqual(25)
    expect(compositeRequest.filter(({ url }) => isCollections(url)).length).toBeLessThanOrEqual(5)
    const compositeResponse = compositeRequest.map(({ method, url, referenceId, body }) => {
      expect(referenceId).toMatch(/^\w+$/)
      const isReference = JSON.stringify(body ?? '').includes('@{')
      const path = url.replace(/^\/services\/data\/v68\.0/, '')
      const answer = isReference ? refusal('PROCESSING_HALTED') : this.#inside(method, path, body as Body)
      return { body: answer.body, httpHeaders: {}, httpStatusCode: answer.status, referenceId }
    })
    return { status: 200, body: { compositeResponse: compositeResponse.reverse() } } // found by reference, not by place
  }

  #collections(method: string, path: string, body: Body | undefined): Answer {
    const rows: readonly FakeRecord[] =
      method === 'DELETE' ? idsOf(path).map(id => ({ id })) : (body?.records ?? body!.ids!.map(id => ({ id })))
    if (rows.length > 200) return refusal('LIMIT_EXCEEDED')
    const read = rows.map(row => readRow(row.id ?? row.Command__c ?? ''))
    if (read.some(row => row.kind === 'poison')) return refusal('INVALID_FIELD', 'No such column')
    const isRetrieve = body?.ids !== undefined
    return { status: 200, body: read.map(row => (isRetrieve ? this.#retrieve(row) : this.#save(row))) }
  }

  #save(row: FakeRow): unknown {
    if (row.kind === 'bad')
      return { success: false, errors: [{ statusCode: 'STRING_TOO_LONG', message: row.id, fields: ['LastName'] }] }
    this.executed.push(row.id)
    return { id: row.id, success: true, errors: [] }
  }

  #retrieve(row: FakeRow): unknown {
    if (row.kind === 'bad') return null
    this.executed.push(row.id)
    return { attributes: {}, Id: row.id }
  }
}

interface Composite {
  readonly allOrNone: boolean
  readonly collateSubrequests: boolean
  readonly compositeRequest: { method: string; url: string; referenceId: string; body?: unknown }[]
}

interface FakeRecord {
  readonly id?: string
  readonly Command__c?: string
}

interface Body {
  readonly records?: FakeRecord[]
  readonly ids?: string[]
}

const idsOf = (path: string): string[] => new URL(path, 'http://x').searchParams.get('ids')!.split(',')

const readRow = (id: string): FakeRow => ({ id, kind: kindOf(id) })
