import type { RecordId } from '../core/contract.ts'
import { ConnectorError } from '../core/errors.ts'

const checkLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'

/** The three letters that say which of the 15 characters are upper case, five bits each (salesforce-facts 10.1). */
function checksum(id: string): string {
  let letters = ''
  for (const start of [0, 5, 10]) {
    let bits = 0
    for (let i = 0; i < 5; i++) {
      const char = id[start + i]!
      if (char >= 'A' && char <= 'Z') bits |= 1 << i
    }
    letters += checkLetters[bits]
  }
  return letters
}

/** Whether the text is a record id of 15 characters, or of 18 with the right checksum; `keyPrefix` as in describe ('003'). */
export function isRecordId(text: string, keyPrefix?: string): boolean {
  if (!/^[A-Za-z0-9]+$/.test(text)) return false
  if (text.length !== 15 && (text.length !== 18 || text.slice(15) !== checksum(text))) return false
  return keyPrefix === undefined || text.startsWith(keyPrefix)
}

/** The 18-character form, on which ids are compared and joined. Throws `command.invalid` if the text is no record id. */
export function to18(text: string): RecordId {
  if (!isRecordId(text))
    throw new ConnectorError('command.invalid', `${JSON.stringify(text.slice(0, 40))} is not a Salesforce record id`, {
      remedy: 'Give the 15 or 18 characters of the id as Salesforce shows them; upper and lower case matter.',
    })
  return (text.length === 18 ? text : text + checksum(text)) as RecordId
}
