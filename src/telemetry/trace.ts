import { randomFillSync } from 'node:crypto'
import { isSpanContextValid, trace } from '@opentelemetry/api'

/** W3C Trace Context level 1, version 00; the form of every `traceparent` header we read or write. */
const pattern = /^00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})$/

/**
 * The `traceparent` of a record to be written: continues the incoming one, else the active OpenTelemetry span, else
 * starts a trace. Without a tracing SDK the sampled flag is set: with 00 no consumer would record these traces.
 */
export function traceparent(incoming?: string | Buffer): string {
  const [, traceId, flags] = pattern.exec(incoming?.toString('utf8') ?? '') ?? []
  if (traceId) return `00-${traceId}-${randomId(8)}-${flags}`
  const span = trace.getActiveSpan()?.spanContext()
  if (span && isSpanContextValid(span)) return `00-${span.traceId}-${span.spanId}-${hex(span.traceFlags)}`
  return `00-${randomId(16)}-${randomId(8)}-01`
}

const hex = (flags: number): string => flags.toString(16).padStart(2, '0')

// A call of the random source costs about as much for 8 bytes as for thousands; two are needed for each record.
const randomness = Buffer.allocUnsafeSlow(4_096)
let used = randomness.length

function randomId(bytes: number): string {
  if (used + bytes > randomness.length) {
    randomFillSync(randomness)
    used = 0
  }
  used += bytes
  return randomness.toString('hex', used - bytes, used)
}
