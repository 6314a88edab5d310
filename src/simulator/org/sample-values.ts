import type { Cell } from './cell.ts'
import type { Draw } from './sample-draw.ts'

/** Values of one sample row, by field. */
export type Values = readonly (readonly [field: string, value: Cell])[]

/** How an object's sample rows are made: the parents that must be there first, as many as a number of rows needs, and the i-th row. */
export interface Sample {
  readonly object: string
  readonly parents?: Readonly<Record<string, (rows: number) => number>>
  row(i: number, draw: Draw): Values
}

/** A row's number as part of a text: seven digits. */
export const digits = (i: number): string => String(i).padStart(7, '0')
