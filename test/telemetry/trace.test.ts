import { type ContextManager, context, ROOT_CONTEXT, trace } from '@opentelemetry/api'
import { afterEach, expect, test } from 'vitest'
import { traceparent } from '../../src/telemetry/trace.ts'

afterEach(() => context.disable())

test('continues an incoming trace with a span of its own', () => {
  const incoming = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00'
  const next = traceparent(Buffer.from(incoming))
  expect(next).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-[0-9a-f]{16}-00$/)
  expect(next).not.toBe(incoming)
})

test.each([
  undefined,
  '',
  'garbage',
  '00-00000000000000000000000000000000-b7ad6b7169203331-01',
  '00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01',
  '00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01',
  `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\r\nx: y`,
])('starts a sampled trace where %j comes in', incoming => {
  const made = traceparent(incoming)
  expect(made).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/)
  expect(made).not.toMatch(/^00-(0af7651916cd43dd8448eb211c80319c|0{32})-/)
  expect(traceparent(incoming)).not.toBe(made)
})

test('takes the active span of an OpenTelemetry SDK', () => {
  const spanContext = { traceId: '1'.repeat(32), spanId: '2'.repeat(16), traceFlags: 0 }
  const active = trace.setSpanContext(ROOT_CONTEXT, spanContext)
  const manager: ContextManager = {
    active: () => active,
    with: (_, fn, self, ...args) => fn.call(self as ThisParameterType<typeof fn>, ...args),
    bind: (_, target) => target,
    enable: () => manager,
    disable: () => manager,
  }
  context.setGlobalContextManager(manager)
  expect(traceparent()).toBe(`00-${'1'.repeat(32)}-${'2'.repeat(16)}-00`)
})
