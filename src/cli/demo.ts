import type { Score } from '../demo/script.ts'
import { runDemo } from '../demo.ts'
import { exitCodes } from './failure.ts'
import type { Session } from './session.ts'

export interface DemoCommandOptions {
  readonly once?: boolean
}

/** `demo`: the main job on this machine, with a simulated org. Exit code 0 only if every trigger and action was seen. */
export async function demo(options: DemoCommandOptions, session: Session): Promise<number> {
  const { terminal } = session
  const stop = new AbortController()
  const ignore = terminal.onSignal(() => {
    if (stop.signal.aborted) process.exit(exitCodes.failure)
    terminal.note('Stopping; Ctrl-C again ends at once.')
    stop.abort()
  })
  const shown = session.json ? { ...terminal, out: () => undefined } : terminal
  try {
    const tell = (line: string): void => terminal.note(line)
    const { triggers, actions } = await runDemo(options.once === true, { terminal: shown, tell }, stop.signal)
    for (const failure of [...triggers.failed, ...actions.failed]) terminal.note(`not seen: ${failure}`)
    const summary = { triggers: counts(triggers), actions: counts(actions) }
    const line = `demo: ${fraction(summary.triggers)} triggers, ${fraction(summary.actions)} actions`
    terminal.out(session.json ? JSON.stringify({ ...summary, failed: [...triggers.failed, ...actions.failed] }) : line)
    return triggers.failed.length + actions.failed.length === 0 ? exitCodes.ok : exitCodes.failure
  } finally {
    ignore()
  }
}

const counts = (score: Score) => ({ seen: score.passed.length, all: score.passed.length + score.failed.length })
const fraction = ({ seen, all }: { seen: number; all: number }): string => `${seen}/${all}`
