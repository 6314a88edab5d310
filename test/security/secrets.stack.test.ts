import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/core/config-load.ts'
import { connectKafka } from '../../src/kafka/connection.ts'
import { kafkaSettings } from '../../src/main.ts'
import { startSimulator } from '../../src/simulator/simulator.ts'
import { startConnectorChild } from '../cli/connector-child.ts'
import { until } from '../cli/until.ts'
import { configText, readAll } from '../routes/world.ts'
import { leaksIn, marks } from './marks.ts'
import { runProduct } from './product.ts'

const sessionId = /00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]+/

test('a connector at work, at debug level: no secret in its log, pages or records, nor in what the commands print', async () => {
  const simulator = await startSimulator({ clientSecret: marks.clientSecret })
  const directory = mkdtempSync(join(tmpdir(), 'secrets-'))
  const file = join(directory, 'connector.yaml')
  const given = JSON.parse(configText(simulator)) as { registry: object }
  const text = JSON.stringify({
    ...given,
    registry: { ...given.registry, username: 'user', password: marks.registryPassword },
    ...{ http: { host: '127.0.0.1', port: 0 }, log: { level: 'debug' } },
  })
  writeFileSync(file, text)
  const config = parseConfig(text, { file, env: {} })
  const kafka = await connectKafka(kafkaSettings(config.kafka), () => undefined)
  const child = await startConnectorChild(file)
  try {
    const topic = `${config.kafka.topicPrefix}.contact.commands`
    const commands = [
      { action: 'CreateContact', fields: { LastName: 'Good' } },
      { action: 'CreateContact', fields: { FirstName: 'Refused' } },
      { action: 'UpdateContact', recordId: '003000000000999AAA', fields: { LastName: 'Gone' } },
      { action: 'CreateContact', fields: { Nope__c: 1 } },
    ].map(command => JSON.stringify({ commandId: randomUUID(), ...command }))
    const writer = kafka.writer(`secrets-${randomUUID()}`)
    await writer.fence()
    const send = (values: readonly string[]) =>
      writer.transact('test', tx =>
        tx.send(
          values.map(value => ({ topic, partition: 0, key: Buffer.from('k'), value: Buffer.from(value), headers: {} })),
        ),
      )
    await send([...commands, 'not a command', '{"action":"CreateContact"}'])
    const replies = `${config.kafka.topicPrefix}.contact.replies`
    await until(async () => ((await readAll(kafka, replies)).length >= commands.length ? true : undefined))
    simulator.expireSessions()
    await send([JSON.stringify({ commandId: randomUUID(), action: 'CreateContact', fields: { LastName: 'Again' } })])
    await until(async () => ((await readAll(kafka, replies)).length > commands.length ? true : undefined))
    const events = `${config.kafka.topicPrefix}.contact.events`
    await until(async () => ((await readAll(kafka, events)).length > 0 ? true : undefined))
    await writer.close()
    const pages = await Promise.all(
      ['metrics', 'health/ready', 'health/live'].map(async path => (await fetch(`${child.url}/${path}`)).text()),
    )
    const topics = [replies, events, `${topic}.dlq`, `${config.kafka.topicPrefix}.connector.offsets`]
    const records = (await Promise.all(topics.map(each => readAll(kafka, each)))).flat()
    const written = records.map(({ key, value, headers }) =>
      [key, value, ...Object.entries(headers).flat(2)].map(part => part?.toString() ?? '').join(' '),
    )
    expect(records.length).toBeGreaterThan(commands.length + 2)
    const said: string[] = []
    for (const args of [
      ['check'],
      ['send', 'CreateContact', '--field', 'LastName=Sent'],
      ['send', 'CreateContact', '--field', 'Nope__c=1'],
      ['tail', '--from', 'beginning', '--max', '3'],
    ]) {
      const { output } = await runProduct(JSON.parse(text) as object, directory, {
        args: [...args, '--json', '--debug'],
      })
      expect(output, args.join(' ')).not.toBe('')
      said.push(output)
    }
    expect(await child.end('SIGTERM')).toBe(0)
    const everything = [child.logged(), ...pages, ...written, ...said].join('\n')
    expect(child.logged()).toContain('"level":"debug"')
    expect(leaksIn(everything)).toEqual([])
    expect(everything).not.toMatch(sessionId)
  } finally {
    child.process.kill('SIGKILL')
    await kafka.close()
    await simulator.close()
    rmSync(directory, { recursive: true })
  }
})
