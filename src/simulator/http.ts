import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, gunzip, gzip, inflate } from 'node:zlib'

/** A request with its body read; header names in lower case. */
export interface HttpRequest {
  readonly method: string
  /** Path and query string as sent. */
  readonly target: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly remoteAddress: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly text: string | undefined
}

/** Largest request body, unpacked. Salesforce's own bound for REST is 50 MB. */
const bodyBytesMax = 50 * 1024 * 1024
/** Shorter answers are not worth packing. */
const packBytesMin = 1024

const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const
const pack = promisify(gzip)

/** The request's body is over the bound. */
export class BodyTooLarge extends Error {}

/** Reads the whole request, unpacking gzip and deflate (salesforce-facts 2.3). Throws BodyTooLarge. */
export async function readRequest(message: IncomingMessage): Promise<HttpRequest> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > bodyBytesMax) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  let body: Buffer = Buffer.concat(chunks)
  const encoding = headers['content-encoding']
  if (encoding === 'gzip' || encoding === 'deflate') {
    body = await unpack[encoding](body, { maxOutputLength: bodyBytesMax })
  }
  return {
    method: message.method ?? 'GET',
    target: message.url ?? '/',
    headers,
    text: body.toString('utf8'),
    remoteAddress: message.socket.remoteAddress ?? '',
  }
}

/** Sends the answer, packed if the client takes gzip; `nowMs` is the org's time, for the Date header. */
export async function sendAnswer(
  response: ServerResponse,
  request: HttpRequest,
  answer: HttpAnswer,
  nowMs: number,
): Promise<void> {
  let body = answer.text === undefined ? undefined : Buffer.from(answer.text)
  const headers: Record<string, string> = { Date: new Date(nowMs).toUTCString(), ...answer.headers }
  if (body && body.length >= packBytesMin && /\bgzip\b/.test(request.headers['accept-encoding'] ?? '')) {
    body = await pack(body, { level: constants.Z_BEST_SPEED })
    headers['Content-Encoding'] = 'gzip'
  }
  if (body) headers['Content-Length'] = String(body.length)
  response.writeHead(answer.status, headers)
  response.end(request.method === 'HEAD' ? undefined : body)
}
