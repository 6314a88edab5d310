import { readFile } from 'node:fs/promises'
import type { AvroType } from '../avro/schema.ts'
import { ConnectorError } from '../core/errors.ts'
import { fieldType, fromText } from './command-value.ts'
import type { Terminal } from './terminal.ts'

type Fields = Readonly<Record<string, unknown>>

/** What the command line says of a command. */
export interface CommandOptions {
  readonly action?: string
  readonly id?: string
  readonly field: readonly string[]
  readonly clear: readonly string[]
}

/** A command as its JSON form has it (design 3). */
export interface JsonCommand extends Fields {
  readonly commandId: string
  readonly action: string
  readonly recordId?: string
}

/** A command but for its id and the types of what came as text. */
export interface CommandDraft {
  readonly action: string
  /** True if it holds --field texts, whose types only the schema knows. */
  readonly isTyped: boolean
  finish(schema: AvroType | undefined, commandId: string): JsonCommand
}

/** Puts a command together from a JSON file (`-` is stdin) and what the options add to it. Throws 'usage.invalid'. */
export async function composeCommand(
  options: CommandOptions,
  file: string | undefined,
  terminal: Terminal,
): Promise<CommandDraft> {
  const base = file === undefined ? {} : await readCommand(file, terminal)
  const action = options.action ?? base.action
  if (typeof action !== 'string')
    throw usage('no action was named', 'Name one, as CreateContact; see salesforce-kafka catalog.')
  const texts = options.field.map(splitField)
  return {
    action,
    isTyped: texts.length > 0,
    finish(schema, commandId) {
      const { top, fields } = place(texts, schema)
      return {
        commandId,
        ...base,
        action,
        ...(options.id === undefined ? {} : { recordId: options.id }),
        ...top,
        ...(Object.keys(fields).length > 0 ? { fields: { ...(base.fields as Fields), ...fields } } : {}),
        ...(options.clear.length > 0 ? { fieldsToNull: options.clear } : {}),
      }
    },
  }
}

/** An argument of the action itself, as optedOut, stands beside `fields`; everything else in it. */
function place(texts: readonly (readonly [string, string])[], schema: AvroType | undefined) {
  const top: Record<string, unknown> = {}
  const fields: Record<string, unknown> = {}
  for (const [name, text] of texts) {
    const own = fieldType(schema, name)
    if (own) top[name] = fromText(own, text)
    else fields[name] = fromText(fieldType(fieldType(schema, 'fields'), name), text)
  }
  return { top, fields }
}

function splitField(text: string): [string, string] {
  const at = text.indexOf('=')
  if (at < 1) throw usage(`--field ${text} is not name=value`, 'Write it as --field LastName=Smith.')
  return [text.slice(0, at), text.slice(at + 1)]
}

async function readCommand(file: string, terminal: Terminal): Promise<Fields> {
  const name = file === '-' ? 'stdin' : file
  const text = file === '-' ? await terminal.readStdin() : await readText(file)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw usage(`${name} is not JSON`, 'Give one JSON object, as {"action":"CreateContact","fields":{…}}.', cause)
  }
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Fields
  throw usage(`${name} holds no JSON object`, 'Give one JSON object, as {"action":"CreateContact","fields":{…}}.')
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw usage(`${file} cannot be read`, 'Name a readable file, or - for stdin.', cause)
  }
}

const usage = (message: string, remedy: string, cause?: unknown): ConnectorError =>
  new ConnectorError('usage.invalid', message, { remedy, ...(cause === undefined ? {} : { cause }) })
