import { compileWriter, rowReader } from '../avro/codec.ts'
import type { Column } from '../avro/columns.ts'
import { type Evolved, evolve } from '../avro/evolve.ts'
import type { Numbers } from '../avro/fields.ts'
import { type SchemaRegistry, topicNameSubject } from '../avro/registry.ts'
import { type EventValue, eventTypes, type ObjectDescribe } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import type { Salesforce } from '../salesforce/client.ts'
import { SalesforceError } from '../salesforce/salesforce-error.ts'
import type { Events } from '../telemetry/events.ts'
import type { EventContext } from './record.ts'
import type { Selection } from './selection.ts'
import type { EventTopic } from './serialize.ts'

/** What of an object's task follows from its describe, and changes with it while the task runs. */
export interface Shape {
  /** The object with the fields that are read. */
  readonly describe: ObjectDescribe
  readonly selection: Selection
  readonly context: EventContext
  readonly to: EventTopic
  /** Asks Salesforce whether describe is still true; throws 'source.shape_doubted' if not, and what asking throws. */
  readonly confirm: () => Promise<void>
}

export interface ShapeParts {
  readonly salesforce: Pick<Salesforce, 'describe' | 'orgId' | 'userId'>
  readonly registry: Pick<SchemaRegistry, 'history' | 'register'>
  readonly events: Pick<Events, 'schemaRegistered' | 'fieldsRenamed' | 'fieldsLost'>
  readonly object: string
  readonly to: Omit<EventTopic, 'codec'>
  readonly numbers: Numbers
  /** A describe this old is asked for again, ms. */
  readonly describeAgeMsMax: number
  readonly selectionOf: (describe: ObjectDescribe) => Selection
  /** Any clock that only moves forward, ms. */
  readonly nowMs: () => number
}

/** Codes by which Salesforce refuses to read what describe named when it was last asked (salesforce-facts 2.5). */
const outdated: ReadonlySet<string> = new Set(['INVALID_FIELD', 'INVALID_TYPE', 'NOT_FOUND'])

/** A kind of value that does not fit describe is taken for what it is so long after Salesforce has confirmed describe. */
const confirmedMsMax = 60_000

/** Two instances may register at the same time; then the schemas are read anew. */
const registrationsMax = 3

/** Keeps an object's shape in step with Salesforce and the registry. */
export class Shapes {
  readonly #parts: ShapeParts
  #known: { readonly describe: ObjectDescribe; readonly shape: Shape } | undefined
  #lost: ReadonlySet<string> = new Set()
  #isDoubted = false
  /** What did not fit, and when Salesforce confirmed describe thereafter; a few entries for a field at most. */
  readonly #misfits = new Map<string, number>()
  #misfit: string | undefined

  constructor(parts: ShapeParts) {
    this.#parts = parts
  }

  /**
   * The shape to read with now: the same object as long as describe stays the same. A new one is registered first. Throws
   * ConnectorError: what asking Salesforce and the registry throws; then the former shape must not be used on.
   */
  async current(): Promise<Shape> {
    const { salesforce, object, describeAgeMsMax, nowMs } = this.#parts
    const describe = await salesforce.describe(object, this.#isDoubted ? 0 : describeAgeMsMax)
    if (this.#known?.describe !== describe) {
      this.#known = { describe, shape: await this.#register(describe) }
      this.#misfits.clear()
    } else if (this.#misfit !== undefined) this.#misfits.set(this.#misfit, nowMs())
    this.#misfit = undefined
    this.#isDoubted = false
    return this.#known.shape
  }

  /**
   * Whether the error comes of a describe that may no longer be true; then `current` asks Salesforce the next time.
   * Nothing was noted of what was read when it was thrown, so that it is read again from the same position.
   */
  doubt(error: unknown): boolean {
    const isRefused = error instanceof SalesforceError && outdated.has(error.errorCode ?? '')
    if (!isRefused && !isConnectorError(error, 'source.shape_doubted')) return false
    this.#isDoubted = true
    return true
  }

  async #register(describe: ObjectDescribe): Promise<Shape> {
    const { registry, events, object, to, numbers } = this.#parts
    const subject = topicNameSubject(to.topic)
    for (let attempt = 1; ; attempt++) {
      const evolved = evolve(await registry.history(subject), describe, numbers)
      try {
        const schemaId = await registry.register(subject, evolved.schema)
        events.schemaRegistered({ object, subject, schemaId, added: evolved.added })
        if (evolved.renamed.length > 0) events.fieldsRenamed({ object, fields: evolved.renamed })
        this.#reportLost(evolved.lost)
        const codec = compileWriter<EventValue>(evolved.schema, schemaId)
        return this.#shape(describe, { ...to, codec }, evolved)
      } catch (error) {
        if (attempt === registrationsMax || !isConnectorError(error, 'registry.incompatible')) throw error
      }
    }
  }

  /** Each once, until it comes back. */
  #reportLost(lost: readonly string[]): void {
    const { events, object } = this.#parts
    const fields = lost.filter(name => !this.#lost.has(name))
    if (fields.length > 0) events.fieldsLost({ object, fields })
    this.#lost = new Set(lost)
  }

  #shape(describe: ObjectDescribe, to: EventTopic, evolved: Pick<Evolved, 'columns' | 'empty'>): Shape {
    const { salesforce, object, selectionOf } = this.#parts
    const selection = selectionOf(describe)
    const { orgId, userId } = salesforce
    const whole = rowReader(describe, evolved.columns, evolved.empty)
    const readers = new Map(
      eventTypes.map(type => {
        const fields = selection.fieldsOf(type)
        return [type, fields ? carriedReader(describe, evolved, fields) : whole]
      }),
    )
    const toRecord: EventContext['toRecord'] = (row, type) => {
      try {
        return readers.get(type)!(row)
      } catch (error) {
        throw this.#judge(error)
      }
    }
    const context = { object, orgId, userId, triggerOf: selection.triggerOf.bind(selection), toRecord }
    return { describe: selection.describe, selection, context, to, confirm: () => this.#confirm(describe) }
  }

  async #confirm(describe: ObjectDescribe): Promise<void> {
    const { salesforce, object } = this.#parts
    if ((await salesforce.describe(object, 0)) === describe) return
    throw new ConnectorError('source.shape_doubted', `the fields of ${object} changed while it was read`)
  }

  /** A value that does not fit becomes a dead letter only once Salesforce has said that describe is still true. */
  #judge(error: unknown): unknown {
    if (!isConnectorError(error, 'salesforce.bad_answer')) return error
    const confirmedAtMs = this.#misfits.get(error.message) ?? Number.NEGATIVE_INFINITY
    if (this.#parts.nowMs() - confirmedAtMs < confirmedMsMax) return error
    this.#misfit = error.message
    const message = `${error.message}; the field may have been changed, so describe is asked for again`
    return new ConnectorError('source.shape_doubted', message, { cause: error })
  }
}

/** Reads the columns of the fields that events of one type carry; the others are null. */
function carriedReader(
  describe: ObjectDescribe,
  { columns, empty }: Pick<Evolved, 'columns' | 'empty'>,
  fields: readonly string[],
): ReturnType<typeof rowReader> {
  const isCarried = ({ field }: Column): boolean => fields.includes(field.name)
  const left = columns.filter(column => !isCarried(column)).map(({ avroName }) => avroName)
  return rowReader(describe, columns.filter(isCarried), [...empty, ...left])
}
