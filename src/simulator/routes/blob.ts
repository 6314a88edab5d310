import { notFound } from '../api-error.ts'
import type { Answer, Call, Routes } from '../router.ts'
import { tableOf } from './metadata.ts'
import { liveRow, recordIdOf } from './rows.ts'

/** The bytes that a base64 field holds, from the URL that the row shows in their place (salesforce-facts 10.2). */
const blob =
  (object: string, name: string) =>
  (call: Call): Answer => {
    const table = tableOf({ ...call, params: { object } })
    const field = table.type.field(name)
    const base64 = field && call.access.canRead(field) && field.read(liveRow(call, table, recordIdOf(call)).cells ?? [])
    if (typeof base64 !== 'string') throw notFound()
    return { status: 200, headers: { 'Content-Type': 'application/octetstream' }, bytes: Buffer.from(base64, 'base64') }
  }

export const blobRoutes: Routes = { 'sobjects/Attachment/:id/Body': { GET: blob('Attachment', 'Body') } }
