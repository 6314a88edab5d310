import type { FieldDescribe } from '../src/core/contract.ts'
import type { SignIn } from './scene.ts'
import { signInTo } from './simulator-client.ts'

/** What the connector reads of every object, and the field that the benchmarks change. */
const always = ['Id', 'SystemModstamp', 'CreatedDate', 'LastModifiedById', 'IsDeleted', 'MasterRecordId', 'Title']

/** The names of so many fields of Contact: those that are always read, then the others in the order of describe. */
export async function contactFields(signIn: SignIn, count: number): Promise<string[]> {
  await using org = await signInTo(signIn, false)
  const { fields } = JSON.parse(await org.send('GET', `${org.root}/sobjects/Contact/describe`)) as {
    readonly fields: readonly FieldDescribe[]
  }
  const plain = fields.filter(({ type }) => type !== 'base64').map(({ name }) => name)
  const names = [...new Set([...always, ...plain])].slice(0, count)
  if (names.length < count) throw new Error(`Contact has ${names.length} fields, not ${count}`)
  return names
}
