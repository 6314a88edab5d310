import { inspect } from 'node:util'

const secretCharsMin = 4
const lineCharsMin = 16
const shownAs = '***'

// A session id of Salesforce (org id, "!", token) and a bearer token, wherever they come from.
const tokens = /\b00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]+|\b[Bb]earer [A-Za-z0-9._~+/!=-]+/g

/** Returns a function that replaces every secret, as it is, escaped as in JSON or by inspect(), or URL-encoded, and every token by `***`. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>()
  for (const secret of secrets.flatMap(withLines)) {
    if (secret.length < secretCharsMin) continue // masking a letter or two would only garble the text
    forms.add(secret)
    forms.add(JSON.stringify(secret).slice(1, -1))
    forms.add(inspect(secret).slice(1, -1))
    forms.add(encodeURIComponent(secret))
    forms.add(new URLSearchParams({ s: secret }).toString().slice(2)) // as in a form, where a blank is a plus
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  return text => longestFirst.reduce((masked, form) => masked.replaceAll(form, shownAs), text).replace(tokens, shownAs)
}

const proxyVariables = ['HTTPS_PROXY', 'HTTP_PROXY', 'ALL_PROXY'].flatMap(name => [name, name.toLowerCase()])

/** What an environment's proxy variables hold that must not be printed: user and password, plain and as they are sent. */
export function proxySecrets(env: Readonly<Record<string, string | undefined>>): string[] {
  return proxyVariables.flatMap(name => {
    const [, user = '', password = ''] = /^(?:[a-z0-9]+:\/\/)?([^\s:@/]*):([^\s@]*)@/i.exec(env[name] ?? '') ?? []
    if (password === '') return []
    const sent = `${decoded(user)}:${decoded(password)}`
    return [password, decoded(password), Buffer.from(sent).toString('base64')]
  })
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** A PEM key is a secret as a whole and line by line. */
const withLines = (secret: string): string[] => [
  secret,
  ...secret.split(/\r?\n/).filter(line => line !== secret && line.length >= lineCharsMin && !line.startsWith('-----')),
]
