import { isUtf8 } from 'node:buffer'
import { promisify } from 'node:util'
import { gunzip, inflate } from 'node:zlib'
import { type Dispatcher, EnvHttpProxyAgent } from 'undici'
import { ConnectorError } from '../core/errors.ts'
import { withoutEchoes } from './echoes.ts'

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE'
  /** Scheme, host and port. */
  readonly origin: string
  /** Path and query. */
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** For the whole exchange: waiting for a connection, sending, the answer and its body. */
  readonly timeoutMs: number
  readonly signal?: AbortSignal
  /** Asked right before the first byte is written; false keeps the request from being written at all. */
  readonly mayStart?: () => boolean
}

/**
 * A whole answer, its body decoded to text; header names in lower case. The text of a success is exactly what was sent;
 * that of anything else has the request's own secrets masked.
 */
export interface Answer {
  readonly kind: 'answer'
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
}

/** No whole answer. `sent` false: not one byte of the request was given to a connection, and none will be. */
export interface NoAnswer {
  readonly kind: 'no-answer'
  readonly sent: boolean
  readonly reason: 'network' | 'timeout' | 'aborted' | 'crowded' | 'closed' | 'withheld'
  readonly cause: Error
}

export interface Http {
  /** Sends the request at most once, and never rejects. */
  exchange(request: HttpRequest): Promise<Answer | NoAnswer>
  /** Ends at once: open exchanges get no answer. */
  close(): Promise<void>
}

/** Salesforce runs at most 25 long requests of an org at a time (salesforce-facts 8.2); more connections gain nothing. */
const connectionsMax = 25
const requestsPendingMax = 1_000
const connectTimeoutMs = 10_000
/** A connection idle for longer may have been closed by the other side, which would leave a write in doubt. */
const idleMsMax = 4_000
const responseBytesMax = 128 * 1_048_576
/** Error arrays take some hundred bytes, a row's duplicates (salesforce-facts 2.10) some thousands. */
const errorBytesMax = 1_048_576

type Decode = (body: Buffer, limits: { maxOutputLength: number; chunkSize: number }) => Promise<Buffer>
const decoders: Readonly<Record<string, Decode>> = {
  gzip: promisify(gunzip),
  deflate: promisify(inflate),
}

const chunkBytesMin = 16_384
const chunkBytesMax = 1_048_576
/** JSON of rows seldom shrinks to less. */
const unpackedRatio = 12

/**
 * How much is unpacked between two visits of the event loop: a page in one go, else each of its 64 chunks of Node's own
 * size waits until the rows before it are worked through.
 */
const chunkBytesFor = (body: Buffer): number =>
  Math.min(chunkBytesMax, Math.max(chunkBytesMin, body.length * unpackedRatio))

/** Proxies as the environment names them: HTTPS_PROXY, HTTP_PROXY and NO_PROXY, in either case. */
function openAgent(): EnvHttpProxyAgent {
  try {
    return new EnvHttpProxyAgent({
      connections: connectionsMax,
      pipelining: 1,
      allowH2: false,
      connect: { timeout: connectTimeoutMs },
      connectTimeout: connectTimeoutMs, // to a proxy, and through it
      // One timer of ours bounds the whole exchange.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: idleMsMax,
      keepAliveMaxTimeout: idleMsMax,
    })
  } catch {
    // No cause: its words would quote the variable, which may hold a password.
    throw new ConnectorError('config.invalid', 'HTTPS_PROXY or HTTP_PROXY is not the URL of a proxy', {
      remedy: 'Set it as http://host:port or http://user:password@host:port, with special characters %-encoded.',
    })
  }
}

/**
 * HTTP/1.1 by undici's dispatcher, below its request(): only there is it visible whether a request was given to a
 * connection. No redirects, no retries, no pipelining. Throws `config.invalid` if the environment names no good proxy.
 */
export function openHttp(): Http {
  const agent = openAgent()
  let pending = 0
  let closed = false
  const refusal = (): NoAnswer | undefined => {
    if (closed) return { kind: 'no-answer', sent: false, reason: 'closed', cause: new Error('the client is closed') }
    if (pending < requestsPendingMax) return undefined
    const cause = new Error(`${requestsPendingMax} requests are waiting already`)
    return { kind: 'no-answer', sent: false, reason: 'crowded', cause }
  }
  return {
    async exchange(request) {
      const refused = refusal()
      if (refused) return refused
      pending++
      try {
        const outcome = await new Exchange(request).run(agent)
        return outcome.kind === 'no-answer' && closed ? { ...outcome, reason: 'closed' } : outcome
      } finally {
        pending--
      }
    },
    async close() {
      closed = true
      await agent.destroy()
    },
  }
}

/** One request and what became of it. */
class Exchange implements Dispatcher.DispatchHandler {
  readonly #request: HttpRequest
  readonly #chunks: Buffer[] = []
  #bytes = 0
  #sent = false
  #settled = false
  #status = 0
  #headers: Record<string, string> = {}
  #controller: Dispatcher.DispatchController | undefined
  #resolve: (outcome: Answer | NoAnswer) => void = () => undefined

  constructor(request: HttpRequest) {
    this.#request = request
  }

  async run(agent: Dispatcher): Promise<Answer | NoAnswer> {
    const { signal, timeoutMs, method, origin, path, headers, body } = this.#request
    const onAbort = (): void =>
      this.#giveUp('aborted', new Error('the request was given up', { cause: signal?.reason }))
    const outcome = new Promise<Answer | NoAnswer>(resolve => {
      this.#resolve = resolve
    })
    const onTimeout = (): void =>
      this.#giveUp('timeout', new Error(`no whole answer within ${Math.round(timeoutMs)} ms`))
    const timer = setTimeout(onTimeout, timeoutMs)
    signal?.addEventListener('abort', onAbort)
    if (signal?.aborted) onAbort()
    try {
      if (!signal?.aborted) agent.dispatch({ method, origin, path, headers, body: body ?? null }, this)
      return await outcome
    } catch (cause) {
      return { kind: 'no-answer', sent: this.#sent, reason: 'network', cause: cause as Error }
    } finally {
      clearTimeout(timer)
      signal?.removeEventListener('abort', onAbort)
    }
  }

  #settle(outcome: Answer | NoAnswer): void {
    if (this.#settled) return
    this.#settled = true
    this.#resolve(outcome)
  }

  #giveUp(reason: NoAnswer['reason'], cause: Error): void {
    this.#settle({ kind: 'no-answer', sent: this.#sent, reason, cause })
    this.#controller?.abort(cause)
  }

  /** Called right before the first byte is written; what it throws keeps the request from being written. */
  onRequestStart(controller: Dispatcher.DispatchController): void {
    if (this.#settled) throw new Error('the caller has given up')
    if (this.#sent) throw new Error('a request is never written twice')
    if (this.#request.mayStart?.() === false) {
      this.#giveUp('withheld', new Error('the caller does not want it sent any more'))
      throw new Error('withheld')
    }
    this.#sent = true
    this.#controller = controller
  }

  onResponseStart(
    _: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    this.#status = status
    this.#headers = {}
    for (const [name, value] of Object.entries(headers))
      if (value !== undefined) this.#headers[name.toLowerCase()] = Array.isArray(value) ? value.join(', ') : value
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Buffer): void {
    this.#bytes += chunk.length
    if (this.#bytes > responseBytesMax)
      this.#giveUp('network', new Error(`the answer exceeds ${responseBytesMax} bytes`))
    else this.#chunks.push(chunk)
  }

  onResponseEnd(): void {
    this.#decode().then(
      text => this.#settle({ kind: 'answer', status: this.#status, headers: this.#headers, text }),
      cause => this.#settle({ kind: 'no-answer', sent: true, reason: 'network', cause }),
    )
  }

  onResponseError(_: Dispatcher.DispatchController, cause: Error): void {
    this.#settle({ kind: 'no-answer', sent: this.#sent, reason: 'network', cause })
  }

  async #decode(): Promise<string> {
    const body = Buffer.concat(this.#chunks)
    const encoding = this.#headers['content-encoding']?.toLowerCase() ?? 'identity'
    if (encoding === 'identity' || body.length === 0) return this.#read(body)
    const decode = Object.hasOwn(decoders, encoding) ? decoders[encoding] : undefined
    if (!decode) throw new Error('the answer has an unknown encoding')
    return this.#read(await decode(body, { maxOutputLength: responseBytesMax, chunkSize: chunkBytesFor(body) }))
  }

  /** A success must be read as it was sent; of anything else some of the words are enough. */
  #read(body: Buffer): string {
    const isSuccess = this.#status >= 200 && this.#status < 300
    if (isSuccess && !isUtf8(body)) throw new Error('the answer is not UTF-8')
    const text = (isSuccess ? body : body.subarray(0, errorBytesMax)).toString('utf8')
    return isSuccess ? text : withoutEchoes(this.#request)(text)
  }
}
