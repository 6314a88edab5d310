import { expect, test } from 'vitest'
import { faults } from './checker.ts'
import { type Scene, times, withScene } from './scene.ts'
import { change, command } from './work.ts'

// From the kill to the first answer: the group waits for the session timeout, then the next owner joins, fences and restores.
const joiningMsMax = 5_000

/** Milliseconds until work given now is done by whoever owns it. */
async function answersWithin(scene: Scene, round: number): Promise<number> {
  const began = performance.now()
  await change(scene, round)
  await command(scene)
  await scene.settle()
  return performance.now() - began
}

test(
  'of two connectors on one config one owns; the other takes over within the session timeout after a kill',
  {
    timeout: 180_000,
  },
  () =>
    withScene(async scene => {
      let [owner, other] = [scene.start(), scene.start()]
      await Promise.all([owner.ready, other.ready])
      await answersWithin(scene, 0)
      // Whichever owns which half: after the first two kills each half has lost its owner at least once.
      for (let round = 1; round <= 4; round++) {
        owner.child.kill('SIGKILL')
        await owner.ended
        const ms = await answersWithin(scene, round)
        expect(ms).toBeLessThan(times.session_timeout_ms + joiningMsMax)
        ;[owner, other] = [other, scene.start()]
        await other.ready
      }
      await scene.stop(owner)
      await scene.stop(other)
      expect(faults(scene.expected, await scene.observe())).toEqual([])
    }),
)
