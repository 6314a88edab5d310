import { parse } from 'csv-parse'
import { stringify } from 'csv-stringify/sync'

/** What a job may name as `columnDelimiter` (salesforce-facts 9). */
export const delimiters = { BACKQUOTE: '`', CARET: '^', COMMA: ',', PIPE: '|', SEMICOLON: ';', TAB: '\t' } as const
export const lineEndings = { LF: '\n', CRLF: '\r\n' } as const

/** How the CSV of one job is written and read. */
export interface CsvFormat {
  readonly columnDelimiter: keyof typeof delimiters
  readonly lineEnding: keyof typeof lineEndings
}

/** Every cell in quotes, as Salesforce writes them; null is an empty cell (salesforce-facts 9.1). */
export function csvText(rows: readonly (readonly (string | null)[])[], format: CsvFormat): string {
  return stringify(rows as (string | null)[][], {
    delimiter: delimiters[format.columnDelimiter],
    record_delimiter: lineEndings[format.lineEnding],
    quoted: true,
    quoted_empty: true,
  })
}

/** The rows of an upload, the header among them; gives way to other requests on the way. Throws the parser's error for text that is no CSV. */
export async function readCsv(text: string, format: CsvFormat): Promise<string[][]> {
  const rows: string[][] = []
  const parser = parse(text, {
    bom: true,
    delimiter: delimiters[format.columnDelimiter],
    record_delimiter: lineEndings[format.lineEnding],
    skip_empty_lines: true,
  })
  for await (const row of parser) rows.push(row as string[])
  return rows
}
