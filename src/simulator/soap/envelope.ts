import type { HttpAnswer } from '../http.ts'
import { type Content, escapeXml, writeXml } from './xml.ts'

/** `u` is the partner API, `c` the enterprise API; they differ in their namespaces. */
export type SoapKind = 'u' | 'c'

const names = { u: 'partner', c: 'enterprise' } as const
const headers = { 'Content-Type': 'text/xml;charset=UTF-8' }
const xsi = 'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'

/** A refusal of a whole SOAP call; its name in XML is `faultType`. */
export class SoapFault extends Error {
  readonly code: string
  readonly faultType: 'LoginFault' | 'UnexpectedErrorFault' | 'ApiFault'
  constructor(code: string, message: string, faultType: SoapFault['faultType'] = 'UnexpectedErrorFault') {
    super(message)
    this.name = 'SoapFault'
    this.code = code
    this.faultType = faultType
  }
}

const envelope = (kind: SoapKind, namespaces: string, body: string): string =>
  '<?xml version="1.0" encoding="UTF-8"?>' +
  `<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:${names[kind]}.soap.sforce.com" ` +
  `${namespaces}${xsi}><soapenv:Body>${body}</soapenv:Body></soapenv:Envelope>`

/** The answer to a call, one `result` for each of its items. */
export const soapAnswer = (kind: SoapKind, call: string, result: readonly Content[]): HttpAnswer => ({
  status: 200,
  headers,
  text: envelope(kind, '', writeXml({ [`${call}Response`]: { result } })),
})

/** The fault, under 500 as SOAP 1.1 has it. A code of Salesforce's stands in the namespace `sf`. */
export function soapFault(kind: SoapKind, { code, message, faultType }: SoapFault): HttpAnswer {
  const isClients = code === 'soapenv:Client'
  const text = isClients ? message : `${code}: ${message}`
  const inner = writeXml({ 'sf:exceptionCode': code, 'sf:exceptionMessage': message })
  const detail = `<detail><sf:${faultType} xsi:type="sf:${faultType}">${inner}</sf:${faultType}></detail>`
  const fault =
    `<soapenv:Fault><faultcode>${isClients ? code : `sf:${code}`}</faultcode>` +
    `<faultstring>${escapeXml(text)}</faultstring>${isClients ? '' : detail}</soapenv:Fault>`
  return { status: 500, headers, text: envelope(kind, `xmlns:sf="urn:fault.${names[kind]}.soap.sforce.com" `, fault) }
}
