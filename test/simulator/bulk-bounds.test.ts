import { expect, test } from 'vitest'
import { createIngestJob, isIngestJob, putUpload } from '../../src/simulator/bulk/ingest-jobs.ts'
import { Jobs } from '../../src/simulator/bulk/jobs.ts'
import { Org } from '../../src/simulator/org/org.ts'

const made = {
  operation: 'insert',
  object: 'Contact',
  externalIdFieldName: undefined,
  format: { columnDelimiter: 'COMMA', lineEnding: 'LF' },
  userId: 'somebody',
  version: 68,
} as const

test('as many jobs as may be are open: no further one', () => {
  const jobs = new Jobs(new Org(Date.now))
  for (let i = 0; i < 10_000; i++) createIngestJob(jobs, made)
  expect(() => createIngestJob(jobs, made)).toThrow(/^EXCEEDEDQUOTA/)
  expect(jobs.list('somebody', isIngestJob)).toHaveLength(10_000)
})

test('the oldest ended job makes room', () => {
  const jobs = new Jobs(new Org(Date.now))
  const first = createIngestJob(jobs, made)
  const second = createIngestJob(jobs, made)
  jobs.move(second, 'Aborted')
  for (let i = 2; i < 10_001; i++) createIngestJob(jobs, made)
  expect(jobs.get(first.id, 'somebody', isIngestJob)).toBe(first)
  expect(() => jobs.get(second.id, 'somebody', isIngestJob)).toThrow(/^NOT_FOUND/)
})

test('uploads that wait are bounded together, and each by itself', () => {
  const jobs = new Jobs(new Org(Date.now))
  const largest = 'x'.repeat(150 * 1024 * 1024)
  for (let i = 0; i < 6; i++) putUpload(jobs, createIngestJob(jobs, made), largest)
  expect(() => putUpload(jobs, createIngestJob(jobs, made), largest)).toThrow(/^EXCEEDEDQUOTA/)
  expect(() => putUpload(jobs, createIngestJob(jobs, made), `${largest}y`)).toThrow(/^CLIENTINPUTERROR/)
})
