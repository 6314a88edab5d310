import type { FormulaRow } from '../definition.ts'

/** How many bytes the Body's base64 text stands for. */
export const bodyLength = (row: FormulaRow): number => Buffer.byteLength(String(row.get('Body') ?? ''), 'base64')
