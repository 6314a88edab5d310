// biome-ignore-all lint/suspicious/noTemplateCurlyInString: such strings are what is tested
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/core/config-load.ts'
import { minimal } from './minimal-config.ts'

const parse = (triggers: unknown, env: Record<string, string> = {}) =>
  parseConfig(JSON.stringify({ ...minimal, source: { objects: { Contact: { triggers } } } }), { file: 'c.yaml', env })
const triggersOf = (triggers: unknown, env?: Record<string, string>) =>
  parse(triggers, env).source.objects.Contact?.triggers

const on = { enabled: true }
const all = { created: on, updated: on, deleted: on, merged: on, undeleted: on, snapshot: on }

test('every trigger is on unless it is switched off, by false or by a mapping', () => {
  expect(triggersOf({})).toEqual(all)
  const off = { enabled: false }
  expect(triggersOf({ created: false, updated: { enabled: false }, deleted: true, merged: {} })).toEqual({
    ...all,
    created: off,
    updated: off,
  })
})

test('a mapping names fields and a condition', () => {
  const created = { fields: ['Name', 'Amount__c'], where: "Name != 'x'" }
  expect(triggersOf({ created })).toEqual({ ...all, created: { enabled: true, ...created } })
})

test('a switch may stand in the environment', () => {
  const triggers = { created: '${env:CREATED}', updated: '${env:UPDATED}' }
  expect(triggersOf(triggers, { CREATED: 'false', UPDATED: 'true' })).toEqual({ ...all, created: { enabled: false } })
})

test.each([
  [{ created: 'on' }, /\.created: expected true, false or a mapping, found a string/],
  [{ created: 1 }, /\.created: expected true, false or a mapping, found a number/],
  [{ created: { were: 'x' } }, /\.created\.were: unknown key; did you mean where\?$/],
  [{ creatd: true }, /\.creatd: unknown key; did you mean created\?$/],
  [{ deleted: { fields: ['Account.Name'] } }, /\.deleted\.fields\.0: expected a field name .*found "Account\.Name"$/],
  [{ deleted: { fields: [] } }, /\.deleted\.fields: expected at least 1 entries/],
  [{ deleted: { where: '' } }, /\.deleted\.where: expected at least 1 characters/],
])('%j is refused', (triggers, message) => {
  expect(() => parse(triggers)).toThrow(message)
})
