import type { Scene } from './scene.ts'

const perRound = 5

/** Somebody else creates contacts, and edits or deletes ones whose creation was seen; each row changes once a round. */
export async function change(scene: Scene, round: number): Promise<void> {
  const { org } = scene.simulator
  const { changes } = scene.expected
  const seen = new Set((await scene.events()).map(({ recordId }) => recordId))
  const timesChanged = (id: string): number => changes.filter(({ recordId }) => recordId === id).length
  const untouched = changes.filter(({ recordId }) => seen.has(recordId) && timesChanged(recordId) === 1)
  for (const [index, { recordId }] of untouched.slice(0, perRound - 1).entries()) {
    if (index % 2 === 0) org.update('Contact', recordId, { Department: `round ${round}` })
    else org.delete('Contact', recordId)
    changes.push({ recordId, type: index % 2 === 0 ? 'UPDATED' : 'DELETED' })
  }
  for (let n = 0; n < perRound; n++)
    changes.push({ recordId: org.create('Contact', { LastName: `Round ${round}` }), type: 'CREATED' })
}

/** Two creates, an update and a delete, sent together. */
export async function command(scene: Scene): Promise<void> {
  const target = (): string => scene.simulator.org.create('Contact', { LastName: 'Target' })
  await scene.send([
    { action: 'CreateContact', command: { fields: { LastName: 'made-$command' } } },
    { action: 'UpdateContact', target: target(), command: { fields: { Title: '$command' } } },
    { action: 'CreateContact', command: { fields: { LastName: 'made-$command' } } },
    { action: 'DeleteContact', target: target(), command: {} },
  ])
}
