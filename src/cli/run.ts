import { loadConfig } from '../core/config-load.ts'
import { secretsOf } from '../core/config-options.ts'
import { type Connector, type Halves, startConnector } from '../main.ts'
import { createEvents, type Half } from '../telemetry/events.ts'
import { createLog } from '../telemetry/log.ts'
import { proxySecrets } from '../telemetry/mask.ts'
import { createMetrics } from '../telemetry/metrics.ts'
import { startHttp } from '../telemetry/server.ts'
import type { Session } from './session.ts'
import { supervise } from './supervise.ts'
import { version } from './version.ts'

export interface RunOptions {
  readonly config: string
  readonly source?: boolean
  readonly sink?: boolean
}

/** `run`: the connector until a signal; one or both halves. Returns the exit code. */
export async function run(options: RunOptions, session: Session): Promise<number> {
  const { terminal } = session
  const config = loadConfig(options.config, terminal.env)
  const secrets = [...secretsOf(config), ...proxySecrets(terminal.env)]
  session.hide(secrets)
  const halves = halvesOf(options, { source: config.source.enabled, sink: config.sink.enabled })
  const { connector: name, environment } = config
  const log = createLog({ level: config.log.level, base: { connector: name, environment }, secrets })
  const metrics = createMetrics()
  const events = createEvents(log, metrics)
  let connector: Connector | undefined
  const http = await startHttp(config.http, metrics, () => connector?.ready() ?? ['connector: starting'])
  const start = async (): Promise<Connector> => {
    const started = await startConnector(config, events, halves)
    const names = (['source', 'sink'] as const).filter((half: Half) => halves[half])
    events.started({ version: version(), halves: names, httpUrl: http.url })
    connector = started
    return started
  }
  try {
    const code = await supervise(
      {
        start,
        shutdownTimeoutMs: config.shutdownTimeoutMs,
        onStopping: reason => events.stopping({ reason }),
        exitNow: code => process.exit(code),
      },
      terminal,
    )
    events.stopped()
    return code
  } finally {
    await http.close()
  }
}

/** --source and --sink choose; without either, the config's `enabled` does. */
export function halvesOf(options: Pick<RunOptions, 'source' | 'sink'>, enabled: Halves): Halves {
  if (!options.source && !options.sink) return enabled
  return { source: options.source === true, sink: options.sink === true }
}
