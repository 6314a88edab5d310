import type { Cell } from './cell.ts'
import { systemSlots } from './object-type.ts'
import type { Org } from './org.ts'

const firstNames = [
  'Ada',
  'Björn',
  'Chloé',
  'Dmitri',
  'Emeka',
  'Fatima',
  'Grace',
  'Hiro',
  'Inés',
  'Jamal',
  'Kateřina',
  'Liam',
]
const lastNames = [
  'Okafor',
  'Müller',
  'Nakamura',
  'García',
  'Smith',
  'Ivanova',
  "O'Brien",
  'Lindqvist',
  'Haddad',
  'Zhang',
  'Dupont',
  'Silva',
]
const cities = ['Berlin', 'Lagos', 'Kyoto', 'Madrid', 'Leeds', 'Tallinn', 'Lyon', 'Recife']
const titles = ['Engineer', 'Buyer', 'Chief Financial Officer', 'Analyst', 'Director of Sales']
const sources = ['Web', 'Phone Inquiry', 'Partner Referral', 'Purchased List', 'Other']
const interests = [null, 'Music', 'Sport;Travel', 'Music;Books;Food', 'Books']

const dayMs = 24 * 60 * 60 * 1000
/** The contacts were made within this time before the org started. */
const pastMs = 365 * dayMs

/** Fills the org with contacts that depend on the seed and the start time alone, made over the past year, a third of them edited since. */
export function loadSampleContacts(org: Org, count: number, random: () => number): void {
  const table = org.table('Contact')
  if (!table) throw new RangeError('the simulated org has no object Contact')
  const slotOf = (name: string) => table.type.field(name)?.slot ?? -1
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T
  const booleans = table.type.fields.filter(field => field.type === 'boolean').map(field => field.slot)
  const endMs = org.startedAtMs - 60_000
  for (let i = 0; i < count; i++) {
    const createdMs = wholeSecond(endMs - pastMs + (pastMs * (i + random())) / count)
    const stampMs = random() < 2 / 3 ? createdMs : wholeSecond(createdMs + random() * (endMs - createdMs))
    const values = contactValues(i, pick, random)
    const cells = new Array<Cell>(table.type.slotCount).fill(null)
    for (const slot of booleans) cells[slot] = false
    for (const [name, value] of values) cells[slotOf(name)] = value
    cells[slotOf('OwnerId')] = org.users.someone
    const row = table.newRow(table.nextId())
    cells[systemSlots.Id] = row.id
    cells[systemSlots.CreatedById] = org.users.someone
    cells[systemSlots.LastModifiedById] = org.users.someone
    cells[systemSlots.CreatedDate] = createdMs
    cells[systemSlots.LastModifiedDate] = stampMs
    cells[systemSlots.SystemModstamp] = stampMs
    table.put(row, cells)
  }
}

const wholeSecond = (ms: number): number => Math.floor(ms / 1000) * 1000

function contactValues(i: number, pick: <T>(list: readonly T[]) => T, random: () => number): [string, Cell][] {
  const digits = String(i).padStart(7, '0')
  return [
    ['FirstName', pick(firstNames)],
    ['LastName', pick(lastNames)],
    ['Salutation', pick(['Ms.', 'Mr.', 'Dr.', null])],
    ['Email', `contact.${digits}@customer.example`],
    ['Phone', `+49 30 ${digits}`],
    ['MobilePhone', random() < 0.5 ? `+49 151 ${digits}` : null],
    ['Title', pick(titles)],
    ['Department', pick(['Sales', 'Purchasing', 'IT', null])],
    ['LeadSource', pick(sources)],
    ['Birthdate', `19${50 + Math.floor(random() * 50)}-0${1 + Math.floor(random() * 9)}-1${Math.floor(random() * 10)}`],
    ['MailingStreet', `${1 + Math.floor(random() * 200)} Market Street`],
    ['MailingCity', pick(cities)],
    ['MailingPostalCode', String(10_000 + Math.floor(random() * 89_999))],
    ['MailingCountry', pick(['Germany', 'Nigeria', 'Japan', 'Spain'])],
    ['HasOptedOutOfEmail', random() < 0.1],
    ['VIP__c', random() < 0.05],
    ['Credit_Limit__c', Math.floor(random() * 1_000_000) / 100],
    ['Interests__c', pick(interests)],
    ['External_Id__c', `C-${digits}`],
  ]
}
