import { generateKeyPairSync } from 'node:crypto'

/** A mark for each kind of secret: text that can come from nowhere else. */
export const marks = {
  clientSecret: 'MARK+client/secret=7f3a91',
  password: 'MARK pass&word%8c2b17',
  securityToken: 'MARKsecuritytoken55e0d2',
  refreshToken: '5Aep861MARKrefresh.9914ac',
  accessToken: 'MARKaccesstoken.e10b77',
  saslPassword: 'MARK"sasl\\password-42aa0f',
  registryPassword: 'MARKregistry:password-b7712e',
  proxyPassword: 'MARKproxypassword-1d90cc',
  urlPassword: 'MARKurluserinfo-663ef1',
} as const

export const privateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
  .privateKey.export({ type: 'pkcs8', format: 'pem' })
  .toString()

/** Every form in which a secret could stand in an output. */
function formsOf(secret: string): string[] {
  const form = new URLSearchParams({ x: secret }).toString().slice(2)
  return [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret), form, base64(secret)]
}
// Without the end, which depends on what follows.
const base64 = (text: string): string => Buffer.from(text).toString('base64').slice(0, -4)

/** The names of the secrets that stand in the text, in any form. */
export function leaksIn(text: string): string[] {
  const found = Object.entries(marks).filter(([, secret]) => formsOf(secret).some(form => text.includes(form)))
  const keyLines = privateKey.split('\n').filter(line => line.length > 16 && !line.startsWith('-----'))
  const names: string[] = found.map(([name]) => name)
  if (keyLines.some(line => text.includes(line))) names.push('privateKey')
  if (/MARK/.test(text)) names.push(`a part: ${/.{0,60}MARK.{0,30}/s.exec(text)?.[0]}`)
  return names
}
