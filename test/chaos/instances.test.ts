import { expect, test } from 'vitest'
import { faults } from './checker.ts'
import type { ConnectorProcess } from './process.ts'
import { type Scene, times, withScene } from './scene.ts'

const day = '2026-01-31'
/** The eight objects, and a new row of each. */
const rowOf: Readonly<Record<string, (accountId: string) => Readonly<Record<string, unknown>>>> = {
  Contact: () => ({ LastName: 'Okafor' }),
  Lead: () => ({ LastName: 'Okafor', Company: 'Example' }),
  Task: () => ({ Subject: 'Call' }),
  Account: () => ({ Name: 'Example' }),
  Opportunity: () => ({ Name: 'Example', StageName: 'Prospecting', CloseDate: day }),
  Campaign: () => ({ Name: 'Spring' }),
  Product2: () => ({ Name: 'Widget' }),
  Order: AccountId => ({ AccountId, EffectiveDate: day, Status: 'Draft' }),
}
const objects = Object.keys(rowOf)
const changeEveryMs = 100
const balanceMsMax = 30_000
// From the kill on: the session timeout, then the next owners join, fence and restore.
const joiningMsMax = 8_000

/** Changes rows of all objects in turn until it is stopped; each change is expected to become one event. */
function load(scene: Scene): { stop(): void } {
  const { org } = scene.simulator
  const accountId = org.create('Account', { Name: 'Customer' })
  let turn = 0
  const timer = setInterval(() => {
    const object = objects[turn++ % objects.length]!
    const recordId = org.create(object, rowOf[object]!(accountId))
    scene.expected.changes.push({ recordId, type: 'CREATED' })
  }, changeEveryMs)
  return { stop: () => clearInterval(timer) }
}

/** The objects that the instance polls: those whose age it tells. */
async function ownedBy({ output }: ConnectorProcess, urls: Map<unknown, string>, key: unknown): Promise<string[]> {
  const url = urls.get(key) ?? /"httpUrl":"([^"]+)"/.exec(output())?.[1]
  if (url === undefined) throw new Error(`no address in: ${output()}`)
  urls.set(key, url)
  const metrics = await (await fetch(`${url}/metrics`)).text()
  return [...metrics.matchAll(/^connector_watermark_age_seconds\{object="(\w+)"\}/gm)].map(([, name]) => name!)
}

test(
  'three instances share eight objects; a kill and a rolling restart under load lose and repeat nothing',
  {
    timeout: 240_000,
  },
  () =>
    withScene(
      async scene => {
        const urls = new Map<unknown, string>()
        const shares = (instances: readonly ConnectorProcess[]) =>
          Promise.all(instances.map(instance => ownedBy(instance, urls, instance)))
        /** Each object has one owner, and nobody has two more than another. */
        const balanced = async (instances: readonly ConnectorProcess[]): Promise<string[][]> => {
          let owned: string[][] = []
          const spread = async () => {
            owned = await shares(instances)
            const counts = owned.map(({ length }) => length)
            return { objects: owned.flat().toSorted(), isEven: Math.max(...counts) - Math.min(...counts) <= 1 }
          }
          await expect
            .poll(spread, { timeout: balanceMsMax, interval: 200 })
            .toEqual({ objects: objects.toSorted(), isEven: true })
          return owned
        }

        let instances = [scene.run(), scene.run(), scene.run()]
        await Promise.all(instances.map(({ ready }) => ready))
        const owned = await balanced(instances)
        const changing = load(scene)
        await scene.settle(() => scene.expected.changes.length > 2 * objects.length)

        const [victim, ...others] = instances
        victim!.child.kill('SIGKILL')
        await victim!.ended
        const began = performance.now()
        const orphaned = owned[0]!.find(object => object !== 'Order')!
        const orphan = scene.simulator.org.create(orphaned, rowOf[orphaned]!(''))
        await expect
          .poll(async () => (await scene.events()).some(({ recordId }) => recordId === orphan), { timeout: 30_000 })
          .toBe(true)
        expect(performance.now() - began).toBeLessThan(times.session_timeout_ms + joiningMsMax)
        await balanced(others)

        instances = others
        for (const old of others) {
          const next = scene.run()
          await next.ready
          await scene.stop(old)
          instances = [...instances.filter(each => each !== old), next]
        }
        await balanced(instances)
        // On a quick machine all is over before much has changed.
        await expect.poll(() => scene.expected.changes.length, { timeout: 30_000 }).toBeGreaterThan(100)
        changing.stop()
        await scene.settle()
        for (const instance of instances) await scene.stop(instance)
        expect(scene.expected.changes.length).toBeGreaterThan(100)
        expect(faults(scene.expected, await scene.observe())).toEqual([])
      },
      {
        source: {
          interval_ms: 200,
          idle_interval_ms: 800,
          objects: Object.fromEntries(objects.map(name => [name, {}])),
        },
      },
    ),
)
