import { readFileSync } from 'node:fs'
import jsforce from 'jsforce'

/** What the reference loop is told, as a JSON file. */
export interface ReferenceSettings {
  readonly loginUrl: string
  readonly clientId: string
  readonly clientSecret: string
  readonly version: string
  readonly ids: readonly string[]
  readonly title: string
}

/** The most rows one call of sObject Collections takes (REST API guide, sObject Collections). */
const rowsMax = 200

/** The bare work of the same updates: no commands to read, no replies to write, nothing remembered. */
const settings = JSON.parse(readFileSync(process.argv[2] ?? '', 'utf8')) as ReferenceSettings
const { loginUrl, clientId, clientSecret, version, ids, title } = settings
const connection = new jsforce.Connection({ oauth2: { loginUrl, clientId, clientSecret }, version })
await connection.authorize({ grant_type: 'client_credentials' })
const contacts = connection.sobject('Contact')
for (let done = 0; done < ids.length; ) {
  const rows = ids.slice(done, done + rowsMax).map(Id => ({ Id, Title: title }))
  const results = await contacts.update(rows)
  const failed = results.find(result => !result.success)
  if (failed) throw new Error(`a row was refused: ${JSON.stringify(failed)}`)
  done += rows.length
  console.log(JSON.stringify({ done }))
}
