import type { Http } from './http.ts'
import { resourceOf } from './wire.ts'

/** One exchange with Salesforce, whatever it was for. */
export interface ExchangeDone {
  readonly method: string
  /** Has few values: `/queryAll`, `/composite/sobjects`, `/oauth2/token`, `versions`. */
  readonly resource: string
  /** undefined: no answer. */
  readonly status: number | undefined
  readonly ms: number
}

/** The one place where every exchange is counted: requests, sign-ins and probes. */
export function meteredHttp(http: Http, onDone: (e: ExchangeDone) => void): Http {
  return {
    async exchange(request) {
      const startedMs = performance.now()
      const outcome = await http.exchange(request)
      const status = outcome.kind === 'answer' ? outcome.status : undefined
      const { method, path } = request
      onDone({ method, resource: oauthOf(path) ?? resourceOf(path), status, ms: performance.now() - startedMs })
      return outcome
    },
    close: () => http.close(),
  }
}

const oauthOf = (path: string): string | undefined => /^\/services(\/oauth2\/[a-z]{1,20})/.exec(path)?.[1]
