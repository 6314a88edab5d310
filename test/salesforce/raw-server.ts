import { type AddressInfo, createServer, type Socket } from 'node:net'
import type { Generated } from './answers.ts'

const headEnd = Buffer.from('\r\n\r\n')

/** A server below HTTP: it reads whole requests, and writes whatever bytes `answer` gives for their header x-fuzz. */
export async function startRaw(
  answer: (name: string, path: string) => Generated,
): Promise<{ url: string; close(): void }> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, socket => {
    sockets.add(socket)
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket))
    let pending: Buffer = Buffer.alloc(0)
    socket.on('data', (chunk: Buffer) => {
      pending = pending.length === 0 ? chunk : Buffer.concat([pending, chunk])
      const end = pending.indexOf(headEnd)
      if (end < 0) return
      const head = pending.toString('latin1', 0, end)
      const length = Number(/\r\ncontent-length: (\d+)/i.exec(head)?.[1] ?? 0)
      if (pending.length < end + headEnd.length + length) return
      pending = pending.subarray(end + headEnd.length + length)
      respond(socket, answer(/\r\nx-fuzz: (\S+)/i.exec(head)?.[1] ?? '', head.split(' ', 2)[1] ?? ''))
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function respond(socket: Socket, { bytes, fate }: Generated): void {
  socket.write(bytes, () => {
    if (fate === 'close') socket.destroy()
    if (fate === 'reset') socket.resetAndDestroy()
  })
}
