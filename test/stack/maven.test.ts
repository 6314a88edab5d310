import { expect, test } from 'vitest'
import { isConnectorError } from '../../src/core/errors.ts'
import { DownloadLog, runMaven } from '../../src/stack/maven.ts'

test('the log of a download tells how many files are done and how far the present one is', () => {
  const log = new DownloadLog()
  expect(String(log)).toBe('0 files done')
  log.read(
    'Downloading from central: https://repo/a.pom\nDownloaded from central: https://repo/a.pom (1 kB at 9 kB/s)\n',
  )
  expect(String(log)).toBe('0 files done')
  log.read('Downloading from central: https://repo/b.jar\nProgress (1): 0.1/6.7 MB\rProgress (1): 0.')
  expect(String(log)).toBe('0 files done, now 0.1/6.7 MB')
  log.read('9/6.7 MB\r')
  expect(String(log)).toBe('0 files done, now 0.9/6.7 MB')
  log.read('                    \rDownloaded from central: https://repo/b.jar (6.7 MB at 11 MB/s)\n')
  expect(String(log)).toBe('1 file done')
  log.read('Downloaded from central: https://repo/c.tar.gz (109 MB at 11 MB/s)\n')
  expect(String(log)).toBe('2 files done')
})

const maven = (script: string) =>
  runMaven('kafka 4', import.meta.dirname, ['-e', script], () => {}, { command: process.execPath, flags: [] })

test('what Maven says went wrong is in the error', async () => {
  const script =
    'console.log("[INFO] fine\\n[ERROR] Could not find artifact a:b\\n[ERROR] Help 1"); process.exitCode = 1'
  const error = await maven(script).catch((e: unknown) => e)
  if (!isConnectorError(error, 'stack.unavailable')) throw error
  expect(error.message).toBe('Maven could not download kafka 4: [ERROR] Could not find artifact a:b [ERROR] Help 1')
  expect(error.remedy).toContain('settings.xml')
})

test('a Maven that ends well is no error', () => expect(maven('process.exitCode = 0')).resolves.toBeUndefined())
