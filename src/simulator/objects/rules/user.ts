import { rowError } from '../../api-error.ts'
import type { ObjectRules, Saving } from '../../org/object-rules.ts'
import { isLive } from '../../org/table.ts'
import { cellOf, isChanged, newValue, rowsWith, setValue } from './saving.ts'

/** Active users that the licences of the simulated org allow. */
export const userLicencesMax = 1000

function checkUsername(saving: Saving): void {
  const name = newValue(saving, 'Username')
  if (!/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/.test(String(name)))
    throw rowError('INVALID_EMAIL_ADDRESS', `Username: invalid email address: ${name}`, ['Username'])
  if (rowsWith(saving, 'User', 'Username', name).some(each => each.row !== saving.row)) {
    const message =
      "Duplicate Username. The username already exists in this or another Salesforce organization. Usernames must be unique across all Salesforce organizations. To resolve, use a different username (it doesn't need to match the user's email address)."
    throw rowError('DUPLICATE_USERNAME', message, ['Username'])
  }
}

function checkNickname(saving: Saving): void {
  const nickname = newValue(saving, 'CommunityNickname')
  if (nickname === null) setValue(saving, 'CommunityNickname', `User${saving.row.id.slice(3, 15)}`)
  else if (rowsWith(saving, 'User', 'CommunityNickname', nickname).some(each => each.row !== saving.row)) {
    const message = 'Another user has already selected this nickname. Please select another.'
    throw rowError('DUPLICATE_COMM_NICKNAME', message, ['CommunityNickname'])
  }
}

function checkLicence(saving: Saving): void {
  const { table } = saving
  if (newValue(saving, 'IsActive') !== true || !isChanged(saving, 'IsActive')) return
  let active = 0
  for (const row of table.rows.values())
    if (row !== saving.row && isLive(row.cells) && cellOf(table, row.cells, 'IsActive') === true) active++
  if (active >= userLicencesMax) throw rowError('LICENSE_LIMIT_EXCEEDED', 'License Limit Exceeded - Salesforce')
}

/** User (salesforce-facts 6.9): a username in e-mail form that nobody else has, and a licence for each active user. */
export const userRules: ObjectRules = {
  beforeSave(saving) {
    if (isChanged(saving, 'Username')) checkUsername(saving)
    if (isChanged(saving, 'CommunityNickname')) checkNickname(saving)
    checkLicence(saving)
  },
}
