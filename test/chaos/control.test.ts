import { expect, test } from 'vitest'
import { faults } from './checker.ts'
import { type Scene, times, withScene } from './scene.ts'

// Each breaks one rule on purpose; the checker must report what follows, or its silence elsewhere proves nothing.

const waitMsMax = 30_000

async function finish(scene: Scene): Promise<string[]> {
  const last = scene.start()
  await last.ready
  await scene.settle()
  await scene.stop(last)
  return faults(scene.expected, await scene.observe())
}

test('without attempt marks, a kill after the Salesforce call doubles a create, and it is reported', () =>
  withScene(async scene => {
    const victim = scene.start({ at: 'execute:after', broken: 'no-marks' })
    await victim.ready
    await scene.send([{ action: 'CreateContact', command: { fields: { LastName: 'made-$command' } } }])
    expect(await victim.ended).toBe('SIGKILL')
    expect(await finish(scene)).toEqual([expect.stringMatching(/^create .*: executed 2 times$/)])
  }))

test(
  'with a random transactional id, an owner stopped before its commit doubles replies, and it is reported',
  {
    timeout: 120_000,
  },
  () =>
    withScene(
      async scene => {
        const broken = 'random-transactional-id'
        const zombie = scene.start({ at: 'replies:before-commit', signal: 'SIGSTOP', broken })
        await zombie.ready
        const target = scene.simulator.org.create('Contact', { LastName: 'Target' })
        await scene.send([{ action: 'UpdateContact', target, command: { fields: { Title: '$command' } } }])
        const writes = (): number => scene.simulator.org.effects.filter(({ recordId }) => recordId === target).length
        await expect.poll(writes, { timeout: waitMsMax }).toBe(2) // created by somebody, updated by the command
        // The stopped owner loses its partitions by the session timeout; the next one executes the command again.
        const next = scene.start({ broken })
        await expect.poll(writes, { timeout: waitMsMax + times.session_timeout_ms }).toBe(3)
        zombie.child.kill('SIGCONT')
        await expect.poll(async () => (await scene.replies()).length, { timeout: waitMsMax }).toBe(2)
        await scene.stop(next)
        // The stopped owner's source is not fenced either, so an event may come twice as well.
        const found = faults(scene.expected, await scene.observe())
        expect(found).toContainEqual(expect.stringMatching(/^command .*: 2 replies$/))
      },
      // Reading the former replies would wait for the stopped owner's transaction: a second defence, off for this run.
      { sink: { duplicate_window_count: 0 } },
    ),
)

test('with records and watermark in two transactions, a kill between them doubles events, and it is reported', () =>
  withScene(async scene => {
    const victim = scene.start({ at: 'records:after-commit', broken: 'two-transactions' })
    await victim.ready
    const recordId = scene.simulator.org.create('Contact', { LastName: 'Twice' })
    scene.expected.changes.push({ recordId, type: 'CREATED' })
    expect(await victim.ended).toBe('SIGKILL')
    // Its event shows that the next owner has polled.
    const next = scene.simulator.org.create('Contact', { LastName: 'Once' })
    scene.expected.changes.push({ recordId: next, type: 'CREATED' })
    expect(await finish(scene)).toContain(`change CREATED of ${recordId}: 2 events`)
  }))
