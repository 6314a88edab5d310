import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from 'vitest'
import { main } from '../../src/cli/program.ts'
import { parseConfig } from '../../src/core/config-load.ts'
import { startConnector } from '../../src/main.ts'
import { type Simulator, startSimulator } from '../../src/simulator/simulator.ts'
import { fakeTerminal } from '../cli/fake-terminal.ts'
import { eventsOf } from './org-changes.ts'
import { configText, startWorld, testEvents, type World } from './world.ts'

let world: World
let other: Simulator
afterEach(async () => {
  await world.close()
  await other.close()
})

/** The world's config file, with the credentials of the other org: as after a refresh of a sandbox. */
function misdirected(): string {
  const { connector, kafka } = world.config
  const text = JSON.parse(configText(other)) as { kafka: object }
  return JSON.stringify({ ...text, connector, kafka: { ...text.kafka, topic_prefix: kafka.topicPrefix } })
}

/** What `check --json` says of the config. */
async function checked(config: string): Promise<{ code: number; gaps: { message: string; remedy: string }[] }> {
  const directory = mkdtempSync(join(tmpdir(), 'fence-'))
  try {
    const file = join(directory, 'connector.yaml')
    writeFileSync(file, config)
    const terminal = fakeTerminal()
    const code = await main(['check', '--config', file, '--json'], terminal)
    return { code, gaps: JSON.parse(terminal.outText()).gaps }
  } finally {
    rmSync(directory, { recursive: true })
  }
}

test.each([
  ['source', { source: true }],
  ['sink', { sink: true }],
])(
  'the %s refuses to start on another org than the connector’s, and says what to do; so does check',
  async (_, half) => {
    world = await startWorld()
    other = await startSimulator({ orgNumber: 2 })
    expect(other.orgId).not.toBe(world.simulator.orgId)
    const first = await world.start(half)
    await first.stop()
    const offsets = `${world.config.kafka.topicPrefix}.connector.offsets`
    const end = await world.kafka.endOffset(offsets, 0)

    const config = parseConfig(misdirected(), { file: 'connector.yaml', env: {} })
    const started = startConnector(config, testEvents(config), { source: false, sink: false, ...half })
    const refusal = {
      code: 'salesforce.other_org',
      message: expect.stringMatching(`belongs to org ${world.simulator.orgId}, .* lead to org ${other.orgId}`),
      remedy: expect.stringMatching(/^Point the config at the first org, or give this connector another name/),
    }
    await expect(started).rejects.toMatchObject(refusal)
    expect(await world.kafka.endOffset(offsets, 0)).toBe(end)
    const { code, gaps } = await checked(misdirected())
    expect([code, gaps]).toMatchObject([1, [{ object: 'org', message: refusal.message, remedy: refusal.remedy }]])
  },
)

test('check finds nothing to say of the connector’s own org, and the connector goes on there', async () => {
  world = await startWorld()
  other = await startSimulator()
  const first = await world.start({ source: true })
  await first.stop()
  const { connector, kafka } = world.config
  const text = JSON.parse(configText(world.simulator))
  const { code, gaps } = await checked(
    JSON.stringify({ ...text, connector, kafka: { ...text.kafka, topic_prefix: kafka.topicPrefix } }),
  )
  expect([code, gaps]).toEqual([0, []])
  const id = world.simulator.org.create('Contact', { LastName: 'Meanwhile' })
  await world.start({ source: true })
  expect(await eventsOf(world, 1)).toMatchObject([{ recordId: id }])
})
