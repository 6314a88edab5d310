import type { AddressInfo } from 'node:net'
import fastify from 'fastify'
import { ConnectorError } from '../core/errors.ts'
import type { Metrics } from './metrics.ts'

const requestTimeoutMs = 10_000
const bodyBytesMax = 1_024

export interface HttpSettings {
  readonly host: string
  /** 0 takes any free port. */
  readonly port: number
}

export interface HttpServer {
  readonly url: string
  close(): Promise<void>
}

/** Serves /metrics, /health/live (the process answers) and /health/ready (503 with reasons until `ready` returns none). */
export async function startHttp(settings: HttpSettings, metrics: Metrics, ready: () => string[]): Promise<HttpServer> {
  const app = fastify({ requestTimeout: requestTimeoutMs, bodyLimit: bodyBytesMax, forceCloseConnections: true })
  app.get('/metrics', async (_, reply) => {
    reply.type(metrics.registry.contentType)
    return metrics.registry.metrics()
  })
  app.get('/health/live', async () => ({ status: 'live' }))
  app.get('/health/ready', async (_, reply) => {
    const reasons = ready()
    reply.code(reasons.length === 0 ? 200 : 503)
    return { status: reasons.length === 0 ? 'ready' : 'not ready', reasons }
  })
  try {
    await app.listen(settings)
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? 'unknown'
    throw new ConnectorError('config.invalid', `cannot listen on ${settings.host}:${settings.port} (${code})`, {
      cause,
      remedy: 'Choose another http.host or http.port.',
    })
  }
  const { address, port, family } = app.server.address() as AddressInfo
  const host = family === 'IPv6' ? `[${address}]` : address
  return { url: `http://${host}:${port}`, close: () => app.close() }
}
