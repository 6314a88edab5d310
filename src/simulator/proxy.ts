import { createServer, type Server } from 'node:http'
import type { Socket } from 'node:net'
import { isNamed } from './hosts.ts'

const connectionsMax = 1000

/** The proxy: `close` ends the connections it has made too. */
export interface Proxy {
  readonly server: Server
  close(): Promise<void>
}

/** An HTTP CONNECT proxy that hands connections to the named hosts on port 443, or on the org's own, to the org's TLS
 *  server, so that clients with Salesforce's hosts built in reach it; anything else is refused. */
export function makeProxy(org: Server, names: readonly string[], orgPort: number): Proxy {
  const proxy = createServer((_request, response) => {
    response.writeHead(403, { 'Content-Type': 'text/plain' }).end('Only CONNECT to the hosts of the simulated org.\n')
  })
  proxy.maxConnections = connectionsMax
  const sockets = new Set<Socket>()
  proxy.on('connection', socket => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
  })
  proxy.on('connect', (request, stream, head) => {
    const socket = stream as Socket
    socket.on('error', () => socket.destroy())
    const [, host = '', port] = /^\[?([^\]]+?)\]?:(\d+)$/.exec(request.url ?? '') ?? []
    if (!isNamed(host, names) || (port !== '443' && port !== String(orgPort))) {
      socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\nConnection: close\r\n\r\n')
      return
    }
    socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
    if (head.length > 0) socket.unshift(head)
    org.emit('connection', socket)
  })
  return {
    server: proxy,
    close: async () => {
      const closed = new Promise(resolve => proxy.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}
