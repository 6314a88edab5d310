import { X509Certificate } from 'node:crypto'
import { request } from 'node:https'
import { connect, type PeerCertificate, type TLSSocket } from 'node:tls'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'

let simulator: Simulator
beforeAll(async () => {
  simulator = await startSimulator({ tls: { names: ['sim.internal', '*.sim.internal', '10.1.2.3'] } })
})
afterAll(() => simulator.close())

const port = () => Number(new URL(simulator.url).port)

function handshake(servername: string, ca: string | undefined): Promise<PeerCertificate> {
  return new Promise((resolve, reject) => {
    const socket: TLSSocket = connect({ port: port(), host: '127.0.0.1', servername, ca }, () => {
      resolve(socket.getPeerCertificate())
      socket.end()
    })
    socket.on('error', reject)
  })
}

test('a client that trusts the CA reaches the org by each of its names', async () => {
  expect(simulator.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/)
  for (const name of ['localhost', 'sim.internal', 'a.sim.internal']) {
    const { subjectaltname } = await handshake(name, simulator.ca)
    expect(subjectaltname).toContain('IP Address:10.1.2.3')
  }
  const versions = await new Promise<number | undefined>((resolve, reject) => {
    const sent = request(`${simulator.url}/services/data/`, { ca: simulator.ca }, response => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('error', reject)
    sent.end()
  })
  expect(versions).toBe(200)
})

test('a name that is not in the certificate, or a client without the CA, is refused by the client', async () => {
  await expect(handshake('other.example', simulator.ca)).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' })
  await expect(handshake('login.salesforce.com', simulator.ca)).rejects.toMatchObject({
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
  })
  await expect(handshake('localhost', undefined)).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' })
})

test('the CA may sign, the server’s certificate may not, and neither outlives 398 days', async () => {
  const ca = new X509Certificate(simulator.ca ?? '')
  const leaf = new X509Certificate((await handshake('localhost', simulator.ca)).raw)
  expect([ca.ca, leaf.ca]).toEqual([true, false])
  expect(leaf.checkIssued(ca)).toBe(true)
  for (const { validFrom, validTo } of [ca, leaf])
    expect((Date.parse(validTo) - Date.parse(validFrom)) / 86_400_000).toBeLessThanOrEqual(398)
})

test('plain HTTP on that port gets nowhere', async () => {
  await expect(fetch(simulator.url.replace('https', 'http'))).rejects.toThrow('fetch failed')
})
