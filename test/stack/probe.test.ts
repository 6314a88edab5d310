import { once } from 'node:events'
import { createServer as createHttpServer } from 'node:http'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { clusterAt, freePorts, probeRegistry, untilReady } from '../../src/stack/probe.ts'

async function serve(onSocket: (socket: Socket) => void): Promise<string> {
  const server = createServer(onSocket).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

// Metadata v2 (Kafka protocol guide): correlation id 1, brokers 3 (`h:9`, no rack) and 7 (`host:9`, rack `r`),
// cluster id `id`, controller 3, no topics.
const brokers = ['00000002', '00000003', '000168', '00000009', 'ffff', '00000007', '0004686f7374', '00000009', '000172']
const answer = Buffer.from(['00000001', ...brokers, '00026964', '00000003', '00000000'].join(''), 'hex')
const length = Buffer.from([0, 0, 0, answer.length])

test('the cluster’s id and brokers are read from a Metadata answer, however it is cut', async () => {
  const requests: Buffer[] = []
  const address = await serve(socket =>
    socket.once('data', async request => {
      requests.push(request)
      for (const byte of Buffer.concat([length, answer])) {
        socket.write(Buffer.from([byte]))
        await new Promise(setImmediate)
      }
    }),
  )
  expect(await clusterAt(address)).toEqual({ clusterId: 'id', brokerIds: [3, 7] })
  expect(requests[0]!.toString('hex')).toBe('0000000e0003000200000001ffff00000000')
})

test('a broker that hangs up or is not there is an error', async () => {
  const address = await serve(socket => void socket.once('data', () => socket.end()))
  await expect(clusterAt(address)).rejects.toThrow('closed the connection')
  const [port] = await freePorts(1)
  await expect(clusterAt(`127.0.0.1:${port}`)).rejects.toThrow('ECONNREFUSED')
})

test('free ports are different ones', async () => {
  expect(new Set(await freePorts(20)).size).toBe(20)
})

test('a registry is ready when it answers with a list of subjects', async () => {
  const answers: [number, string][] = [
    [503, 'starting'],
    [200, '{"error_code":1}'],
    [200, '[]'],
  ]
  const paths: (string | undefined)[] = []
  const server = createHttpServer((request, response) => {
    paths.push(request.url)
    const [status, body] = answers.shift()!
    response.writeHead(status).end(body)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`
  await expect(probeRegistry(url)).rejects.toThrow('503')
  await expect(probeRegistry(url)).rejects.toThrow('200')
  await expect(probeRegistry(url)).resolves.toBeUndefined()
  expect(paths).toEqual(Array(3).fill('/api/subjects'))
})

const forever = new Promise<string>(() => {})
const logTail = async () => 'java.lang.OutOfMemoryError'

test('waiting goes on until the probe succeeds', async () => {
  let tries = 0
  const probe = async () => {
    if (++tries < 3) throw new Error('not yet')
  }
  await untilReady('Kafka', { exited: forever, logTail }, probe, 10_000)
  expect(tries).toBe(3)
})

test('a process that is late or ends while starting is an error with the end of its log', async () => {
  const refused = async () => {
    throw new Error('refused')
  }
  await expect(untilReady('Kafka', { exited: forever, logTail }, refused, 150)).rejects.toThrow(
    /Kafka was not ready after 150 ms.*\n.*OutOfMemoryError/,
  )
  const exited = Promise.resolve('exit code 1')
  await expect(untilReady('Kafka', { exited, logTail }, refused, 10_000)).rejects.toThrow(
    /Kafka ended while starting \(exit code 1\).*\n.*OutOfMemoryError/,
  )
})
