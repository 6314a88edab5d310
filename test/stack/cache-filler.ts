// A process that begins to fill a cache entry, says so, and never comes to an end. Arguments: cache root, key.
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { cached } from '../../src/stack/cache.ts'

const [root, key] = process.argv.slice(2) as [string, string]
const hang = setInterval(() => {}, 1000)
await cached(
  key,
  async dir => {
    await writeFile(join(dir, 'half'), 'half')
    process.stdout.write('filling\n')
    await new Promise(() => {})
  },
  () => {},
  root,
)
clearInterval(hang)
