import type { Terminal } from '../../src/cli/terminal.ts'

/** A terminal without colour that keeps what is printed and can be sent signals. */
export interface FakeTerminal extends Terminal {
  outText(): string
  noteText(): string
  signal(name: string): void
}

export function fakeTerminal(given: { stdin?: string; env?: Record<string, string> } = {}): FakeTerminal {
  const out: string[] = []
  const notes: string[] = []
  const listeners = new Set<(signal: string) => void>()
  return {
    env: given.env ?? {},
    out: line => void out.push(line),
    note: line => void notes.push(line),
    paint: (_, text) => text,
    readStdin: async () => given.stdin ?? '',
    onSignal(listener) {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    outText: () => out.join('\n'),
    noteText: () => notes.join('\n'),
    signal: name => {
      for (const listener of listeners) listener(name)
    },
  }
}
