import { shapeOf } from '../actions.ts'
import { compileWriter, rowReader } from '../avro/codec.ts'
import { replySchema } from '../avro/derive.ts'
import { type Evolved, evolveCommand, evolveReply } from '../avro/evolve.ts'
import { type SchemaRegistry, topicRecordNameSubject } from '../avro/registry.ts'
import type { AvroSchema } from '../avro/schema.ts'
import { sleep } from '../core/clock.ts'
import type { ObjectDescribe, ReplyValue, SchemaId } from '../core/contract.ts'
import { ConnectorError, isConnectorError } from '../core/errors.ts'
import { delayMs } from '../core/retry.ts'
import type { Salesforce } from '../salesforce/client.ts'
import type { Events } from '../telemetry/events.ts'
import type { SinkObject } from './command.ts'
import type { ReplyWriter } from './reply.ts'

/** What of an object's route follows from its describe, and changes with it while the sink runs. */
export interface SinkShape {
  readonly object: SinkObject
  readonly replies: ReplyWriter
}

/** An object's shape as partitions use it. */
export interface Shapes {
  /** The shape to read and answer the next commands with. */
  current(): SinkShape
  /** What Salesforce says by now, because something did not fit; it is not asked every time. The same shape if nothing changed. */
  doubt(): Promise<SinkShape>
  /** The shape with replies that can be written in Avro, `latest`: of its own describe. Throws why that has to wait: 'registry.unavailable'. */
  registered(latest?: boolean): Promise<SinkShape>
}

export interface ShapeParts {
  readonly salesforce: Pick<Salesforce, 'describe' | 'breaker'>
  readonly registry: Pick<SchemaRegistry, 'history' | 'register'>
  readonly events: Pick<Events, 'schemaRegistered' | 'fieldsRenamed' | 'taskFailed'>
  readonly commandTopic: string
  /** What of the replies does not follow from describe. */
  readonly to: Omit<ReplyWriter, 'describe' | 'schema' | 'codec' | 'toRecord'>
  /** Throws 'config.invalid' if what the config says does not go together with describe. */
  readonly objectOf: (describe: ObjectDescribe) => SinkObject
  /** A describe this old is asked for again, ms. */
  readonly describeAgeMsMax: number
  /** Any clock that only moves forward, ms. */
  readonly nowMs: () => number
  /** Called with what the object's commands cannot go on from: schemas that the registry refuses. */
  readonly onFatal: (error: unknown) => void
}

const registryDelays = { attemptsMax: 1_000, delayMsMin: 200, delayMsMax: 10_000 }
/** Two instances may register at the same time; then the schemas are read anew. */
const registrationsMax = 3
/** Doubts that come to nothing are followed up ever more rarely, from this on up to `describeAgeMsMax`. */
const doubtPauseMsMin = 1_000

/** Keeps an object's shape in step with Salesforce and the registry; neither of them out of reach stops what needs only the other. */
export class LiveShapes implements Shapes {
  readonly #parts: ShapeParts
  readonly #stop = new AbortController()
  #shape: SinkShape
  /** The describe whose schemas are all registered. */
  #registeredFor: ObjectDescribe | undefined
  #isRegistering = false
  /** Why the registration has to be tried again. */
  #failure: ConnectorError | undefined
  /** What of the config a new describe does not allow. */
  #misfit: ConnectorError | undefined
  #askedAtMs: number
  #doubting: Promise<void> | undefined
  #doubtedAtMs = Number.NEGATIVE_INFINITY
  #doubtPauseMs = 0

  /** `describe` is fresh. Throws 'config.invalid' if the config does not go together with it. */
  constructor(parts: ShapeParts, describe: ObjectDescribe) {
    this.#parts = parts
    this.#shape = {
      object: parts.objectOf(describe),
      replies: { ...parts.to, ...plainReplies(describe), codec: undefined },
    }
    this.#askedAtMs = parts.nowMs()
  }

  get #isRegistered(): boolean {
    return this.#registeredFor === this.#shape.object.describe
  }

  /** Why not all commands are taken; undefined if they are. */
  get ailment(): string | undefined {
    const { name } = this.#shape.object.describe
    if (this.#misfit) return `${name} is degraded: ${this.#misfit.message}`
    if (this.#failure) return `${name} is degraded: ${this.#failure.message}`
    return this.#registeredFor ? undefined : `the schemas of ${name} are not registered yet`
  }

  /** Registers the schemas, and again whenever describe changes, for as long as it takes. */
  start(): void {
    if (this.#isRegistering || this.#isRegistered || this.#stop.signal.aborted) return
    this.#isRegistering = true
    this.#keepRegistering().catch(error => (this.#stop.signal.aborted ? undefined : this.#parts.onFatal(error)))
  }

  stop(): void {
    this.#stop.abort(new ConnectorError('internal.stopped', 'the sink is stopped'))
  }

  current(): SinkShape {
    const { nowMs, describeAgeMsMax, onFatal } = this.#parts
    if (nowMs() - this.#askedAtMs >= describeAgeMsMax) this.#ask(describeAgeMsMax).catch(onFatal)
    return this.#shape
  }

  async doubt(): Promise<SinkShape> {
    const { describeAgeMsMax, nowMs } = this.#parts
    const sinceMs = nowMs() - this.#doubtedAtMs
    if (!this.#doubting && sinceMs < this.#doubtPauseMs) return this.#shape
    this.#doubtedAtMs = nowMs()
    const former = this.#shape.object
    this.#doubting ??= this.#ask(0).finally(() => {
      this.#doubting = undefined
    })
    await this.#doubting
    const isRare = former !== this.#shape.object || sinceMs > 2 * this.#doubtPauseMs
    this.#doubtPauseMs = isRare ? doubtPauseMsMin : Math.min(2 * this.#doubtPauseMs, describeAgeMsMax)
    return this.#shape
  }

  async registered(latest = false): Promise<SinkShape> {
    const isDone = (): boolean => (latest ? this.#isRegistered : this.#shape.replies.codec !== undefined)
    while (!isDone()) {
      if (this.#failure) throw this.#failure
      this.#stop.signal.throwIfAborted()
      await sleep(registryDelays.delayMsMin, this.#stop.signal)
    }
    return this.#shape
  }

  /** Salesforce out of reach changes nothing: the former shape holds until it answers. */
  async #ask(ageMsMax: number): Promise<void> {
    const { salesforce, objectOf, nowMs } = this.#parts
    this.#askedAtMs = nowMs()
    if (salesforce.breaker.isOpen) return
    const { name } = this.#shape.object.describe
    try {
      const describe = await salesforce.describe(name, ageMsMax)
      if (describe === this.#shape.object.describe) return
      const { codec, toRecord } = this.#shape.replies
      const avro = { codec, ...(toRecord && { toRecord }) }
      this.#shape = { object: objectOf(describe), replies: { ...this.#parts.to, ...plainReplies(describe), ...avro } }
      this.#misfit = undefined
      this.start()
    } catch (error) {
      if (!isConnectorError(error)) throw error
      this.#parts.events.taskFailed({ task: `sink ${this.#parts.commandTopic}`, error, stage: 'execute' })
      if (error.code === 'config.invalid') this.#misfit = error
    }
  }

  async #keepRegistering(): Promise<void> {
    for (let failures = 0; !this.#isRegistered; ) {
      try {
        await this.#register(this.#shape.object)
        this.#failure = undefined
        failures = 0
      } catch (error) {
        if (!isConnectorError(error, 'registry.unavailable')) throw error
        this.#failure = error
        this.#parts.events.taskFailed({ task: `sink ${this.#parts.commandTopic}`, error, stage: 'serialize' })
        await sleep(delayMs(registryDelays, Math.min(++failures, registryDelays.attemptsMax)), this.#stop.signal)
      }
    }
    // Nothing may come between the last look at describe and this: the next change starts anew.
    this.#isRegistering = false
  }

  async #register(object: SinkObject): Promise<void> {
    const { to, commandTopic } = this.#parts
    const { describe } = object
    const { evolved, schemaId } = await this.#evolve(topicRecordNameSubject(to.topic, replySchema(describe)), history =>
      evolveReply(history, describe),
    )
    const codec = compileWriter<ReplyValue>(evolved.schema, schemaId)
    const toRecord = rowReader(describe, evolved.columns, evolved.empty)
    this.#shape = { ...this.#shape, replies: { ...this.#shape.replies, codec, toRecord } }
    for (const [name, action] of object.actions) {
      if (object.allowed?.has(name) === false) continue
      const shape = shapeOf(name, action)
      const subject = topicRecordNameSubject(commandTopic, evolveCommand([], describe, shape).schema)
      await this.#evolve(subject, history => evolveCommand(history, describe, shape))
    }
    this.#registeredFor = describe
  }

  async #evolve(subject: string, evolveFrom: (history: readonly AvroSchema[]) => Evolved) {
    const { registry, events } = this.#parts
    const object = this.#shape.object.describe.name
    for (let attempt = 1; ; attempt++) {
      this.#stop.signal.throwIfAborted()
      const evolved = evolveFrom(await registry.history(subject))
      try {
        const schemaId: SchemaId = await registry.register(subject, evolved.schema)
        events.schemaRegistered({ object, subject, schemaId, added: evolved.added })
        if (evolved.renamed.length > 0) events.fieldsRenamed({ object, fields: evolved.renamed })
        return { evolved, schemaId }
      } catch (error) {
        if (attempt === registrationsMax || !isConnectorError(error, 'registry.incompatible')) throw error
      }
    }
  }
}

const plainReplies = (describe: ObjectDescribe) => ({ describe, schema: replySchema(describe) })
