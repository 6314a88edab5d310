import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { sleep } from '../core/clock.ts'
import { ConnectorError } from '../core/errors.ts'
import type { GuardedProcess } from './guarded.ts'

const probeMsMax = 2_000
const probeEveryMs = 100
const apiKeyMetadata = 3

/** `count` TCP ports that are free now. They may be taken before they are used: whoever uses them tries again. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  const ports = servers.map(server => (server.address() as { port: number }).port)
  await Promise.all(servers.map(server => once(server.close(), 'close')))
  return ports
}

/** A cluster as one of its brokers knows it. */
export interface Cluster {
  readonly clusterId: string
  readonly brokerIds: readonly number[]
}

/**
 * The cluster of the broker at `address` (`host:port`), by one Metadata v2 request without topics (Kafka protocol
 * guide). A broker in KRaft answers only when it has joined.
 */
export async function clusterAt(address: string): Promise<Cluster> {
  const [host, port] = address.split(':') as [string, string]
  const socket = connect({ host, port: Number(port), timeout: probeMsMax })
  socket.on('timeout', () => socket.destroy(new Error(`no answer from ${address} within ${probeMsMax} ms`)))
  try {
    // Length, then: api key, api version 2, correlation id 1, no client id, an empty array of topics.
    const request = Buffer.alloc(4 + 14)
    request.writeInt32BE(14, 0)
    request.writeInt16BE(apiKeyMetadata, 4)
    request.writeInt16BE(2, 6)
    request.writeInt32BE(1, 8)
    request.writeInt16BE(-1, 12)
    request.writeInt32BE(0, 14)
    socket.write(request)
    let answer = Buffer.alloc(0)
    for await (const chunk of socket) {
      answer = Buffer.concat([answer, chunk])
      if (answer.length >= 4 && answer.length >= 4 + answer.readInt32BE(0)) return parseCluster(answer)
    }
    throw new Error(`${address} closed the connection`)
  } finally {
    socket.destroy()
  }
}

function parseCluster(answer: Buffer): Cluster {
  let at = 8 // after length and correlation id
  const int32 = () => {
    at += 4
    return answer.readInt32BE(at - 4)
  }
  const string = () => {
    const from = at + 2
    at = from + Math.max(0, answer.readInt16BE(at))
    return answer.toString('utf8', from, at)
  }
  const brokerIds = Array.from({ length: int32() }, () => {
    const id = int32()
    string() // host
    int32() // port
    string() // rack
    return id
  })
  return { clusterId: string(), brokerIds }
}

/** Resolves when the registry's Confluent API at `url` answers with a list of subjects. */
export async function probeRegistry(url: string): Promise<void> {
  const response = await fetch(`${url}/subjects`, { signal: AbortSignal.timeout(probeMsMax) })
  if (!response.ok || !Array.isArray(await response.json())) throw new Error(`HTTP ${response.status}`)
}

/** Tries `probe` until it resolves. Rejects with the process's last log lines if it ends first or `limitMs` pass. */
export async function untilReady(
  name: string,
  { exited, logTail }: Pick<GuardedProcess, 'exited' | 'logTail'>,
  probe: () => Promise<void>,
  limitMs: number,
): Promise<void> {
  let ended: string | undefined
  exited.then(reason => {
    ended = reason
  })
  const deadline = performance.now() + limitMs
  for (;;) {
    const failure = await probe().then(
      () => undefined,
      (error: unknown) => error,
    )
    if (failure === undefined) return
    if (ended !== undefined || performance.now() > deadline) {
      const why = ended === undefined ? `was not ready after ${limitMs} ms` : `ended while starting (${ended})`
      throw new ConnectorError('stack.unavailable', `${name} ${why}. The end of its log:\n${await logTail()}`, {
        cause: failure,
      })
    }
    await sleep(probeEveryMs)
  }
}
