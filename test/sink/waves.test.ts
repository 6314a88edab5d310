import fc from 'fast-check'
import { expect, test } from 'vitest'
import { uniquesOf } from '../../src/sink/command.ts'
import { arrange } from '../../src/sink/waves.ts'
import { command, incoming, recordId } from './parts.ts'

const batches = fc.array(fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'), { maxLength: 3 }), { maxLength: 60 })

test('waves lose nothing, share nothing, and keep the order of what is shared', () => {
  fc.assert(
    fc.property(batches, batch => {
      const items = batch.map((uniques, index) => ({ uniques, index }))
      const waves = arrange(items, item => item.uniques)
      expect(
        waves
          .flat()
          .map(item => item.index)
          .sort((a, b) => a - b),
      ).toEqual(items.map(item => item.index))
      for (const wave of waves) {
        const uniques = wave.flatMap(item => item.uniques)
        expect(new Set(uniques).size).toBe(uniques.length)
      }
      const waveOf = new Map(waves.flatMap((wave, n) => wave.map(item => [item.index, n] as const)))
      for (const [i, a] of items.entries())
        for (const b of items.slice(i + 1))
          if (a.uniques.some(unique => b.uniques.includes(unique)))
            expect(waveOf.get(a.index)).toBeLessThan(waveOf.get(b.index)!)
      for (const [n, wave] of waves.entries())
        for (const item of wave)
          if (n > 0)
            expect(waves[n - 1]!.some(before => before.uniques.some(each => item.uniques.includes(each)))).toBe(true)
    }),
  )
})

test('items that share nothing go together', () => {
  expect(arrange([1, 2, 3], () => [])).toEqual([[1, 2, 3]])
  expect(arrange([], () => [])).toEqual([])
})

test('commands are kept apart by key, row, commandId and external id, letter case folded', () => {
  const keyed = (at: number, key: string | null) =>
    command(at, 'CreateContact', { record: incoming(at, null, { key: key === null ? null : Buffer.from(key) }) })
  const wavesOf = (...commands: ReturnType<typeof command>[]) =>
    arrange(commands, uniquesOf).map(wave => wave.map(each => Number(each.record.offset)))
  expect(wavesOf(keyed(0, 'k'), keyed(1, 'k'), keyed(2, null), keyed(3, null))).toEqual([[0, 2, 3], [1]])
  const onRow = (at: number) => command(at, 'UpdateContact', { recordId: recordId as never })
  expect(wavesOf(onRow(0), onRow(1))).toEqual([[0], [1]])
  const named = (at: number, commandId: string, idempotencyField?: string) =>
    command(at, 'CreateContact', { commandId, idempotencyField })
  expect(wavesOf(named(0, 'x'), named(1, 'x'), named(2, 'X'))).toEqual([[0, 2], [1]])
  expect(wavesOf(named(0, 'x', 'F__c'), named(1, 'X', 'F__c'))).toEqual([[0], [1]])
})
