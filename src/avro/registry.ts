import { SchemaRegistry as RegistryLibrary } from '@kafkajs/confluent-schema-registry'
import type { SchemaRegistryAPIClient as Api } from '@kafkajs/confluent-schema-registry/dist/api/index.js'
import type { SchemaId } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { type RetryLimits, retry } from '../core/retry.ts'
import { type AvroRecordSchema, type AvroSchema, fullnameOf } from './schema.ts'

/** A schema with its id. */
export interface RegisteredSchema {
  readonly id: SchemaId
  readonly schema: AvroSchema
}

/**
 * A registry with Confluent's REST API. All calls throw ConnectorError: 'registry.unavailable' if it does not answer within
 * the attempts, 'config.invalid' if it refuses the user.
 */
export interface SchemaRegistry {
  /** Registers the schema under FULL_TRANSITIVE and answers its id; the same schema again, the same id. 'registry.incompatible' names the subject and the reason. */
  register(subject: string, schema: AvroSchema): Promise<SchemaId>
  /** undefined if there is no Avro schema with that id. The same object for the same id, as long as it is cached. */
  schema(id: SchemaId): Promise<AvroSchema | undefined>
  /** undefined if the subject has no version. */
  latest(subject: string): Promise<RegisteredSchema | undefined>
  /** The Avro schemas of the subject, oldest first: the last `versionsReadMax` of them. */
  history(subject: string): Promise<AvroSchema[]>
}

export interface RegistryOptions {
  /** Base URL of Confluent's API, e.g. `http://registry:8080/apis/ccompat/v7`. */
  readonly url: string
  readonly username?: string | undefined
  readonly password?: string | undefined
  readonly timeoutMs?: number
  readonly limits?: RetryLimits
}

const compatibility = 'FULL_TRANSITIVE'
const timeoutMsDefault = 10_000
const limitsDefault: RetryLimits = { attemptsMax: 5, delayMsMin: 100, delayMsMax: 2_000 }
const schemasCachedMax = 1_000
/** A subject gets a version when fields are added or retyped; what older ones hold stays in the later ones. */
const versionsReadMax = 200
const reasonCharsMax = 500
/** What the library puts before a reason. */
const libraryPrefix = /^registry - (Error, status 400: )?/

interface Answer {
  readonly status: number
  readonly body: Readonly<Record<string, unknown>>
}

/** What a method of the library's API resolves to; the library types it as anything. */
interface ApiResponse {
  status(): number
  data(): unknown
}

/** Statuses that are answers to the question asked, not failures of the registry. */
const answers: readonly unknown[] = [404, 409, 422]

const reasonOf = ({ status, body }: Answer): string =>
  `HTTP ${status}: ${String(body.message).slice(0, reasonCharsMax)}`

function unavailable(what: string, reason: string, cause?: unknown): ConnectorError {
  return new ConnectorError('registry.unavailable', `${what}: ${reason}`, {
    cause,
    remedy: 'Check that the schema registry runs and that registry.url leads to its Confluent API.',
  })
}

const incompatible = (subject: string, reason: string, remedy: string): ConnectorError =>
  new ConnectorError('registry.incompatible', `subject ${subject}: ${reason}`, { remedy })

function refusal(what: string, error: unknown): Answer {
  const status = error instanceof Error && 'status' in error ? error.status : undefined
  const message =
    error instanceof Error ? error.message.replace(libraryPrefix, '').slice(0, reasonCharsMax) : String(error)
  if (status === 401 || status === 403) {
    throw new ConnectorError('config.invalid', `the schema registry refuses ${what}: HTTP ${status}`, {
      cause: error,
      remedy: 'Check registry.username, registry.password and what that user may do.',
    })
  }
  // The library reports a refused connection and a timeout as status 400 too, so 400 counts as no answer.
  if (!answers.includes(status)) throw unavailable(what, message, error)
  return { status: Number(status), body: { message } }
}

type Ask = (what: string, call: (api: Api, timeout: number) => Promise<ApiResponse>) => Promise<Answer>

function client(options: RegistryOptions): Ask {
  const { username, password, url, timeoutMs = timeoutMsDefault, limits = limitsDefault } = options
  const library = new RegistryLibrary({
    host: url.replace(/\/+$/, ''),
    clientId: 'registry',
    // Only GET would be repeated there; ours repeats every call, which are all repeat-safe.
    retry: { retries: 0 },
    ...(username === undefined ? {} : { auth: { username, password: password ?? '' } }),
  })
  // Its private part: the public methods keep every schema for ever, compiled, and do not give its text.
  // biome-ignore lint/complexity/useLiteralKeys: TypeScript lets only this spelling reach a private part.
  const api: Api = library['api']
  const once: Ask = async (what, call) => {
    try {
      const response = await call(api, timeoutMs)
      const body = response.data()
      if (typeof body !== 'object' || body === null) throw unavailable(what, 'the answer is not JSON')
      return { status: response.status(), body: body as Answer['body'] }
    } catch (error) {
      if (isConnectorError(error)) throw error
      return refusal(what, error)
    }
  }
  return (what, call) =>
    retry(
      limits,
      () => once(what, call),
      error => isConnectorError(error, 'registry.unavailable'),
    )
}

function parseSchema(body: Answer['body']): AvroSchema | undefined {
  const { schema, schemaType } = body
  if (typeof schema !== 'string' || (schemaType !== undefined && schemaType !== 'AVRO')) return undefined
  try {
    return JSON.parse(schema) as AvroSchema
  } catch {
    return undefined // Apicurio leaves schemaType out of some answers, so another type's schema may come this far
  }
}

/** Makes FULL_TRANSITIVE the subject's level; false if the registry does not know the subject yet. */
async function keepCompatible(ask: Ask, subject: string): Promise<boolean> {
  const what = `setting the compatibility level of ${subject}`
  const current = await ask(what, (api, timeout) => api.Subject.config({ subject, timeout }))
  if (current.status === 200) {
    const level = String(current.body.compatibilityLevel).toUpperCase()
    if (level === compatibility) return true
    // Someone chose that level; what they rely on is not ours to change.
    const remedy = `Set the subject's compatibility level to ${compatibility}.`
    throw incompatible(subject, `its compatibility level is ${level}`, remedy)
  }
  const body = { compatibility }
  const set = await ask(what, (api, timeout) => api.Subject.updateConfig({ subject, body, timeout }))
  if (set.status !== 200 && set.status !== 404) throw unavailable(what, reasonOf(set))
  return set.status === 200
}

async function register(ask: Ask, subject: string, schema: AvroSchema): Promise<SchemaId> {
  const what = `registering a schema of ${subject}`
  const isKept = await keepCompatible(ask, subject)
  const body = { schema: JSON.stringify(schema) }
  const answer = await ask(what, (api, timeout) => api.Subject.register({ subject, body, timeout }))
  const { id } = answer.body
  if (answer.status === 409 || answer.status === 422) {
    throw incompatible(subject, reasonOf(answer), 'Undo the change of the schema, or give the topic a new name.')
  }
  if (typeof id !== 'number') throw unavailable(what, reasonOf(answer))
  if (!isKept && !(await keepCompatible(ask, subject))) throw unavailable(what, 'it is registered, and then not found')
  return id as SchemaId
}

/** The schemas by id; an id never changes its schema, so what was found stays true. */
function schemaCache(ask: Ask): (id: SchemaId) => Promise<AvroSchema | undefined> {
  const cached = new Map<SchemaId, Promise<AvroSchema | undefined>>()
  const find = async (id: SchemaId): Promise<AvroSchema | undefined> => {
    const answer = await ask(`reading schema ${id}`, (api, timeout) => api.Schema.find({ id, timeout }))
    return answer.status === 200 ? parseSchema(answer.body) : undefined
  }
  return id => {
    const known = cached.get(id)
    if (known !== undefined) return known
    const found = find(id)
    cached.set(id, found)
    // What is not there may be registered later, and a failure passes.
    const forget = (): boolean => cached.delete(id)
    found.then(schema => schema ?? forget(), forget)
    if (cached.size > schemasCachedMax) cached.delete(cached.keys().next().value!)
    return found
  }
}

async function latest(ask: Ask, subject: string): Promise<(RegisteredSchema & { version: number }) | undefined> {
  const what = `reading the latest schema of ${subject}`
  const answer = await ask(what, (api, timeout) => api.Subject.latestVersion({ subject, timeout }))
  if (answer.status === 404) return undefined
  const schema = parseSchema(answer.body)
  if (schema === undefined) throw unavailable(what, 'the answer holds no Avro schema')
  return { id: answer.body.id as SchemaId, schema, version: Number(answer.body.version) }
}

async function history(ask: Ask, subject: string): Promise<AvroSchema[]> {
  const last = await latest(ask, subject)
  if (last === undefined) return []
  const schemas: AvroSchema[] = []
  for (let version = Math.max(1, last.version - versionsReadMax + 1); version < last.version; version++) {
    const what = `reading version ${version} of ${subject}`
    const answer = await ask(what, (api, timeout) => api.Subject.version({ subject, version, timeout }))
    const schema = answer.status === 200 ? parseSchema(answer.body) : undefined // 404: it was deleted
    if (schema !== undefined) schemas.push(schema)
  }
  return [...schemas, last.schema]
}

/** A client of the registry; nothing is asked before the first call. */
export function connectRegistry(options: RegistryOptions): SchemaRegistry {
  const ask = client(options)
  return {
    register: (subject, schema) => register(ask, subject, schema),
    schema: schemaCache(ask),
    async latest(subject) {
      const found = await latest(ask, subject)
      return found && { id: found.id, schema: found.schema }
    },
    history: subject => history(ask, subject),
  }
}

/** Subject of an object's events: TopicNameStrategy, the whole topic one lineage (kafka-facts 4). */
export const topicNameSubject = (topic: string): string => `${topic}-value`

/** Subject of a command or a reply: TopicRecordNameStrategy, so that each record type of the topic evolves alone (kafka-facts 4). */
export const topicRecordNameSubject = (topic: string, schema: AvroRecordSchema): string =>
  `${topic}-${fullnameOf(schema)}`
