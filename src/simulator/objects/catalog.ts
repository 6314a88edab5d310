import { account } from './account.ts'
import { contact } from './contact.ts'
import type { ObjectDefinition } from './definition.ts'
import { organization } from './organization.ts'
import { user } from './user.ts'

/** Every object of the simulated org. */
export const objectDefinitions: readonly ObjectDefinition[] = [account, contact, organization, user]
