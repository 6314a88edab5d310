import type { IncomingMessage, ServerResponse } from 'node:http'
import { promisify } from 'node:util'
import { constants, deflate, gunzip, gzip, inflate } from 'node:zlib'
import { sleep } from '../core/clock.ts'

/** A request with its body read; header names in lower case. */
export interface HttpRequest {
  readonly method: string
  /** Path and query string as sent. */
  readonly target: string
  /** `scheme://host:port` as the client reached the org, from its Host header. */
  readonly origin: string
  readonly headers: Readonly<Record<string, string>>
  readonly text: string
  readonly remoteAddress: string
}

export interface HttpAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  /** The body; bytes are UTF-8 already. */
  readonly text: string | Buffer | undefined
  /** Called once the body is no longer needed. */
  sent?(): void
}

/** Largest request body, unpacked: Salesforce's own bounds for REST, and for the upload of a bulk job (salesforce-facts 9.2). */
const bodyBytesMax = 50 * 1024 * 1024
const uploadBytesMax = 150 * 1024 * 1024
/** Shorter answers are not worth packing. */
const packBytesMin = 1024

const unpack = { gzip: promisify(gunzip), deflate: promisify(inflate) } as const
const pack = { gzip: promisify(gzip), deflate: promisify(deflate) } as const

/** The request's body is over the bound. */
export class BodyTooLarge extends Error {}

/** Reads the whole request, unpacking gzip and deflate (salesforce-facts 2.3). Throws BodyTooLarge. */
export async function readRequest(message: IncomingMessage): Promise<HttpRequest> {
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(message.headers))
    headers[name] = Array.isArray(value) ? value.join(', ') : (value ?? '')
  const chunks: Buffer[] = []
  const bytesMax = message.method === 'PUT' ? uploadBytesMax : bodyBytesMax
  let size = 0
  for await (const chunk of message) {
    size += chunk.length
    if (size > bytesMax) throw new BodyTooLarge()
    chunks.push(chunk)
  }
  let body: Buffer = Buffer.concat(chunks)
  const encoding = headers['content-encoding']
  if (encoding === 'gzip' || encoding === 'deflate') {
    body = await unpack[encoding](body, { maxOutputLength: bytesMax })
  }
  return {
    method: message.method ?? 'GET',
    target: message.url ?? '/',
    origin: `${'encrypted' in message.socket ? 'https' : 'http'}://${headers.host ?? 'localhost'}`,
    headers,
    text: body.toString('utf8'),
    remoteAddress: message.socket.remoteAddress ?? '',
  }
}

/** How much of an answer's body is sent: `complete` ends the message there as if that were all, else the connection closes. */
export interface Cut {
  /** Half of the body unless given. */
  readonly bytes?: number
  readonly complete?: boolean
}

/** Sends the answer, packed if the client takes gzip or deflate; `nowMs` is the org's time, for the Date header. */
export async function sendAnswer(
  response: ServerResponse,
  request: HttpRequest,
  answer: HttpAnswer,
  nowMs: number,
  cut?: Cut,
): Promise<void> {
  response.once('close', () => answer.sent?.())
  let body: Buffer | undefined = typeof answer.text === 'string' ? Buffer.from(answer.text) : answer.text
  const headers: Record<string, string> = { Date: new Date(nowMs).toUTCString(), ...answer.headers }
  const cutAt = (whole: Buffer) => whole.subarray(0, cut?.bytes ?? Math.floor(whole.length / 2))
  if (body && cut?.complete) body = cutAt(body)
  const accepted = request.headers['accept-encoding'] ?? ''
  const encoding = (['gzip', 'deflate'] as const).find(each => accepted.includes(each))
  if (body && body.length >= packBytesMin && encoding) {
    body = await pack[encoding](body, { level: constants.Z_BEST_SPEED })
    headers['Content-Encoding'] = encoding
  }
  if (body) headers['Content-Length'] = String(body.length)
  response.writeHead(answer.status, headers)
  if (request.method === 'HEAD') body = undefined
  if (body && cut && !cut.complete) response.write(cutAt(body), () => response.destroy())
  else response.end(body)
}

/** Pieces in which a body trickles in. */
const tricklePieces = 20

/** Sends the answer unpacked, its body in pieces spread over `overMs`; ends early if the client hangs up. */
export async function trickleAnswer(
  response: ServerResponse,
  { status, headers, text, sent }: HttpAnswer,
  overMs: number,
  stop: AbortSignal,
): Promise<void> {
  response.once('close', () => sent?.())
  const body = Buffer.from(text ?? '')
  response.writeHead(status, { ...headers, 'Content-Length': body.length })
  const pieceBytes = Math.max(1, Math.ceil(body.length / tricklePieces))
  for (let at = 0; at < body.length && !response.destroyed; at += pieceBytes) {
    response.write(body.subarray(at, at + pieceBytes))
    await sleep(overMs / tricklePieces, stop)
  }
  response.end()
}
