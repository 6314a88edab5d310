import { createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A registry's address that can be shut and opened again while clients keep it. */
export interface Door {
  readonly url: string
  /** Requests that came while it was shut. */
  readonly refused: number
  shut(): void
  open(): void
  close(): Promise<void>
}

/** Passes requests on to `target`; shut, it cuts the connection, as a registry does that is being restarted. */
export async function openDoor(target: string): Promise<Door> {
  let isShut = false
  let refused = 0
  const server = createServer((incoming, outgoing) => {
    if (isShut) {
      refused++
      incoming.socket.destroy()
      return
    }
    const { method = 'GET', headers, url = '/' } = incoming
    const passed = request(`${new URL(target).origin}${url}`, { method, headers }, answer => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
      answer.pipe(outgoing)
    })
    passed.on('error', () => outgoing.destroy())
    incoming.pipe(passed)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}${new URL(target).pathname}`,
    get refused() {
      return refused
    },
    shut: () => {
      isShut = true
    },
    open: () => {
      isShut = false
    },
    close: () =>
      new Promise(resolve => {
        server.closeAllConnections()
        server.close(() => resolve())
      }),
  }
}
