import { promisify } from 'node:util'
import { gunzip, zstdDecompress } from 'node:zlib'
import type { Codec } from './kafkajs-internals.ts'
import { unpackLz4 } from './lz4.ts'
import { unpackSnappy } from './snappy.ts'
import { tooLarge } from './unpacking.ts'

/** Of one record batch. Java's producers make none above their `max.request.size` (1 MiB by default) before they pack it. */
export const unpackedBytesMax = 32 * 1_048_576

type Unpack = (packed: Buffer, bytesMax: number) => Buffer | Promise<Buffer>

const unpackGzip: Unpack = (packed, bytesMax) => promisify(gunzip)(packed, { maxOutputLength: bytesMax })

/** What Node answers with the option `info`, which its type declarations leave out of the result. */
interface ZstdFrame {
  readonly buffer: Buffer
  readonly engine: { readonly bytesWritten: number }
}

/** Producers write one; a frame can be empty, so the bytes alone are no bound. */
const zstdFramesMax = 1_000

/** Node unpacks the first frame only, and says nothing of those behind it. */
async function unpackZstd(packed: Buffer, bytesMax: number): Promise<Buffer> {
  const frames: Buffer[] = []
  let rest = packed
  let bytesLeft = bytesMax
  do {
    if (frames.length === zstdFramesMax) throw new Error(`it has more than ${zstdFramesMax} frames`)
    // Node takes no bound below one.
    const maxOutputLength = Math.max(1, bytesLeft)
    const answer: unknown = await promisify(zstdDecompress)(rest, { maxOutputLength, info: true })
    const { buffer, engine } = answer as ZstdFrame
    frames.push(buffer)
    bytesLeft -= buffer.length
    rest = rest.subarray(engine.bytesWritten)
  } while (rest.length > 0)
  return Buffer.concat(frames)
}

/** Errors say which codec it was: an operator then knows which producer to look for. */
function codec(name: string, unpack: Unpack): Codec {
  return {
    async decompress(packed) {
      try {
        return await unpack(packed, unpackedBytesMax)
      } catch (error) {
        const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
        const cause = isTooLarge ? tooLarge(unpackedBytesMax) : (error as Error)
        throw new Error(`${name} could not be unpacked: ${cause.message}`, { cause })
      }
    },
  }
}

/**
 * What producers can set as `compression.type`, by its number in a record batch. kafkajs has gzip alone, and without a
 * bound. Only for reading: our own batches are not packed. `decompress` throws an Error if the bytes are corrupt or too many.
 */
export const codecs = {
  1: codec('gzip', unpackGzip),
  2: codec('snappy', unpackSnappy),
  3: codec('lz4', unpackLz4),
  4: codec('zstd', unpackZstd),
} as const satisfies Record<number, Codec>
