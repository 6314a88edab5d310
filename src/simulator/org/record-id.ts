const checksumLetters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'
const digits = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
/** The part of every id that names the instance the org was made on. */
const instance = '5i0'

/** The three checksum characters of a 15-character id (salesforce-facts 10.1). */
function checksum(id15: string): string {
  let suffix = ''
  for (let group = 0; group < 15; group += 5) {
    let bits = 0
    for (let i = 0; i < 5; i++) {
      const code = id15.charCodeAt(group + i)
      if (code >= 65 && code <= 90) bits |= 1 << i
    }
    suffix += checksumLetters.charAt(bits)
  }
  return suffix
}

/** The 18-character form of a 15- or 18-character id; undefined if it is malformed or its checksum is wrong. */
export function toRecordId(text: string): string | undefined {
  if (!/^(?:[0-9A-Za-z]{15}|[0-9A-Za-z]{18})$/.test(text)) return undefined
  const id15 = text.slice(0, 15)
  const id18 = id15 + checksum(id15)
  return text.length === 15 || text === id18 ? id18 : undefined
}

/** The `sequence`-th id of an object: ids of one object sort by code unit in the order they were given out. */
export function makeRecordId(keyPrefix: string, sequence: number): string {
  let rest = sequence
  let tail = ''
  for (let i = 0; i < 9; i++) {
    tail = digits.charAt(rest % 62) + tail
    rest = Math.floor(rest / 62)
  }
  const id15 = keyPrefix + instance + tail
  return id15 + checksum(id15)
}

/** The number `makeRecordId` was given. */
export function sequenceOf(id: string): number {
  let sequence = 0
  for (const digit of id.slice(6, 15)) sequence = sequence * 62 + digits.indexOf(digit)
  return sequence
}
