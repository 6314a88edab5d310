import type { Org, OrgUsers } from '../org/org.ts'
import { makeRecordId } from '../org/record-id.ts'
import { forecastCategories, forecastCategoryNames } from './picklists.ts'
import { leadStatuses, opportunityStages, orderStatuses, taskStatuses } from './status-rows.ts'

/** The first profile of the org, known before there is a row for it. */
const administrator = makeRecordId('00e', 1)

function loadUser(org: Org, alias: string, firstName: string, lastName: string): string {
  const name = `${alias}@simulated.example`
  return org.load('User', {
    Username: name,
    Email: name,
    Alias: alias,
    CommunityNickname: alias,
    FirstName: firstName,
    LastName: lastName,
    ProfileId: administrator,
    TimeZoneSidKey: 'GMT',
    LocaleSidKey: 'en_US',
    LanguageLocaleKey: 'en_US',
    EmailEncodingKey: 'UTF-8',
    UserPermissionsMarketingUser: true,
  })
}

/** The users that every row needs an author from: to be loaded before anything else. */
export const loadUsers = (org: Org): OrgUsers => ({
  someone: loadUser(org, 'someone', 'Someone', 'Else'),
  connector: loadUser(org, 'connect', 'Integration', 'User'),
})

/** The org's own row; returns the org's id. */
export function loadOrganization(org: Org, orgNumber: number): string {
  for (let n = 1; n < orgNumber; n++) org.table('Organization')?.nextId()
  return org.load('Organization', {
    Name: 'Simulated Org',
    OrganizationType: 'Developer Edition',
    IsSandbox: false,
    InstanceName: 'SIM1',
    DefaultLocaleSidKey: 'en_US',
    TimeZoneSidKey: 'GMT',
    LanguageLocaleKey: 'en_US',
    FiscalYearStartMonth: 1,
  })
}

/** What an admin finds in a new org (salesforce-facts 6.10): profiles, a queue, the steps of each process, the standard price book. */
export function loadSetup(org: Org): void {
  for (const name of ['System Administrator', 'Standard User', 'Marketing User'])
    org.load('Profile', { Name: name, UserType: 'Standard' })
  org.load('Group', { Name: 'New Leads', DeveloperName: 'New_Leads', Type: 'Queue', OwnerId: org.users.someone })
  org.load('Group', { Name: 'Sales', DeveloperName: 'Sales', Type: 'Regular', OwnerId: org.users.someone })
  org.load('Pricebook2', { Name: 'Standard Price Book', IsStandard: true, IsActive: true })
  for (const [name, active] of [
    ['New Business', true],
    ['Renewal', true],
    ['Legacy', false],
  ] as const) {
    const developerName = name.replace(' ', '_')
    org.load('RecordType', { Name: name, DeveloperName: developerName, SobjectType: 'Opportunity', IsActive: active })
  }
  loadSteps(org)
}

function loadSteps(org: Org): void {
  const common = (name: string, i: number) => ({ ApiName: name, MasterLabel: name, SortOrder: i + 1 })
  leadStatuses.forEach(({ name, converted }, i) => {
    org.load('LeadStatus', { ...common(name, i), IsDefault: i === 0, IsConverted: converted })
  })
  taskStatuses.forEach(({ name, closed }, i) => {
    org.load('TaskStatus', { ...common(name, i), IsDefault: i === 0, IsClosed: closed })
  })
  orderStatuses.forEach(({ name, code }, i) => {
    org.load('OrderStatus', { ...common(name, i), IsDefault: i === 0, StatusCode: code })
  })
  opportunityStages.forEach(({ name, probability, closed, won, category }, i) => {
    const forecast = forecastCategories[forecastCategoryNames.indexOf(category)] ?? null
    const outcome = { IsClosed: closed, IsWon: won, DefaultProbability: probability, IsActive: true }
    org.load('OpportunityStage', {
      ...common(name, i),
      ...outcome,
      ForecastCategory: forecast,
      ForecastCategoryName: category,
    })
  })
}
