import jsforce from 'jsforce'

// What a program with jsforce would do against an org; it knows of the simulator only what its environment says.
const details = JSON.parse(process.env.DETAILS ?? '') as Record<'username' | 'password', string>
const told: Record<string, unknown> = {}

const connection = new jsforce.Connection({
  loginUrl: 'https://login.salesforce.com',
  version: '68.0',
  logLevel: 'NONE',
})
await connection.login(details.username, details.password)
told.signedIn = (await connection.identity()).username

const { fields } = await connection.describe('Account')
told.described = fields.some(({ name, type }) => name === 'Name' && type === 'string')

const contacts = connection.sobject('Contact')
const made = await contacts.create({ LastName: 'Okafor', Email: 'ada@example.com', External_Id__c: 'client-1' })
told.created = made.success
const id = made.id ?? ''

const all = await connection.query('SELECT Id FROM Contact', { autoFetch: true, maxFetch: 100_000 })
told.paged = all.records.length === all.totalSize && all.totalSize > 4_000

await contacts.update({ Id: id, Title: 'Chief Engineer' })
told.updated = (await contacts.retrieve(id)).Title
const again = await contacts.upsert({ External_Id__c: 'client-1', Title: 'Director' }, 'External_Id__c')
const fresh = await contacts.upsert({ External_Id__c: 'client-2', LastName: 'New' }, 'External_Id__c')
told.upserted = [again.success, fresh.success, (await contacts.retrieve(id)).Title]

await contacts.destroy(id)
const byId = `SELECT Id, IsDeleted FROM Contact WHERE Id = '${id}'`
const kept = await connection.query(byId, { scanAll: true })
told.deleted = [(await connection.query(byId)).totalSize, kept.records[0]?.IsDeleted]

const composite = await connection.requestPost<{ compositeResponse: { httpStatusCode: number }[] }>('/composite', {
  compositeRequest: [
    { method: 'POST', url: '/services/data/v68.0/sobjects/Account', referenceId: 'a', body: { Name: 'Acme' } },
    {
      method: 'POST',
      url: '/services/data/v68.0/sobjects/Contact',
      referenceId: 'c',
      body: { LastName: 'Okafor', AccountId: '@{a.id}' },
    },
  ],
})
told.composite = composite.compositeResponse.map(each => each.httpStatusCode)

const rows = Array.from({ length: 450 }, (_, n) => ({ LastName: `Collected ${n}` }))
const results = await contacts.create(rows, { allowRecursive: true, allOrNone: false })
told.collections = results.filter(({ success }) => success).length

// getUpdated names whole minutes: the row made just now lies before the end of the coming one.
const minute = 60_000
const updated = await contacts.updated(new Date(Date.now() - 5 * minute), new Date(Date.now() + 2 * minute))
told.updatedIds = updated.ids.includes(results[0]?.id ?? '')

connection.bulk2.pollTimeout = 60_000
connection.bulk2.pollInterval = 200
const bulk = await (
  await connection.bulk2.query("SELECT Id, LastName FROM Contact WHERE LastName LIKE 'Collected %'")
).toArray()
told.bulk = bulk.length

console.log(JSON.stringify(told))
