const secretCharsMin = 4
const lineCharsMin = 16
const shownAs = '***'

// A session id of Salesforce (org id, "!", token) and a bearer token, wherever they come from.
const tokens = /\b00D[A-Za-z0-9]{12,15}![A-Za-z0-9._]+|\b[Bb]earer [A-Za-z0-9._~+/!=-]+/g

/** Returns a function that replaces every secret, as it is, JSON-escaped or URL-encoded, and every token by `***`. */
export function createMask(secrets: readonly string[]): (text: string) => string {
  const forms = new Set<string>()
  for (const secret of secrets.flatMap(withLines)) {
    if (secret.length < secretCharsMin) continue // masking a letter or two would only garble the text
    forms.add(secret)
    forms.add(JSON.stringify(secret).slice(1, -1))
    forms.add(encodeURIComponent(secret))
  }
  const longestFirst = [...forms].sort((a, b) => b.length - a.length)
  return text => longestFirst.reduce((masked, form) => masked.replaceAll(form, shownAs), text).replace(tokens, shownAs)
}

/** A PEM key is a secret as a whole and line by line. */
const withLines = (secret: string): string[] => [
  secret,
  ...secret.split(/\r?\n/).filter(line => line !== secret && line.length >= lineCharsMin && !line.startsWith('-----')),
]
