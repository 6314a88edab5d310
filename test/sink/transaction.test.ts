import { describe, expect, test } from 'vitest'
import { offset } from '../../src/core/contract.ts'
import { PartitionCommits } from '../../src/sink/transaction.ts'
import { createEvents } from '../../src/telemetry/events.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { type CommitFault, KafkaFake } from './kafka-fake.ts'

const to = { offset: offset(5), metadata: '' }
const reply = { topic: 'replies', partition: 0, key: null, value: Buffer.from('reply') }
const failed: CommitFault = { code: 'kafka.transaction_failed', committed: false }

async function commitUnder(...faults: CommitFault[]) {
  const kafka = new KafkaFake()
  kafka.position = { offset: offset(3), metadata: 'mark' }
  const events = createEvents(createLog({ level: 'error', to: { write: () => undefined } }), createMetrics())
  const commits = new PartitionCommits(
    kafka.connection,
    kafka.writer,
    { groupId: 'g', topic: 't', partition: 0 },
    events,
  )
  await commits.takeOver()
  kafka.faults.push(...faults)
  const stop = new AbortController()
  const commit = () => commits.commit('replies', to, async () => [reply], stop.signal)
  return { kafka, commits, commit, stop }
}

describe('a commit', () => {
  test('is made once, after the fence', async () => {
    const { kafka, commits, commit } = await commitUnder()
    await commit()
    expect(kafka.commits).toEqual([{ label: 'replies', position: to, records: [reply] }])
    expect([kafka.fences, commits.position]).toEqual([1, to])
  })

  test('that failed and is not on record is made again, behind a new fence', async () => {
    const { kafka, commit } = await commitUnder(failed, failed)
    await commit()
    expect(kafka.commits).toHaveLength(1)
    expect(kafka.fences).toBe(3)
  })

  test('that failed, but is on record, is not made again', async () => {
    const { kafka, commits, commit } = await commitUnder({ ...failed, committed: true })
    await commit()
    expect(kafka.commits).toHaveLength(1)
    expect(commits.position).toEqual(to)
  })

  test.each([
    { offset: offset(3), metadata: 'another mark' },
    { offset: offset(5), metadata: 'another mark' },
    { offset: offset(4), metadata: '' },
  ])('gives up when another owner has moved the position to %o', async then => {
    const { kafka, commit } = await commitUnder({ ...failed, then })
    await expect(commit()).rejects.toMatchObject({ code: 'kafka.fenced' })
    expect(kafka.commits).toEqual([])
  })

  test('of a fenced owner is not tried again, and it does not fence back (rule 7)', async () => {
    const { kafka, commit } = await commitUnder({ ...failed, code: 'kafka.fenced' })
    await expect(commit()).rejects.toMatchObject({ code: 'kafka.fenced' })
    expect([kafka.commits, kafka.fences]).toEqual([[], 1])
  })

  test('is not begun once the generation is over (rule 7)', async () => {
    const { kafka, commit, stop } = await commitUnder()
    stop.abort()
    await expect(commit()).rejects.toMatchObject({ code: 'internal.stopped' })
    expect(kafka.commits).toEqual([])
  })

  test('a bug is thrown on', async () => {
    const { kafka, commit } = await commitUnder({ ...failed, code: 'internal.bug' })
    await expect(commit()).rejects.toMatchObject({ code: 'internal.bug' })
    expect(kafka.commits).toEqual([])
  })
})
