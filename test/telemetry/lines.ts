import type { DestinationStream } from 'pino'

/** A destination for a log, and what was written to it. */
export function linesOf(): { to: DestinationStream; text(): string; lines(): Record<string, unknown>[] } {
  let text = ''
  return {
    to: {
      write: line => {
        text += line
      },
    },
    text: () => text,
    lines: () =>
      text
        .trimEnd()
        .split('\n')
        .map(line => JSON.parse(line) as Record<string, unknown>),
  }
}
