import { randomUUID } from 'node:crypto'
import type { Control } from '../../src/source/control.ts'
import { StoredPosition } from '../../src/source/offsets-topic.ts'
import type { Position } from '../../src/source/watermark.ts'
import type { World } from './world.ts'

export const signalsTopic = (world: World): string => `${world.config.kafka.topicPrefix}.connector.signals`

/** Writes a signal for the world's connector; returns its id. */
export async function sendSignal(world: World, signal: object): Promise<string> {
  const id = randomUUID()
  const value = JSON.stringify({ id, connector: world.config.connector, ...signal })
  await world.write([{ topic: signalsTopic(world), partition: 0, key: null, value: Buffer.from(value) }])
  return id
}

export interface ObjectState {
  readonly position: Position | undefined
  readonly control: Control | undefined
}

/** What the offsets topic says of an object by now. */
export async function stateOf(world: World, object = 'Contact', partition = 1): Promise<ObjectState> {
  const { kafka, connector } = world.config
  const topic = `${kafka.topicPrefix}.connector.offsets`
  const place = { topic, partition, connector, orgId: world.simulator.orgId, object }
  const stored = new StoredPosition(place)
  for (const record of await world.readAll(topic, partition)) stored.apply(record)
  return stored
}
