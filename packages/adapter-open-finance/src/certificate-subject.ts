/** Who a transport certificate (BRCAC) belongs to. Null where its subject does not say it, or says it twice. */
export interface CertificateIdentity {
  /** The organisation's UUID in the Directory, in lower case. */
  readonly organisationId: string | null
  readonly softwareStatementId: string | null
}

/** X.520 organizationIdentifier: `OFBBR-` and the organisation's UUID (Open Finance Brasil, certificate standard). */
const ORGANISATION: ReadonlySet<string> = new Set(['organizationidentifier', '2.5.4.97', 'oid.2.5.4.97'])
/** RFC 4519 userId: the software statement. */
const SOFTWARE: ReadonlySet<string> = new Set([
  'uid',
  'userid',
  '0.9.2342.19200300.100.1.1',
  'oid.0.9.2342.19200300.100.1.1',
])

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/** Splits at commas and pluses that are neither escaped nor quoted (RFC 4514). */
function splitAttributes(subject: string): readonly string[] {
  const parts: string[] = ['']
  let isQuoted = false
  for (let at = 0; at < subject.length; at++) {
    const char = subject[at] ?? ''
    if (char === '"') isQuoted = !isQuoted
    if ((char === ',' || char === '+') && !isQuoted) {
      parts.push('')
      continue
    }
    const taken = char === '\\' ? subject.slice(at, at + 2) : char
    parts[parts.length - 1] += taken
    at += taken.length - 1
  }
  return parts
}

/** A DER text in hexadecimal, as RFC 4514 writes the value of a type it has no name for. */
function textOfDer(hex: string): string {
  const der = Buffer.from(hex, 'hex')
  const isText = der[0] === 0x0c || der[0] === 0x13
  return isText && der[1] === der.length - 2 ? der.subarray(2).toString('utf8') : ''
}

function unescaped(text: string): string {
  if (/^#([0-9a-f]{2})+$/i.test(text)) return textOfDer(text.slice(1))
  const bare = /^"(.*)"$/s.exec(text)?.[1] ?? text
  return bare.replace(/\\(.)/gs, '$1')
}

interface Attribute {
  /** In lower case. */
  readonly name: string
  /** As it was written. */
  readonly value: string
}

function attributesOf(subject: string): readonly Attribute[] {
  // Node writes one attribute on each line; proxies write RFC 4514. The form with slashes escapes nothing, so that a
  // name in it could pretend to be an attribute: nothing is read from it.
  const parts = subject.includes('\n') ? subject.split('\n') : splitAttributes(subject)
  return parts.flatMap((part) => {
    const [, name = '', value = ''] = /^\s*([A-Za-z0-9.]+)\s*=\s*(.*?)\s*$/s.exec(part) ?? []
    return name === '' ? [] : [{ name: name.toLowerCase(), value }]
  })
}

function only(attributes: readonly Attribute[], names: ReadonlySet<string>): string | null {
  const [first, ...more] = attributes.filter(({ name }) => names.has(name))
  return first === undefined || more.length > 0 ? null : unescaped(first.value)
}

/** Reads a certificate's subject as RFC 4514 (nginx, Envoy, Go) or as Node's lines. */
export function identityOf(subject: string): CertificateIdentity {
  const attributes = attributesOf(subject)
  const organisation = only(attributes, ORGANISATION)?.toLowerCase() ?? ''
  const uuid = organisation.startsWith('ofbbr-') ? organisation.slice(6) : ''
  return { organisationId: UUID.test(uuid) ? uuid : null, softwareStatementId: only(attributes, SOFTWARE) }
}
