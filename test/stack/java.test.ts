import { expect, test } from 'vitest'
import { javaCommand, javaMajor, parseJavaMajor } from '../../src/stack/java.ts'

test.each([
  ['openjdk version "17.0.15" 2025-04-15', 17],
  ['java version "21" 2023-09-19 LTS', 21],
  ['java version "1.8.0_401"', 1],
  ['The operation couldn’t be completed. Unable to locate a Java Runtime.', 0],
])('%s is major version %i', (text, major) => expect(parseJavaMajor(text)).toBe(major))

test('JAVA_HOME decides which java is run', async () => {
  expect(javaCommand({})).toBe('java')
  expect(javaCommand({ JAVA_HOME: '/opt/jdk' })).toBe('/opt/jdk/bin/java')
  expect(await javaMajor({ JAVA_HOME: import.meta.dirname })).toBe(0)
})
