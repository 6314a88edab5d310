import { Readable } from 'node:stream'
import { parse } from 'csv-parse'
import type { FieldDescribe, ObjectDescribe, Row } from '../core/contract.ts'
import { badAnswer, lostJob, type ResultSet } from './bulk-query.ts'

/** Compound fields cannot be had in bulk; they are put together from their parts (salesforce-facts 9.1, 10.2). */
const compoundTypes: ReadonlySet<string> = new Set(['address', 'location'])
const numericTypes: ReadonlySet<string> = new Set(['int', 'long', 'double', 'currency', 'percent'])
/** The parser gives way to other work after so much text. */
const pieceBytes = 65_536

/** The fields a bulk query can select: neither compound nor files' contents. */
export const bulkFields = (describe: ObjectDescribe): string[] =>
  describe.fields.filter(({ type }) => type !== 'base64' && !compoundTypes.has(type)).map(({ name }) => name)

/** The describe with the parts of its compound fields, as far as `whole`, the object's full describe, has them. */
export function withParts(describe: ObjectDescribe, whole: ObjectDescribe): ObjectDescribe {
  const names = new Set(describe.fields.map(({ name }) => name))
  const compounds = new Set(describe.fields.filter(({ type }) => compoundTypes.has(type)).map(({ name }) => name))
  const isMissingPart = ({ name, compoundFieldName }: FieldDescribe): boolean =>
    !names.has(name) && compoundFieldName !== null && compounds.has(compoundFieldName)
  return { ...describe, fields: [...describe.fields, ...whole.fields.filter(isMissingPart)] }
}

/**
 * The rows of a set of results as REST's JSON has them, so that nothing after this can tell where they came from.
 * Throws 'salesforce.bad_answer' if the text is no CSV or lacks rows, and if it lacks a column, which describe has got since
 * the job began, what `isJobLost` knows.
 */
export async function* bulkRows(set: ResultSet, describe: ObjectDescribe): AsyncGenerator<Row, void, undefined> {
  const parser = Readable.from(pieces(set.csv), { objectMode: false }).pipe(
    parse({ bom: true, record_delimiter: '\n' }),
  )
  let toRow: ((cells: readonly string[]) => Row) | undefined
  let rows = 0
  try {
    for await (const cells of parser as AsyncIterable<string[]>) {
      if (toRow) {
        rows++
        yield toRow(cells)
      } else toRow = rowReader(cells, describe)
    }
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !String(error.code).startsWith('CSV_')) throw error
    throw badAnswer(`with bulk results that are no CSV: ${error.code}`)
  }
  if (rows !== set.rows) throw badAnswer(`with ${rows} rows of bulk results where it announced ${set.rows}`)
}

function* pieces(text: string): Iterable<Buffer> {
  const bytes = Buffer.from(text)
  for (let at = 0; at < bytes.length; at += pieceBytes) yield bytes.subarray(at, at + pieceBytes)
}

type Read = (cells: readonly string[]) => unknown

function rowReader(header: readonly string[], describe: ObjectDescribe): (cells: readonly string[]) => Row {
  const byName = new Map<string, Read>()
  for (const field of describe.fields) {
    if (field.type === 'base64' || compoundTypes.has(field.type)) continue
    const column = header.indexOf(field.name)
    if (column === -1) throw lostJob(`has no column ${field.name}`)
    byName.set(field.name, cells => readCell(cells[column]!, field.type))
  }
  for (const field of describe.fields)
    if (compoundTypes.has(field.type)) byName.set(field.name, compoundReader(field, describe, byName))
  return cells => Object.fromEntries([...byName].map(([name, read]) => [name, read(cells)]))
}

/** An empty cell is null: Salesforce keeps no empty texts (salesforce-facts 9.1). */
function readCell(text: string, type: string): unknown {
  if (text === '') return null
  if (type === 'boolean') return text === 'true' ? true : text === 'false' ? false : text
  if (numericTypes.has(type)) return Number.isNaN(Number(text)) ? text : Number(text)
  if (type === 'datetime') return text.replace(/Z$/, '+0000')
  return text
}

const addressParts = {
  city: 'City',
  country: 'Country',
  countryCode: 'CountryCode',
  geocodeAccuracy: 'GeocodeAccuracy',
  latitude: 'Latitude',
  longitude: 'Longitude',
  postalCode: 'PostalCode',
  state: 'State',
  stateCode: 'StateCode',
  street: 'Street',
} as const

/** An address is null if all its parts are, a geolocation unless both are set (salesforce-facts 10.2). */
function compoundReader(field: FieldDescribe, describe: ObjectDescribe, byName: ReadonlyMap<string, Read>): Read {
  const parts = describe.fields.filter(({ compoundFieldName }) => compoundFieldName === field.name)
  const readPart = (suffix: string): Read =>
    byName.get(parts.find(({ name }) => isPart(name, suffix))?.name ?? '') ?? none
  if (field.type === 'location') {
    const [latitude, longitude] = [readPart('Latitude__s'), readPart('Longitude__s')]
    return cells => {
      const place = { latitude: latitude(cells), longitude: longitude(cells) }
      return place.latitude === null || place.longitude === null ? null : place
    }
  }
  const prefix = field.name.replace(/Address$/, '')
  const members = Object.entries(addressParts).map(
    ([key, suffix]) => [key, byName.get(prefix + suffix) ?? none] as const,
  )
  return cells => {
    const values = members.map(([key, read]) => [key, read(cells)] as const)
    return values.every(([, value]) => value === null) ? null : Object.fromEntries(values)
  }
}

const isPart = (name: string, suffix: string): boolean => name.endsWith(`__${suffix}`)
const none: Read = () => null
