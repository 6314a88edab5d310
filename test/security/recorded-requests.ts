import { isUpsertField } from '../../src/actions/every-object.ts'
import type { ObjectDescribe } from '../../src/core/contract.ts'
import type { ApiRequest } from '../../src/salesforce/client.ts'

const root = '/services/data/v68.0'
const id = '[a-zA-Z0-9]{18}'
type Json = Readonly<Record<string, unknown>>

/** Finds what is in a request that a command must never be able to put there. */
export class Inspector {
  /** Values of text literals and of fields that went out, for the test to find its own among them. */
  readonly literals = new Set<string>()
  readonly values = new Set<unknown>()
  readonly problems: string[] = []
  requests = 0
  readonly #objects: ReadonlyMap<string, ObjectDescribe>
  readonly #names: ReadonlySet<string>

  constructor(describes: readonly ObjectDescribe[]) {
    this.#objects = new Map(describes.map(each => [each.name, each]))
    const own = describes.flatMap(({ name, fields }) => [name, ...fields.map(field => field.name)])
    const read = ['CampaignMemberStatus', 'CampaignMember', 'Label', 'CampaignId', 'ContactId', 'LeadId', 'Status']
    this.#names = new Set([...own, ...read, 'CreatedById', 'CreatedDate', 'LastModifiedById', 'LastModifiedDate'])
  }

  inspect({ method, path, query, body, headers }: ApiRequest): void {
    this.requests++
    this.#headers(headers)
    if (path === '/composite') {
      const { compositeRequest, ...rest } = body as { compositeRequest: readonly Json[] }
      this.#must(JSON.stringify(rest) === '{"allOrNone":false,"collateSubrequests":false}', 'composite', rest)
      // Salesforce would put another subrequest's result in its place (salesforce-facts 7.1).
      this.#must(!JSON.stringify(body).includes('@{'), 'a reference in a composite', body)
      for (const each of compositeRequest) {
        this.#headers(each.httpHeaders as Json | undefined)
        const url = String(each.url)
        this.#must(url.startsWith(`${root}/`), 'url', url)
        this.#call(String(each.method), url.slice(root.length), each.body)
      }
      return
    }
    const q = query === undefined ? '' : `?q=${encodeURIComponent(String((query as Json).q))}`
    this.#call(method, `${path}${q}`, body)
  }

  #call(method: string, path: string, body: unknown): void {
    if (path.startsWith('/query?q=')) {
      this.#must(method === 'GET', 'method', method)
      const soql = decodeURIComponent(path.slice('/query?q='.length))
      this.#must(path === `/query?q=${encodeURIComponent(soql)}`, 'the encoding of a query', path)
      this.#soql(soql)
      return
    }
    if (new RegExp(`^/composite/sobjects\\?ids=${id}(,${id})*&allOrNone=false$`).test(path)) {
      this.#must(method === 'DELETE', 'method', method)
      return
    }
    const [, , , object, field, ...more] = path.split('/')
    const describe = this.#objects.get(object ?? '')
    const isKnown = object === undefined || describe !== undefined
    const isUpsert = field !== undefined && describe?.fields.some(each => each.name === field && isUpsertField(each))
    const isPlain = path.startsWith('/composite/sobjects') && more.length === 0
    this.#must(isPlain && isKnown && (field === undefined || isUpsert === true), 'path', path)
    const { records, ids } = body as { records?: readonly Json[]; ids?: readonly string[] }
    for (const each of ids ?? []) this.#must(new RegExp(`^${id}$`).test(each), 'id', each)
    for (const row of records ?? []) this.#row(row)
  }

  #row({ attributes, id: own, ...fields }: Json): void {
    const { type } = attributes as { type: string }
    const describe = this.#objects.get(type)
    this.#must(
      JSON.stringify(attributes) === `{"type":${JSON.stringify(type)}}` && !!describe,
      'attributes',
      attributes,
    )
    if (own !== undefined) this.#must(new RegExp(`^${id}$`).test(String(own)), 'id', own)
    for (const [name, value] of Object.entries(fields)) {
      const field = describe?.fields.find(each => each.name === name)
      const lookup = describe?.fields.find(each => each.relationshipName === name)
      this.#must(field !== undefined || lookup !== undefined, 'field', name)
      if (lookup) this.#parent(value as Json)
      else {
        this.#must(typeof value !== 'object' || value === null, 'value', value)
        this.values.add(value)
      }
    }
  }

  #parent(value: Json): void {
    const entries = Object.entries(value)
    this.#must(entries.length === 1 && /^[A-Za-z][A-Za-z0-9_]*$/.test(entries[0]![0]), 'parent', value)
    this.values.add(entries[0]![1])
  }

  /** Literals are cut out by SOQL's own rule; what is left may be names, operators and times only. */
  #soql(soql: string): void {
    const rest = soql.replace(/'((?:[^'\\]|\\.)*)'/gs, (_, text: string) => {
      this.#must(!/[\n\r\t\b\f]/.test(text), 'a raw control character in a literal', text)
      const plain: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', b: '\b', f: '\f' }
      this.literals.add(text.replace(/\\(.)/gs, (_all, char: string) => plain[char] ?? char))
      return '?'
    })
    const words = rest.replace(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/g, '').match(/[A-Za-z_][A-Za-z0-9_]*/g) ?? []
    const keywords = new Set(['SELECT', 'FROM', 'WHERE', 'AND', 'OR', 'IN', 'ORDER', 'BY', 'LIMIT'])
    const isKnown = (word: string): boolean =>
      this.#names.has(word) || keywords.has(word) || word === 'true' || word === 'false'
    this.#must(/^[A-Za-z0-9_ ,.()=?<>:+-]*$/.test(rest) && words.every(isKnown), 'soql', rest)
  }

  #headers(headers: Readonly<Record<string, unknown>> | undefined): void {
    for (const [name, value] of Object.entries(headers ?? {})) {
      const isKnown = name === 'Sforce-Auto-Assign' ? /^(TRUE|FALSE)$/ : /^allowSave=(true|false)$/
      this.#must(/^Sforce-(Auto-Assign|Duplicate-Rule-Header)$/.test(name) && isKnown.test(String(value)), name, value)
    }
  }

  #must(holds: boolean, what: string, found: unknown): void {
    if (!holds && this.problems.length < 20) this.problems.push(`${what}: ${JSON.stringify(found)?.slice(0, 300)}`)
  }
}
