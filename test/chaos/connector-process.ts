/**
 * A connector in a process of its own, which kills or stops itself at a failpoint.
 * Environment: FAIL_AT (a failpoint's name), FAIL_AFTER (how often it is passed before), FAIL_SIGNAL,
 * BREAK (a rule broken on purpose, see broken.ts). Prints `ready` once all halves work.
 */
import { setInterval } from 'node:timers'
import { loadConfig } from '../../src/core/config-load.ts'
import { onFailpoint } from '../../src/core/failpoint.ts'
import { startConnector } from '../../src/main.ts'
import { createEvents } from '../../src/telemetry/events.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { createMetrics } from '../../src/telemetry/metrics.ts'
import { breakRule } from './broken.ts'

const { FAIL_AT, FAIL_AFTER, FAIL_SIGNAL, BREAK } = process.env
const config = loadConfig(process.argv[2]!, process.env)

let left = Number(FAIL_AFTER ?? 0)
if (FAIL_AT)
  onFailpoint(point => {
    if (point === FAIL_AT && left-- === 0) process.kill(process.pid, FAIL_SIGNAL ?? 'SIGKILL')
  })

const events = createEvents(createLog({ level: config.log.level, secrets: [] }), createMetrics())
const wrapKafka = BREAK ? await breakRule(BREAK, config, events) : undefined
const connector = await startConnector(config, events, { source: true, sink: true }, wrapKafka ? { wrapKafka } : {})
connector.finished.catch(error => {
  console.error(error)
  process.exit(1)
})
process.once('SIGTERM', () => {
  connector.stop().then(() => process.exit(0))
})

const watch = setInterval(() => {
  if (connector.ready().length > 0) return
  clearInterval(watch)
  process.stdout.write('ready\n')
}, 50)
