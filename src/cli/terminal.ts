import { text as readAll } from 'node:stream/consumers'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Where a command reads and writes; tests give their own. */
export interface Terminal {
  readonly env: Readonly<Record<string, string | undefined>>
  /** A line on stdout: results. */
  out(line: string): void
  /** A line on stderr: errors and what happens meanwhile. */
  note(line: string): void
  /** Styled if stdout is a terminal and NO_COLOR is not set, else as it is. */
  paint(style: Style, text: string): string
  readStdin(): Promise<string>
  /** Calls back at each SIGTERM and SIGINT, instead of ending the process; returns how to stop that. */
  onSignal(listener: (signal: string) => void): () => void
}

const signals = ['SIGTERM', 'SIGINT'] as const

/** The terminal of this process. */
export function processTerminal(): Terminal {
  const { env, stdin, stdout, stderr } = process
  const isStyled = stdout.isTTY === true && !env.NO_COLOR && env.TERM !== 'dumb'
  // A reader that has seen enough (`tail | head`) is no error.
  stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
    process.exit(0)
  })
  return {
    env,
    out: line => void stdout.write(`${line}\n`),
    note: line => void stderr.write(`${line}\n`),
    paint: (style, text) => (isStyled ? styleText(style, text, { validateStream: false }) : text),
    readStdin: () => readAll(stdin),
    onSignal(listener) {
      for (const signal of signals) process.on(signal, listener)
      return () => {
        for (const signal of signals) process.off(signal, listener)
      }
    },
  }
}

/** Columns padded to the widest cell, two spaces apart; the first row is the head. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  )
}
