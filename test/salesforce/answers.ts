import { deflateSync, gzipSync } from 'node:zlib'

/** Numbers from 0 up to 1, the same for the same seed (mulberry32). */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296
  }
}

/** What a server does in place of Salesforce. */
export interface Generated {
  readonly status: number
  /** The body before it was packed, cut or given a wrong length. */
  readonly body: Buffer
  /** All that goes over the wire. */
  readonly bytes: Buffer
  /** What happens to the connection after the bytes. */
  readonly fate: 'keep' | 'close' | 'reset' | 'hang'
  /** Whether nothing of the answer was damaged on its way. */
  readonly whole: boolean
}

const statuses = [
  200, 200, 200, 200, 200, 201, 201, 202, 204, 206, 300, 301, 302, 303, 304, 307, 308, 400, 400, 400, 400, 401, 403,
  403, 404, 405, 409, 410, 412, 414, 415, 420, 428, 429, 431, 499, 500, 500, 502, 503, 503, 503, 504, 520, 599, 600,
  999,
]
const errorCodes = [
  'INVALID_SESSION_ID UNABLE_TO_LOCK_ROW SERVER_UNAVAILABLE REQUEST_LIMIT_EXCEEDED INVALID_FIELD NOT_FOUND',
  'UNKNOWN_EXCEPTION INVALID_QUERY_LOCATOR API_DISABLED_FOR_ORG SOMETHING_NEW __proto__ constructor',
].flatMap(line => line.split(' '))
const junk = [null, true, 0, -1, 1e308, '', 'x', [], {}, [null], [[]], { id: 1 }, '\u0000', '003000000000001AAA']
const encodings = ['br', 'zstd', 'x', 'gzip, gzip', '__proto__', 'constructor', 'toString', 'GZIP']
/** 160 MiB of zeros, more than the client reads, in 160 KiB. */
const bomb = gzipSync(Buffer.alloc(160 * 1_048_576), { level: 1 })

/** The `index`-th answer of a seed; `ids` are ids that the request may have named. */
export function generate(seed: number, index: number, ids: readonly string[]): Generated {
  const random = randomOf(seed * 1_000_003 + index)
  for (let i = 0; i < 3; i++) random()
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const chance = (p: number): boolean => random() < p
  const status = pick(statuses)
  const body = bodyOf(random, pick, chance, ids)
  const packed = pack(body, pick, chance)
  const head = headOf(status, packed, pick, chance)
  const bytes = Buffer.concat([Buffer.from(head.text, 'latin1'), head.chunked ? chunk(packed.bytes) : packed.bytes])
  const end = random()
  const fate = end < 0.94 ? 'keep' : end < 0.97 ? 'close' : end < 0.9998 ? 'reset' : 'hang'
  const cut = fate === 'keep' ? bytes.length : Math.floor(random() * bytes.length)
  return {
    status,
    body,
    bytes: bytes.subarray(0, cut),
    fate,
    whole: fate === 'keep' && head.right && packed.right,
  }
}

type Pick = <T>(list: readonly T[]) => T
type Chance = (p: number) => boolean

function bodyOf(random: () => number, pick: Pick, chance: Chance, ids: readonly string[]): Buffer {
  const kind = random()
  if (kind < 0.05) return Buffer.alloc(0)
  if (kind < 0.12) return Buffer.from(`<html><body>${pick(errorCodes)} ${'x'.repeat(random() * 500)}</body></html>`)
  if (kind < 0.17) return Buffer.from(Array.from({ length: random() * 200 }, () => Math.floor(random() * 256)))
  if (kind < 0.171) return Buffer.from('['.repeat(50_000 + random() * 50_000))
  if (kind < 0.172) return Buffer.from(JSON.stringify([{ errorCode: 'X', message: 'm'.repeat(random() * 2_000_000) }]))
  const json = JSON.stringify(mutate(shape(random, pick, ids), random, pick))
  const bytes = Buffer.from(chance(0.05) ? json.slice(0, random() * json.length) : json)
  if (chance(0.04) && bytes.length > 0) bytes[Math.floor(random() * bytes.length)] = 0xff // not UTF-8
  return bytes
}

/** What Salesforce would answer to one of the requests. */
function shape(random: () => number, pick: Pick, ids: readonly string[]): unknown {
  const few = (): number => Math.floor(random() * 5)
  const errors = (name: string): unknown[] =>
    Array.from({ length: 1 + few() / 3 }, () => ({ [name]: pick(errorCodes), message: 'about it', fields: ['A'] }))
  const rows = (): unknown[] =>
    Array.from({ length: few() }, () =>
      random() < 0.7
        ? { id: pick(ids), success: true, errors: [], created: true }
        : { success: false, errors: errors('statusCode') },
    )
  const records = (): unknown[] => Array.from({ length: few() }, () => ({ Id: pick(ids), Name: 'x' }))
  switch (
    pick(['errors', 'errors', 'rows', 'rows', 'records', 'page', 'composite', 'composite', 'describe', 'token'])
  ) {
    case 'errors':
      return errors('errorCode')
    case 'rows':
      return rows()
    case 'records':
      return records()
    case 'page':
      return {
        totalSize: 9,
        done: random() < 0.8,
        nextRecordsUrl: '/services/data/v68.0/query/0r8-1',
        records: records(),
      }
    case 'describe':
      return { name: 'Contact', fields: [{ name: 'Id', type: 'id', picklistValues: [{}], referenceTo: ['User'] }] }
    case 'token':
      return { access_token: 't', instance_url: 'x', id: 'http://x/id/00D000000000001EAA/005000000000001AAA' }
    default: {
      const part = (i: number): unknown => ({
        referenceId: `part${random() < 0.9 ? i : few()}`,
        httpStatusCode: random() < 0.7 ? 200 : pick(statuses),
        body: random() < 0.8 ? rows() : errors('errorCode'),
      })
      return { compositeResponse: Array.from({ length: few() }, (_, i) => part(i)) }
    }
  }
}

/** One time in three, something inside is of another type, missing or twice there. */
function mutate(value: unknown, random: () => number, pick: Pick): unknown {
  if (random() > 0.33) return value
  if (typeof value !== 'object' || value === null || random() < 0.2) return pick(junk)
  const keys = Object.keys(value)
  if (keys.length === 0) return pick(junk)
  const key = pick(keys)
  if (Array.isArray(value)) {
    const at = Number(key)
    if (random() < 0.3) return value.toSpliced(at, 1)
    return random() < 0.3 ? [...value, value[at]] : value.with(at, mutate(value[at], random, pick))
  }
  return {
    ...value,
    [key]: random() < 0.5 ? pick(junk) : mutate((value as Record<string, unknown>)[key], random, pick),
  }
}

interface Packed {
  readonly bytes: Buffer
  readonly encoding: string | undefined
  readonly right: boolean
}

function pack(body: Buffer, pick: Pick, chance: Chance): Packed {
  if (chance(0.85)) return { bytes: body, encoding: undefined, right: true }
  if (chance(0.002)) return { bytes: bomb, encoding: 'gzip', right: false }
  if (chance(0.2)) return { bytes: body, encoding: pick(encodings), right: false }
  const encoding = pick(['gzip', 'deflate'])
  const whole = encoding === 'gzip' ? gzipSync(body, { level: 1 }) : deflateSync(body, { level: 1 })
  if (chance(0.7)) return { bytes: whole, encoding, right: true }
  return { bytes: whole.subarray(0, Math.floor(whole.length / 2)), encoding, right: false }
}

function headOf(status: number, { bytes, encoding }: Packed, pick: Pick, chance: Chance) {
  const lines = [`HTTP/1.1 ${status} ${pick(['OK', '', 'Whatever'])}`]
  let right = true
  const oddly = (p: number, line: string): void => {
    if (!chance(p)) return
    lines.push(line)
    right = false
  }
  lines.push(`content-type: ${pick(['application/json;charset=UTF-8', 'text/html', 'x', ''])}`)
  if (encoding !== undefined) lines.push(`content-encoding: ${encoding}`)
  if (chance(0.3)) lines.push(`date: ${pick(['Mon, 23 Nov 2026 10:11:12 GMT', 'never', ''])}`)
  if (chance(0.3)) lines.push(`sforce-limit-info: ${pick(['api-usage=18/15000', 'api-usage=1e9/-1', 'x', ''])}`)
  if (status >= 300 && status < 400)
    lines.push(`location: ${pick(['/services/data/v68.0/x', 'http://127.0.0.1:1/', '//x'])}`)
  oddly(0.005, `x-long: ${'h'.repeat(20_000)}`)
  oddly(0.005, 'x-bad\u0001name: 1')
  oddly(0.005, 'no colon here')
  oddly(0.005, 'content-length: -1')
  oddly(0.003, 'transfer-encoding: nonsense')
  const chunked = chance(0.1)
  const wrong = !chunked && chance(0.01)
  if (chunked) lines.push('transfer-encoding: chunked')
  else lines.push(`content-length: ${Math.max(0, bytes.length + (wrong ? pick([-1, 1, 7]) : 0))}`)
  const early = chance(0.01) ? `HTTP/1.1 ${pick([100, 101, 102, 103])} Early\r\n\r\n` : ''
  return { text: `${early}${lines.join('\r\n')}\r\n\r\n`, chunked, right: right && !wrong && early === '' }
}

const chunk = (bytes: Buffer): Buffer =>
  Buffer.concat([
    ...(bytes.length > 0 ? [Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')] : []),
    Buffer.from('0\r\n\r\n'),
  ])
