import { promisify } from 'node:util'
import { gunzip, type ZlibOptions, zstdDecompress } from 'node:zlib'
import type { Codec } from './kafkajs-internals.ts'
import { unpackLz4 } from './lz4.ts'
import { unpackSnappy } from './snappy.ts'
import { tooLarge } from './unpacking.ts'

/** Of one record batch. Java's producers make none above their `max.request.size` (1 MiB by default) before they pack it. */
export const unpackedBytesMax = 32 * 1_048_576

type Unpack = (packed: Buffer, bytesMax: number) => Buffer | Promise<Buffer>

const byZlib =
  (unpack: (packed: Buffer, options: ZlibOptions) => Promise<Buffer>): Unpack =>
  async (packed, bytesMax) => {
    try {
      return await unpack(packed, { maxOutputLength: bytesMax })
    } catch (error) {
      throw (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? tooLarge(bytesMax) : error
    }
  }

/** Errors say which codec it was: an operator then knows which producer to look for. */
function codec(name: string, unpack: Unpack): Codec {
  return {
    async decompress(packed) {
      try {
        return await unpack(packed, unpackedBytesMax)
      } catch (cause) {
        throw new Error(`${name} could not be unpacked: ${cause instanceof Error ? cause.message : cause}`, { cause })
      }
    },
  }
}

/**
 * What producers can set as `compression.type`, by its number in a record batch. kafkajs has gzip alone, and without a
 * bound. Only for reading: our own batches are not packed. `decompress` throws an Error if the bytes are corrupt or too many.
 */
export const codecs = {
  1: codec('gzip', byZlib(promisify(gunzip))),
  2: codec('snappy', unpackSnappy),
  3: codec('lz4', unpackLz4),
  4: codec('zstd', byZlib(promisify(zstdDecompress))),
} as const satisfies Record<number, Codec>
