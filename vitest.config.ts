import { defineConfig } from 'vitest/config'

// Tests that need a real broker and registry: these folders, and files named *.stack.test.ts in any other.
// One stack is started for all of them, and none if no such test is run.
const withStack = ['test/{integration,routes,conformance,chaos,kafka}/**/*.test.ts', 'test/**/*.stack.test.ts']

// Readers and clients that are not ours: they need Python and a JDK, which the README's two commands do not ask for.
const others = 'test/{readers,clients}/**/*.test.ts'

export default defineConfig({
  test: {
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 60_000,
    hookTimeout: 60_000,
    projects: [
      { extends: true, test: { name: 'unit', include: ['test/**/*.test.ts'], exclude: [...withStack, others] } },
      { extends: true, test: { name: 'stack', include: withStack, globalSetup: 'test/global-setup.ts' } },
      { extends: true, test: { name: 'readers', include: [others], globalSetup: 'test/global-setup.ts' } },
    ],
  },
})
