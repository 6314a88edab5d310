import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import forge from 'node-forge'

/** What an HTTPS server needs, in PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

const keyBits = 2048
const dayMs = 24 * 60 * 60 * 1000
/** The longest that Apple's and others' clients accept. */
const validDays = 397

/** Makes a certificate for the names, signed by a CA that is made for it; node:crypto can read certificates but not make
 *  them. The CA's key is thrown away, so nothing else can ever be signed with it. Returns the CA in PEM beside it. */
export async function makeCertificate(names: readonly string[]): Promise<Certificate & { readonly ca: string }> {
  const [authority, server] = await Promise.all([keyPair(), keyPair()])
  const issuer = [
    { name: 'organizationName', value: 'salesforce-kafka' },
    { name: 'commonName', value: `Simulated Salesforce CA ${randomBytes(4).toString('hex')}` },
  ]
  const ca = blank(authority.publicKey, issuer, issuer)
  ca.setExtensions([
    { name: 'basicConstraints', cA: true, pathLenConstraint: 0, critical: true },
    { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    { name: 'subjectKeyIdentifier' },
  ])
  ca.sign(authority.privateKey, forge.md.sha256.create())
  const leaf = blank(server.publicKey, [{ name: 'commonName', value: names[0] ?? 'localhost' }], issuer)
  leaf.setExtensions([
    { name: 'basicConstraints', cA: false, critical: true },
    { name: 'keyUsage', digitalSignature: true, keyEncipherment: true, critical: true },
    { name: 'extKeyUsage', serverAuth: true },
    { name: 'subjectAltName', altNames: names.map(altName) },
    { name: 'subjectKeyIdentifier' },
    { name: 'authorityKeyIdentifier', keyIdentifier: ca.generateSubjectKeyIdentifier().getBytes() },
  ])
  leaf.sign(authority.privateKey, forge.md.sha256.create())
  return {
    cert: forge.pki.certificateToPem(leaf),
    key: forge.pki.privateKeyToPem(server.privateKey),
    ca: forge.pki.certificateToPem(ca),
  }
}

function blank(publicKey: forge.pki.PublicKey, subject: Attributes, issuer: Attributes): forge.pki.Certificate {
  const certificate = forge.pki.createCertificate()
  certificate.publicKey = publicKey
  certificate.serialNumber = `01${randomBytes(15).toString('hex')}`
  certificate.validity.notBefore = new Date(Date.now() - dayMs)
  certificate.validity.notAfter = new Date(Date.now() + validDays * dayMs)
  certificate.setSubject(subject)
  certificate.setIssuer(issuer)
  return certificate
}

type Attributes = forge.pki.CertificateField[]

const altName = (name: string) => (isIP(name) ? { type: 7, ip: name } : { type: 2, value: name })

const keyPair = (): Promise<forge.pki.rsa.KeyPair> =>
  new Promise((resolve, reject) =>
    forge.pki.rsa.generateKeyPair({ bits: keyBits }, (error, pair) => (error ? reject(error) : resolve(pair))),
  )

/** Writes a file that everybody may read, or only its owner, into the directory, which is made if need be. Returns its path. */
export async function writePem(directory: string, name: string, text: string, isSecret: boolean): Promise<string> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const path = join(directory, name)
  await writeFile(path, text, { mode: isSecret ? 0o600 : 0o644 })
  return path
}
