import { describe, expect, test } from 'vitest'
import { brokenRules, readTree, type SourceFile } from './tidy/rules.ts'

const file = (path: string, text: string): SourceFile => ({ path, text })

describe('the house rules', () => {
  test('hold for every file', () => {
    expect(brokenRules(readTree())).toEqual([])
  })

  const samples: readonly [rule: string, files: readonly SourceFile[]][] = [
    ['imports never climb', [file('src/core/a.ts', "import { b } from '../kafka/b.ts'\n")]],
    ['source and sink stay apart', [file('src/sink/a.ts', "import { b } from '../source/b.ts'\n")]],
    ['salesforce, kafka and avro stay apart', [file('src/avro/a.ts', "import { b } from '../kafka/b.ts'\n")]],
    ['the simulator is an island', [file('src/source/a.ts', "import { b } from '../simulator/b.ts'\n")]],
    ['the simulator imports only core', [file('src/simulator/a.ts', "import { b } from '../kafka/b.ts'\n")]],
    ['a file has its floor', [file('src/misc/a.ts', 'export const a = 1\n')]],
    ['files stay short', [file('src/core/a.ts', 'export const a = 1\n'.repeat(251))]],
    ['functions stay short', [file('src/core/a.ts', `export function a(): void {\n${'  b()\n'.repeat(71)}}\n`)]],
    ['methods stay short', [file('test/a.ts', `class A {\n  async run() {\n${'    b()\n'.repeat(71)}  }\n}\n`)]],
    ['work is finished', [file('src/core/a.ts', `// TO${'DO'}: later\n`)]],
    ['no test is switched off', [file('test/a.test.ts', `test${'.skip'}('a', () => {})\n`)]],
    ['the type checker stays on', [file('src/core/a.ts', `const a = b as ${'any'}\n`)]],
    ['no catch-all names', [file('src/core/utils.ts', 'export const a = 1\n')]],
    ['no machine paths', [file('README.md', `see /${'work'}/main\n`)]],
    ['exports are documented', [file('src/core/a.ts', 'export function a(): void {}\n')]],
  ]
  test.each(samples)('a file that breaks "%s" is reported', (rule, files) => {
    expect(brokenRules(files).map(broken => broken.rule)).toContain(rule)
  })

  test('the README names the two commands', () => {
    const readme = readTree().find(({ path }) => path === 'README.md')?.text ?? ''
    expect(readme).toContain('npm ci && npm run demo')
    expect(readme).toContain('npm ci && npm test')
  })
})
