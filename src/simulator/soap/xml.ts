import { XMLParser, XMLValidator } from 'fast-xml-parser'

/** An element as read: its children by local name, in lists if repeated; a text if it has none. */
export type Element = string | { readonly [name: string]: Element | readonly Element[] }

const parser = new XMLParser({
  removeNSPrefix: true,
  parseTagValue: false,
  ignoreAttributes: true,
  trimValues: false,
  processEntities: true,
})

/** Reads a document; undefined if it is not well formed or brings a DTD, which no SOAP message may. */
export function readXml(text: string): Element | undefined {
  if (/<!DOCTYPE/i.test(text)) return undefined
  try {
    return XMLValidator.validate(text) === true ? parser.parse(text) : undefined
  } catch {
    return undefined // the parser's own bounds, as on nesting: no message that a client sends
  }
}

/** The children of that name, none if the element is a text. */
export function children(element: Element | undefined, name: string): readonly Element[] {
  if (element === undefined || typeof element === 'string') return []
  const found = Object.hasOwn(element, name) ? element[name] : undefined
  if (found === undefined) return []
  return Array.isArray(found) ? found : [found as Element]
}

/** The first child of that name. */
export const child = (element: Element | undefined, name: string): Element | undefined => children(element, name)[0]

/** The text of the first child of that name; empty if there is none. */
export function textOf(element: Element | undefined, name: string): string {
  const found = child(element, name)
  return typeof found === 'string' ? found.trim() : ''
}

/** What an element holds: a text, other elements, or nothing (`xsi:nil`); a list repeats it. */
export type Content = string | number | boolean | null | { readonly [name: string]: Content | readonly Content[] }

/** Writes elements by name, escaped. */
export function writeXml(contents: Readonly<Record<string, Content | readonly Content[]>>): string {
  return Object.entries(contents)
    .flatMap(([name, content]) => [content].flat().map(one => element(name, one as Content)))
    .join('')
}

function element(name: string, content: Content): string {
  if (content === null) return `<${name} xsi:nil="true"/>`
  const inner = typeof content === 'object' ? writeXml(content) : escapeXml(String(content))
  return `<${name}>${inner}</${name}>`
}

// Control characters cannot stand in XML 1.0 at all.
const forbidden = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu

/** The text as it stands in an element. */
export const escapeXml = (text: string): string =>
  text
    .replaceAll(forbidden, '')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
