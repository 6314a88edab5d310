import type { Org } from './org/org.ts'
import { saveAsSystem } from './org/save.ts'
import type { Sessions } from './sessions.ts'
import type { LimitSettings, Settings, SignInSettings } from './settings.ts'

/** What the sign-in part of the control endpoint may see and change. */
export interface SignInControlled {
  readonly org: Org
  readonly sessions: Sessions
  readonly signIn: Settings<SignInSettings>
  readonly limits: Settings<LimitSettings>
}

/** GET and POST sign-in and limits: the settings, changed by name; POST revoke {token}; POST users {id, active}; undefined for
 *  anything else. `what` is `METHOD /control/…`, the body JSON. Throws RangeError. */
export function signInControl(controlled: SignInControlled, what: string, text: string): object | undefined {
  const { org, sessions, signIn, limits } = controlled
  const body = <T>(): Partial<T> => JSON.parse(text) ?? {}
  switch (what) {
    case 'GET /control/sign-in':
      return signIn.now
    case 'POST /control/sign-in':
      signIn.set(body())
      return signIn.now
    case 'GET /control/limits':
      return limits.now
    case 'POST /control/limits':
      limits.set(body())
      return limits.now
    case 'POST /control/revoke':
      return { revoked: sessions.revoke(String(body<{ token: string }>().token)) }
    case 'POST /control/users': {
      const { id = org.users.connector, active = true } = body<{ id: string; active: boolean }>()
      setActive(org, id, active)
      return { id, active }
    }
    default:
      return undefined
  }
}

/** An admin deactivates a user, or activates one again: its sessions end with it (salesforce-facts 15). Throws RangeError. */
function setActive(org: Org, id: string, isActive: boolean): void {
  const table = org.table('User')
  const row = table?.rows.get(id)
  if (!table || !row?.cells) throw new RangeError(`the simulated org has no user ${id}`)
  const transaction = org.begin({ userId: org.users.someone, requestId: '' })
  saveAsSystem(org, transaction, table, row, { IsActive: isActive }, 'user')
  transaction.commit()
}
