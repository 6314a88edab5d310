import { afterAll, beforeAll, expect, test } from 'vitest'
import { consequences, isConnectorError } from '../../src/core/errors.ts'
import { type ApiRequest, type ApiResponse, connectSalesforce } from '../../src/salesforce/client.ts'
import { executeGroups, PartialExecution, type RowGroup } from '../../src/salesforce/composite.ts'
import { Describes } from '../../src/salesforce/describe.ts'
import { type Answer, type Http, type NoAnswer, openHttp } from '../../src/salesforce/http.ts'
import { judge } from '../../src/salesforce/judge.ts'
import { queryAllPages } from '../../src/salesforce/query.ts'
import { SalesforceError } from '../../src/salesforce/salesforce-error.ts'
import { generate } from './answers.ts'
import { noteEvents, orgId, settingsFor, userId } from './canned-server.ts'
import { startRaw } from './raw-server.ts'
import { idOf } from './row-groups.ts'

const seed = Number(process.env.FUZZ_SEED ?? 1)
/** About a minute on two busy cores; FUZZ_ANSWERS and FUZZ_SEED choose others. */
const answersMax = Number(process.env.FUZZ_ANSWERS ?? 100_000)
const workers = 16
const hangMsMax = 300
/** On the heap and in buffers, the server's side included: some answers at their largest, and what awaits collection. */
const memoryBytesMax = 1_500 * 1_048_576
const memoryInUse = (): number => {
  const { heapUsed, external } = process.memoryUsage()
  return heapUsed + external
}

const ids = Array.from({ length: 4 }, () => idOf('good'))
const rejections: unknown[] = []
const onRejection = (reason: unknown): void => void rejections.push(reason)
beforeAll(() => void process.on('unhandledRejection', onRejection))
afterAll(() => void process.off('unhandledRejection', onRejection))

const groups: readonly RowGroup[] = [
  { operation: 'create', object: 'Contact', rows: [{ LastName: 'a' }, { LastName: 'b' }] },
  { operation: 'update', object: 'Contact', rows: ids.slice(0, 2).map(id => ({ id, Title: 'x' })) },
  { operation: 'retrieve', object: 'Contact', fields: ['Id'], rows: ids.slice(0, 2).map(id => ({ id })) },
]

/** The client's own parts between the socket and the verdict, without session and breaker: those would wait. */
class Direct {
  readonly apiVersion = '68.0'
  readonly now = Date.now
  readonly breaker = { isOpen: false, reason: undefined, whenClosed: async () => undefined }
  requests = 0
  readonly #http: Http
  readonly #origin: string
  readonly #name: string

  constructor(http: Http, origin: string, name: string) {
    this.#http = http
    this.#origin = origin
    this.#name = name
  }

  async request<T>(request: ApiRequest): Promise<ApiResponse<T>> {
    const index = `${this.#name}.${this.requests++}`
    const outcome = await this.#http.exchange({
      method: request.method,
      origin: this.#origin,
      path: '/services/data/v68.0/x',
      headers: { 'x-fuzz': index, authorization: 'Bearer marked-token' },
      ...(request.body !== undefined && { body: JSON.stringify(request.body) }),
      timeoutMs: hangMsMax,
    })
    const verdict = judge(outcome, request)
    checkVerdict(request, outcome, verdict)
    // A read would be repeated after a pause: here the next answer is the next task's.
    if (verdict.kind !== 'done') throw new SalesforceError({ ...verdict.failure, retryable: false })
    return { status: 200, headers: {}, body: verdict.body as T, serverDateMs: undefined }
  }
}

/** What must hold of any answer at all. */
function checkVerdict({ method }: ApiRequest, outcome: Answer | NoAnswer, verdict: ReturnType<typeof judge>): void {
  const status = outcome.kind === 'answer' ? outcome.status : undefined
  if (verdict.kind === 'done') {
    if (!(status !== undefined && ((status >= 200 && status < 300) || (status === 304 && method === 'GET'))))
      throw new Error(`taken for a success: ${status}`)
    return
  }
  const { code, executed, retryable, remedy, message } = verdict.failure
  if (!(code in consequences)) throw new Error(`no consequence for ${code}`)
  if (typeof retryable !== 'boolean' || message === '' || message.length > 1_000) throw new Error('no good failure')
  if (remedy === '' && code !== 'internal.stopped') throw new Error(`no remedy for ${code}: ${message}`)
  if (message.includes('marked-token')) throw new Error('the token is quoted')
  if (executed === 'unknown' || outcome.kind === 'no-answer') return
  // An independent statement of design 4.2: which answers say that nothing was carried out.
  const { text } = outcome
  const isJson = text.trimStart().startsWith('[') && text.includes('"errorCode"')
  const saysNo =
    (outcome.status >= 300 && outcome.status < 400) ||
    outcome.status === 401 ||
    ((outcome.status < 500 || outcome.status >= 600) && (isJson || text.includes('statusCode'))) ||
    /REQUEST_LIMIT_EXCEEDED|SERVER_UNAVAILABLE/.test(text)
  if (!saysNo) throw new Error(`said to be not executed: ${outcome.status} ${text.slice(0, 100)}`)
}

/** One task of the product, by turns; anything but our own errors is a bug. */
async function exercise(client: Direct, index: number): Promise<void> {
  try {
    if (index % 5 === 4) {
      const describe = await new Describes(path => client.request({ method: 'GET', path, repeat: 'safe' })).get(
        'Contact',
      )
      if (describe.fields.some(field => typeof field.name !== 'string')) throw new Error('a field without a name')
      return
    }
    if (index % 5 === 3) {
      for await (const page of queryAllPages(client as never, 'SELECT Id FROM Contact')) {
        for (const row of page.rows) if (typeof row !== 'object' || row === null) throw new Error('a row that is none')
        if (client.requests > 3) return
      }
      return
    }
    const asked = index % 5 === 2 ? groups : [groups[index % 5]!]
    const results = await executeGroups(client, asked)
    if (results.some((rows, g) => rows.length !== asked[g]!.rows.length || rows.some(row => row === undefined)))
      throw new Error('a row without a result')
  } catch (error) {
    if (error instanceof PartialExecution && error.cause instanceof SalesforceError) return
    if (isConnectorError(error) && error.consequence !== undefined) return
    throw error
  }
}

test(`${answersMax} generated answers (seed ${seed}) each have a consequence`, { timeout: 600_000 }, async () => {
  let answered = 0
  let bytesPeak = 0
  const server = await startRaw(name => {
    answered++
    const [worker = 0, n = 0] = name.split('.').map(Number)
    return generate(seed, worker * 64 + (n % 64), ids)
  })
  const http = openHttp()
  const work = async (first: number): Promise<void> => {
    for (let i = first; answered < answersMax; i += workers) {
      await exercise(new Direct(http, server.url, String(i)), i).catch(cause => {
        throw new Error(`seed ${seed}, task ${i}: ${String(cause?.message ?? cause)}`, { cause })
      })
      if (i % 100 === 0) bytesPeak = Math.max(bytesPeak, memoryInUse())
    }
  }
  try {
    await Promise.all(Array.from({ length: workers }, (_, i) => work(i)))
  } finally {
    await http.close()
    server.close()
  }
  expect(answered).toBeGreaterThanOrEqual(answersMax)
  expect(rejections).toEqual([])
  expect(bytesPeak).toBeLessThan(memoryBytesMax)
})

test('the whole client, session and breaker included, survives them too and works again afterwards', async () => {
  let fuzzing = true
  let n = 0
  const server = await startRaw((_, path) => {
    const host = server.url
    const body = path.includes('/oauth2/')
      ? { access_token: 't', instance_url: host, id: `${host}/id/${orgId}/${userId}` }
      : path === '/services/data/'
        ? [{ version: '68.0' }]
        : {}
    // What the breaker asks is answered, else nearly all requests would be withheld.
    if (fuzzing && path.endsWith('/x')) return generate(seed, n++, ids)
    const json = JSON.stringify(body)
    const bytes = Buffer.from(`HTTP/1.1 200 OK\r\ncontent-length: ${json.length}\r\n\r\n${json}`)
    return { status: 200, body: Buffer.from(json), bytes, fate: 'keep', whole: true }
  })
  const settings = settingsFor(server.url, {
    probeDelays: { delayMsMin: 1, delayMsMax: 2 },
    requestTimeoutMs: 5_000,
  })
  // Each answer may cost a session, and sign-ins are paced after the first ten.
  const [clients, requestsOfEach] = [40, 8]
  try {
    for (let i = 0; i < clients; i++) {
      fuzzing = true
      const client = await connectSalesforce(settings, noteEvents().events)
      const ask = (): Promise<unknown> =>
        client.request({ method: 'POST', path: '/x', body: {}, repeat: 'unsafe', timeoutMs: hangMsMax })
      for (let k = 0; k < requestsOfEach; k++) {
        const error: unknown = await ask().catch(cause => cause)
        if (error instanceof Error && !isConnectorError(error))
          throw new Error(`seed ${seed}, answer ${n}`, { cause: error })
        await client.breaker.whenClosed()
      }
      fuzzing = false
      await expect(ask(), `seed ${seed}, answer ${n}`).resolves.toMatchObject({ status: 200 })
      await client.close()
    }
    expect(rejections).toEqual([])
  } finally {
    server.close()
  }
})
