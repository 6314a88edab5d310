import type { Org } from '../org/org.ts'
import { isLive, type StoredRow } from '../org/table.ts'

/** What sign-in needs to know of a user. */
export interface OrgUser {
  readonly id: string
  readonly username: string
  readonly firstName: string
  readonly lastName: string
  readonly email: string
  readonly isActive: boolean
}

/** The user of an id; undefined if there is none. */
export function userOfId(org: Org, id: string): OrgUser | undefined {
  const row = org.table('User')?.rows.get(id)
  return row && readUser(org, row)
}

/** The user of a name, whatever its case; undefined if there is none. */
export function userNamed(org: Org, username: string): OrgUser | undefined {
  for (const row of org.table('User')?.rows.values() ?? []) {
    const user = readUser(org, row)
    if (user?.username.toLowerCase() === username.toLowerCase()) return user
  }
  return undefined
}

function readUser(org: Org, row: StoredRow): OrgUser | undefined {
  const cells = row.cells
  const type = org.table('User')?.type
  if (!isLive(cells) || !type) return undefined
  const cell = (name: string) => cells[type.field(name)?.slot ?? -1]
  const text = (name: string) => String(cell(name) ?? '')
  return {
    id: row.id,
    username: text('Username'),
    firstName: text('FirstName'),
    lastName: text('LastName'),
    email: text('Email'),
    isActive: cell('IsActive') === true,
  }
}
