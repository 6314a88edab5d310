/** One error as REST reports it (REST API guide, Status Codes and Error Responses). In collections `errorCode` is called `statusCode`. */
export interface ErrorItem {
  readonly message: string
  readonly errorCode: string
  readonly fields?: readonly string[]
  /** What a duplicate rule found, spelled as Salesforce spells it (salesforce-facts 2.10); collections leave it out. */
  readonly duplicateResut?: unknown
}

/** A refusal in Salesforce's own words: the HTTP status and the array of errors that is its body. */
export class ApiError extends Error {
  readonly status: number
  readonly errors: readonly ErrorItem[]
  constructor(status: number, errors: readonly ErrorItem[]) {
    super(errors.map(error => `${error.errorCode}: ${error.message}`).join('; '))
    this.name = 'ApiError'
    this.status = status
    this.errors = errors
  }
}

/** An error of routing, parsing or querying: those carry no `fields` (salesforce-facts 2.2). */
export const requestError = (status: number, errorCode: string, message: string): ApiError =>
  new ApiError(status, [{ message, errorCode }])

/** An error of one row's write; `fields` is always there, maybe empty (salesforce-facts 2.10). */
export const rowError = (errorCode: string, message: string, fields: readonly string[] = [], status = 400): ApiError =>
  new ApiError(status, [{ message, errorCode, fields }])

export const notFound = (message = 'The requested resource does not exist'): ApiError =>
  requestError(404, 'NOT_FOUND', message)
