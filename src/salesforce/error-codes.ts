/**
 * What an error of Salesforce leads to. None leads to a dead letter: that is for commands which cannot be read
 * (core/errors.ts, `command.unreadable`), and what Salesforce refused could be read.
 */
export type SalesforceConsequence = 'refresh' | 'retry-later' | 'reply' | 'stop'

export interface CodeEntry {
  readonly consequence: SalesforceConsequence
  /** Whether the same request may succeed later without anybody changing anything. */
  readonly retryable: boolean
  readonly remedy: string
}

const reply = (remedy: string): CodeEntry => ({ consequence: 'reply', retryable: false, remedy })
const later = (remedy: string): CodeEntry => ({ consequence: 'retry-later', retryable: true, remedy })
const stop = (remedy: string): CodeEntry => ({ consequence: 'stop', retryable: false, remedy })

const permissions =
  "Setup, Permission Sets: give the connector's user rights on the object and its fields. Setup, Sharing Settings: " +
  'check that the row is shared with that user.'
const ownBug = 'Report this: the connector sent a request that Salesforce does not know.'
const passedLimit = 'Setup, Company Information shows what is left: free some, or buy more.'
const byId = 'Give an id of the right object, 15 or 18 characters, upper and lower case kept.'
const severalRows = 'Several rows have this external id: Setup, Object Manager, the field: set Unique. Or use the id.'
const lostCursor = 'The query is started again: its cursor was lost.'
const newId = 'Look the row up again: the id names no row that this user can see.'

/** Salesforce's `errorCode` and `statusCode` values (salesforce-facts 1.5, 2, 3.3, 4.2, 5, 7, 8) and what each leads to. */
const codes: Readonly<Record<string, CodeEntry>> = {
  // Sessions and access
  INVALID_SESSION_ID: { consequence: 'refresh', retryable: true, remedy: 'The connector signs in again by itself.' },
  INVALID_AUTH_HEADER: stop('Report this: the connector sent an Authorization header that Salesforce cannot read.'),
  API_DISABLED_FOR_ORG: stop(
    "Setup, Permission Sets, System Permissions: give the connector's user API Enabled; the edition must have the API.",
  ),
  API_CURRENTLY_DISABLED: later(
    "Wait; if it lasts, see status.salesforce.com and Setup, Permission Sets: API Enabled for the connector's user.",
  ),
  INSUFFICIENT_ACCESS: reply(permissions),
  INSUFFICIENT_ACCESS_OR_READONLY: reply(permissions),
  INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY: reply(`${permissions} The row it refers to counts as well.`),
  FUNCTIONALITY_NOT_ENABLED: reply('Setup, Quick Find: switch on the feature that the message names.'),
  GONE: reply('Set salesforce.api_version to a version that the org still offers.'),

  // Limits and overload
  REQUEST_LIMIT_EXCEEDED: later('Wait, or raise the limit: Setup, System Overview, API Usage shows how much is used.'),
  SERVER_UNAVAILABLE: later('Wait: the instance is busy or in maintenance; see status.salesforce.com.'),
  UNKNOWN_EXCEPTION: reply('Give the ErrorId of the message to Salesforce Support.'),
  QUERY_TIMEOUT: later('Narrow the condition to indexed fields (Setup, Object Manager, the field: External ID).'),
  REQUEST_RUNNING_TOO_LONG: later('Send smaller batches, or make the triggers and flows of the object faster.'),
  UNABLE_TO_LOCK_ROW: later('Another change held the row; the connector tries again.'),
  STORAGE_LIMIT_EXCEEDED: reply('Setup, Storage Usage shows what takes the room: free some, or buy more.'),
  EXCEEDED_QUOTA: reply('Setup, Storage Usage shows what takes the room: free some, or buy more.'),
  LICENSE_LIMIT_EXCEEDED: reply(passedLimit),
  LIMIT_EXCEEDED: reply('Send fewer rows at a time.'),
  EXCEEDED_ID_LIMIT: reply('Ask for a shorter span of time.'),
  OPERATION_TOO_LARGE: reply(
    "Setup, Permission Sets, System Permissions: give the connector's user View All Data, or narrow the condition.",
  ),

  // Rows and references
  NOT_FOUND: reply(newId),
  ENTITY_IS_DELETED: reply('The row is in the recycle bin: restore it there, or stop changing it.'),
  INVALID_CROSS_REFERENCE_KEY: reply('The id, or an id in a field, names no row that this user can see.'),
  MALFORMED_ID: reply(byId),
  INVALID_ID_FIELD: reply(byId),
  MULTIPLE_CHOICES: reply(severalRows),
  DUPLICATE_EXTERNAL_ID: reply(severalRows),
  DELETE_FAILED: reply('Remove what refers to the row first; the message names it.'),
  DEPENDENCY_EXISTS: reply('Remove what refers to the row first; the message names it.'),
  UNDELETE_FAILED: reply('The row, or one it belongs to, has left the recycle bin: create it again.'),
  MERGE_FAILED: reply('Correct what the message names, and merge the rows in Salesforce.'),
  CANNOT_UPDATE_CONVERTED_LEAD: reply(
    'The lead was converted: change its contact, account or opportunity, or give the user the permission ' +
      'View and Edit Converted Leads (Setup, Permission Sets, App Permissions).',
  ),
  INACTIVE_OWNER_OR_USER: reply('Name an active user as the owner, or activate that one: Setup, Users.'),
  MIXED_DML_OPERATION: reply('Change setup objects, as User, in a command of their own.'),

  // Values
  REQUIRED_FIELD_MISSING: reply('Set the fields that the message names.'),
  STRING_TOO_LONG: reply('Shorten the value to the length that the message names.'),
  INVALID_EMAIL_ADDRESS: reply('Correct the e-mail address.'),
  INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST: reply(
    'Use a value of the picklist, or add it: Setup, Object Manager, Fields & Relationships; see the record type too.',
  ),
  TOO_MANY_ENUM_VALUE: reply('Give at most 100 values.'),
  NUMBER_OUTSIDE_VALID_RANGE: reply('Give a number within the precision of the field.'),
  INVALID_TYPE_ON_FIELD_IN_RECORD: reply('Give a value of the type of the field; a checkbox cannot be null.'),
  JSON_PARSER_ERROR: reply('Give values of the types of the fields: dates as 2026-11-23, numbers without quotes.'),
  FIELD_CUSTOM_VALIDATION_EXCEPTION: reply(
    'A validation rule refused the row, and its message says why: Setup, Object Manager, Validation Rules.',
  ),
  FIELD_FILTER_VALIDATION_EXCEPTION: reply(
    'The row referred to does not pass the filter of the lookup: Setup, Object Manager, Fields & Relationships.',
  ),
  FIELD_INTEGRITY_EXCEPTION: reply('Correct the value that the message names.'),
  INVALID_FIELD_FOR_INSERT_UPDATE: reply(
    "Leave the field out, or make it editable for the connector's user: Setup, Permission Sets, Object Settings, " +
      'Field Permissions.',
  ),
  INVALID_STATUS: reply('Use a status that this step allows: Setup, Object Manager, Order, Status.'),
  FAILED_ACTIVATION: reply(
    'The order needs a product, and the user Activate Orders: Setup, Permission Sets, App Permissions.',
  ),
  STANDARD_PRICE_NOT_DEFINED: reply('Give the product a price in the Standard Price Book first.'),
  DUPLICATE_VALUE: reply('Another row has this value in a unique field; the message names it.'),
  DUPLICATE_USERNAME: reply('Choose another username: it must be unique among all Salesforce orgs.'),
  DUPLICATES_DETECTED: reply('A duplicate rule found a similar row: update that one, or see Setup, Duplicate Rules.'),
  CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY: reply(
    'An Apex trigger failed; give the message to its author: Setup, Apex Triggers.',
  ),
  CANNOT_EXECUTE_FLOW_TRIGGER: reply('A flow failed; give the message to its author: Setup, Flows.'),
  APEX_ERROR: reply('Apex code of the org failed; give the message to its author: Setup, Apex Classes.'),
  ALL_OR_NONE_OPERATION_ROLLED_BACK: reply('Another row of the same transaction failed; correct that one.'),
  PROCESSING_HALTED: reply('Another request of the same transaction failed; correct that one.'),
  BATCH_PROCESSING_HALTED: reply('An earlier request of the same batch failed; correct that one.'),

  // Queries and names
  MALFORMED_QUERY: reply('Correct the SOQL condition; the message shows the place.'),
  INVALID_FIELD: reply(
    'Check the name of the field, and that the user may see it: Setup, Permission Sets, Object Settings.',
  ),
  INVALID_TYPE: reply(
    'Check the name of the object, and that the user may see it: Setup, Permission Sets, Object Settings.',
  ),
  INVALID_QUERY_FILTER_OPERATOR: reply('The field cannot be compared that way; use another field.'),
  QUERY_TOO_COMPLICATED: reply('Select fewer formula fields.'),
  INVALID_QUERY_LOCATOR: later(lostCursor),
  QUERY_LOCATOR_NOT_FOUND: later(lostCursor),
  INVALID_QUERY_LOCATOR_FORMAT: later(lostCursor),
  INVALID_REPLICATION_DATE: reply('The time lies before what Salesforce keeps: run a snapshot.'),
  METHOD_NOT_ALLOWED: reply(ownBug),
  UNSUPPORTED_MEDIA_TYPE: reply(ownBug),
}

const unknownCode: CodeEntry = reply("Look the code up in the Object Reference of Salesforce, or ask the org's admin.")

/** Every code that has an entry of its own. */
export const knownCodes: readonly string[] = Object.keys(codes)

/** What a code leads to; a code not in the table is answered to the sender and not repeated. */
export const codeEntry = (code: string): CodeEntry => (Object.hasOwn(codes, code) ? codes[code]! : unknownCode)

const locatorCodes = new Set(['INVALID_QUERY_LOCATOR', 'QUERY_LOCATOR_NOT_FOUND', 'INVALID_QUERY_LOCATOR_FORMAT'])

/** Whether the code says that a query's pages cannot go on and the query must be started again (salesforce-facts 3.2). */
export const isLostLocator = (code: string): boolean => locatorCodes.has(code)

const wholeRequestCodes = new Set([
  'NOT_FOUND',
  'GONE',
  'METHOD_NOT_ALLOWED',
  'INVALID_TYPE',
  'UNSUPPORTED_MEDIA_TYPE',
  'INSUFFICIENT_ACCESS',
  'FUNCTIONALITY_NOT_ENABLED',
])

/** Whether a refusal with this code cannot depend on single rows, so that taking the rows apart finds nothing. */
export const refusesEveryRow = (code: string): boolean => wholeRequestCodes.has(code)
