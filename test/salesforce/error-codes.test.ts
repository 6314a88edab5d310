import { describe, expect, test } from 'vitest'
import { codeEntry, knownCodes } from '../../src/salesforce/error-codes.ts'
import { judge } from '../../src/salesforce/judge.ts'
import { signInRefusal } from '../../src/salesforce/sign-in-refusals.ts'

/** Every code that salesforce-facts names, with the section it comes from and what it must lead to. */
const facts: Readonly<Record<string, readonly (readonly [code: string, consequence: string])[]>> = {
  '1.5': [
    ['INVALID_SESSION_ID', 'refresh'],
    ['INVALID_AUTH_HEADER', 'stop'],
    ['API_DISABLED_FOR_ORG', 'stop'],
    ['API_CURRENTLY_DISABLED', 'retry-later'],
    ['INSUFFICIENT_ACCESS', 'reply'],
    ['FUNCTIONALITY_NOT_ENABLED', 'reply'],
  ],
  '2.1': [['GONE', 'reply']],
  '2.2': [
    ['METHOD_NOT_ALLOWED', 'reply'],
    ['UNSUPPORTED_MEDIA_TYPE', 'reply'],
    ['UNKNOWN_EXCEPTION', 'reply'],
    ['APEX_ERROR', 'reply'],
  ],
  '2.9': [
    ['NOT_FOUND', 'reply'],
    ['ENTITY_IS_DELETED', 'reply'],
  ],
  '2.10': [
    'REQUIRED_FIELD_MISSING STRING_TOO_LONG INVALID_EMAIL_ADDRESS DUPLICATE_VALUE DUPLICATES_DETECTED',
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST INVALID_CROSS_REFERENCE_KEY INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY',
    'INSUFFICIENT_ACCESS_OR_READONLY INVALID_FIELD INVALID_FIELD_FOR_INSERT_UPDATE JSON_PARSER_ERROR',
    'INVALID_TYPE_ON_FIELD_IN_RECORD NUMBER_OUTSIDE_VALID_RANGE MALFORMED_ID TOO_MANY_ENUM_VALUE',
    'FIELD_CUSTOM_VALIDATION_EXCEPTION FIELD_INTEGRITY_EXCEPTION CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY',
    'CANNOT_EXECUTE_FLOW_TRIGGER INACTIVE_OWNER_OR_USER DELETE_FAILED CANNOT_UPDATE_CONVERTED_LEAD',
    'STORAGE_LIMIT_EXCEEDED LICENSE_LIMIT_EXCEEDED DUPLICATE_USERNAME STANDARD_PRICE_NOT_DEFINED INVALID_STATUS',
    'FAILED_ACTIVATION MIXED_DML_OPERATION',
  ].flatMap(line => line.split(' ').map(code => [code, 'reply'] as const)),
  '2.10, passing': [['UNABLE_TO_LOCK_ROW', 'retry-later']],
  '3.2': [
    ['INVALID_QUERY_LOCATOR', 'retry-later'],
    ['QUERY_LOCATOR_NOT_FOUND', 'retry-later'],
    ['INVALID_QUERY_LOCATOR_FORMAT', 'retry-later'],
  ],
  '3.3': [
    ['MALFORMED_QUERY', 'reply'],
    ['INVALID_TYPE', 'reply'],
    ['INVALID_QUERY_FILTER_OPERATOR', 'reply'],
    ['QUERY_TIMEOUT', 'retry-later'],
    ['QUERY_TOO_COMPLICATED', 'reply'],
    ['OPERATION_TOO_LARGE', 'reply'],
    ['EXCEEDED_ID_LIMIT', 'reply'],
  ],
  '3.4': [['REQUEST_RUNNING_TOO_LONG', 'retry-later']],
  '4.1': [['UNDELETE_FAILED', 'reply']],
  '4.2': [['INVALID_REPLICATION_DATE', 'reply']],
  '4.3': [['DEPENDENCY_EXISTS', 'reply']],
  '5.1': [['MERGE_FAILED', 'reply']],
  '7.1': [['PROCESSING_HALTED', 'reply']],
  '7.2': [['BATCH_PROCESSING_HALTED', 'reply']],
  '7.5': [
    ['ALL_OR_NONE_OPERATION_ROLLED_BACK', 'reply'],
    ['LIMIT_EXCEEDED', 'reply'],
  ],
  '8.1': [['REQUEST_LIMIT_EXCEEDED', 'retry-later']],
  '8.4': [['SERVER_UNAVAILABLE', 'retry-later']],
  '12.2': [['MULTIPLE_CHOICES', 'reply']],
}
const named = Object.entries(facts).flatMap(([section, codes]) => codes.map(each => [section, ...each] as const))

test.each(named)('facts %s: %s leads to %s, and has an entry of its own', (_, code, consequence) => {
  expect(knownCodes).toContain(code)
  expect(codeEntry(code)).toMatchObject({ consequence, retryable: ['refresh', 'retry-later'].includes(consequence) })
})

test.each(knownCodes)('the remedy of %s is a sentence that tells an admin what to do', code => {
  const { remedy } = codeEntry(code)
  expect(remedy).toMatch(/^[A-Z].{15,300}\.$/s)
  expect(remedy).not.toContain('undefined')
})

// What only an admin can change is changed in Setup, so the remedy names the page.
test.each(
  [
    'API_DISABLED_FOR_ORG INSUFFICIENT_ACCESS INSUFFICIENT_ACCESS_OR_READONLY FUNCTIONALITY_NOT_ENABLED',
    'INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY INVALID_FIELD_FOR_INSERT_UPDATE INVALID_FIELD INVALID_TYPE',
    'REQUEST_LIMIT_EXCEEDED STORAGE_LIMIT_EXCEEDED LICENSE_LIMIT_EXCEEDED OPERATION_TOO_LARGE MULTIPLE_CHOICES',
    'INVALID_OR_NULL_FOR_RESTRICTED_PICKLIST FIELD_CUSTOM_VALIDATION_EXCEPTION DUPLICATES_DETECTED FAILED_ACTIVATION',
    'CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY CANNOT_EXECUTE_FLOW_TRIGGER APEX_ERROR INACTIVE_OWNER_OR_USER',
  ].flatMap(line => line.split(' ')),
)('the remedy of %s names the page in Setup', code => {
  expect(codeEntry(code).remedy).toMatch(/Setup, [A-Z]\w+/)
})

describe('a code that is not in the table', () => {
  const strange = ['SOMETHING_NEW', 'toString', '__proto__', 'constructor', '']

  test.each(strange)('%j is answered and not repeated', code => {
    expect(codeEntry(code)).toMatchObject({
      consequence: 'reply',
      retryable: false,
      remedy: expect.stringMatching(/\.$/),
    })
  })

  test.each([
    [400, 'no', 'salesforce.refused', false],
    [500, 'unknown', 'salesforce.unknown_outcome', true],
  ])('with status %i: executed %s', (status, executed, code, retryable) => {
    const text = JSON.stringify([{ errorCode: 'SOMETHING_NEW', message: 'x' }])
    const verdict = judge({ kind: 'answer', status, headers: {}, text }, { method: 'POST', repeat: 'unsafe' })
    expect(verdict).toMatchObject({ kind: 'failed', failure: { executed, code, retryable } })
  })
})

/** The token endpoint's `error` and `error_description` (facts 1.4), and whether waiting helps. */
const signIns: readonly (readonly [error: string, description: string, limited: boolean])[] = [
  ['invalid_grant', 'authentication failure', false],
  ['invalid_grant', 'expired access/refresh token', false],
  ['invalid_grant', "user hasn't approved this consumer", false],
  ['invalid_grant', 'audience is invalid', false],
  ['invalid_grant', 'Audience validation failed', false],
  ['invalid_grant', 'invalid assertion', false],
  ['invalid_grant', 'expired authorization code', false],
  ['invalid_grant', 'no client credentials user enabled', false],
  ['invalid_grant', 'request not supported on this domain', false],
  ['invalid_grant', 'login rate exceeded', true],
  ['invalid_client_id', 'client identifier invalid', false],
  ['invalid_client', 'invalid client credentials', false],
  ['invalid_app_access', 'user is not admin approved to access this app', false],
  ['unsupported_grant_type', 'grant type not supported', false],
  ['invalid_request', 'missing required parameter: grant_type', false],
  ['inactive_user', 'user is inactive', false],
  ['inactive_org', 'organization is inactive', false],
  ['invalid_grant', 'External client app is not installed in this org', false],
  ['invalid_client', 'External client app is not installed in this org', false],
  ['rate_limit_exceeded', 'number of login requests exceeded', true],
  ['OAUTH_APP_BLOCKED', 'this app is blocked by admin', false],
  ['OAUTH_APP_ACCESS_DENIED', 'access denied', false],
  ['OAUTH_APPROVAL_ERROR_GENERIC', 'approval error', false],
  ['OAUTH_EC_APP_NOT_FOUND', 'app not found', false],
  ['something_new', '', false],
]

test.each(signIns)(
  'a sign-in refused with %s, %s: executed no, retryable %s, with a remedy',
  (error, text, limited) => {
    const body = JSON.stringify({ error, error_description: text })
    expect(signInRefusal(400, body)).toMatchObject({
      code: limited ? 'salesforce.limit_exceeded' : 'salesforce.unauthorized',
      executed: 'no',
      retryable: limited,
      remedy: expect.stringMatching(/^[A-Z].{15,300}\.$/s),
    })
  },
)
