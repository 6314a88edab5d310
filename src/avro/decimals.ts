/** Numbers as decimal text and as Avro's decimal: the digits of the shortest text that stands for the double. */

/** Digits an Avro decimal of ours may have; a field of Salesforce has 18 at most. */
export const decimalDigitsMax = 38

const exponential = /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/

/** A finite number without an exponent: `1e21` becomes its 22 digits. */
export function plainText(n: number): string {
  const text = String(n)
  const found = exponential.exec(text)
  if (!found) return text
  const [, sign = '', whole = '', fraction = '', exponent] = found
  const digits = whole + fraction
  const point = 1 + Number(exponent)
  if (point <= 0) return `${sign}0.${'0'.repeat(-point)}${digits}`
  return `${sign}${digits}${'0'.repeat(point - digits.length)}`
}

/** The number times 10^scale, rounded half away from zero; undefined if it has more digits than a decimal holds. */
export function unscaledOf(n: number, scale: number): bigint | undefined {
  const [whole = '', fraction = ''] = plainText(Math.abs(n)).split('.')
  const kept = BigInt(whole + fraction.slice(0, scale).padEnd(scale, '0'))
  const size = Number(fraction[scale] ?? 0) >= 5 ? kept + 1n : kept
  if (String(size).length > decimalDigitsMax) return undefined
  return n < 0 ? -size : size
}

/** Big-endian two's complement in as few bytes as it takes: Avro's form of a decimal's unscaled value. */
export function decimalBytes(unscaled: bigint): Buffer {
  let bytes = 1
  while (BigInt.asIntN(8 * bytes, unscaled) !== unscaled) bytes++
  return Buffer.from(
    BigInt.asUintN(8 * bytes, unscaled)
      .toString(16)
      .padStart(2 * bytes, '0'),
    'hex',
  )
}

/** The text of an Avro decimal: `-12.50` for -1250 at scale 2. */
export function decimalText(bytes: Buffer, scale: number): string {
  const unscaled = bytes.length === 0 ? 0n : BigInt.asIntN(8 * bytes.length, BigInt(`0x${bytes.toString('hex')}`))
  const digits = String(unscaled < 0n ? -unscaled : unscaled).padStart(scale + 1, '0')
  const point = digits.length - scale
  const text = scale === 0 ? digits : `${digits.slice(0, point)}.${digits.slice(point)}`
  return unscaled < 0n ? `-${text}` : text
}
