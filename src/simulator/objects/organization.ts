import { type ObjectDefinition, readOnlyFlags } from './definition.ts'
import { auditFields, field, idField } from './fields.ts'
import { editions, languages, locales, timeZones } from './picklists.ts'

/** The org's own row: what clients read to learn the edition and whether it is a sandbox. */
export const organization: ObjectDefinition = {
  name: 'Organization',
  label: 'Organization',
  labelPlural: 'Organizations',
  keyPrefix: '00D',
  ...readOnlyFlags,
  fields: [
    idField('Organization'),
    field('Name', 'Name', 'string', 'L', 80),
    field('Division', 'Division', 'string', 'N', 80),
    field('Phone', 'Phone', 'phone', 'N', 40),
    field('Fax', 'Fax', 'phone', 'N', 40),
    field('PrimaryContact', 'Primary Contact', 'string', 'N', 80),
    field('DefaultLocaleSidKey', 'Locale', 'picklist', 'R', 40, { values: locales }),
    field('TimeZoneSidKey', 'Time Zone', 'picklist', 'R', 40, { values: timeZones }),
    field('LanguageLocaleKey', 'Language', 'picklist', 'R', 40, { values: languages }),
    field('FiscalYearStartMonth', 'Fiscal Year Starts In', 'int', 'N'),
    field('UsesStartDateAsFiscalYearName', 'Fiscal Year Name by Start', 'boolean', 'D'),
    field('TrialExpirationDate', 'Trial Expiration Date', 'datetime', 'N'),
    field('OrganizationType', 'Edition', 'picklist', 'NR', 40, { values: editions }),
    field('NamespacePrefix', 'Namespace Prefix', 'string', 'NL', 15),
    field('InstanceName', 'Instance Name', 'string', 'N', 40),
    field('IsSandbox', 'Is Sandbox', 'boolean', 'D'),
    field('SignupCountryIsoCode', 'Signup Country', 'string', 'N', 2),
    field('MonthlyPageViewsUsed', 'Monthly Page Views Used', 'int', 'N'),
    field('MonthlyPageViewsEntitlement', 'Monthly Page Views Allowed', 'int', 'N'),
    field('IsReadOnly', 'Is Read Only', 'boolean', 'D'),
    ...auditFields,
  ],
}
