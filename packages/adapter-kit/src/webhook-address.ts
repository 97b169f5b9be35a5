import ipaddr from 'ipaddr.js'

/** What may be connected to. */
export interface AddressRules {
  readonly ports: readonly number[]
  readonly allowsPrivate: boolean
}

const MAX_URL = 2_048
/** Names that no public resolver answers for: refused at registration already, where a person can read why. */
const INSIDE = /(^|\.)(localhost|local|internal|intranet|lan|home\.arpa)$/
const IPV4 = /^\d+\.\d+\.\d+\.\d+$/
/**
 * Azure's platform address: metadata and DNS of its virtual machines, though it stands in a public block.
 * https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16
 */
const PLATFORM = new Set(['168.63.129.16'])

/**
 * True for addresses of the public internet and no others: not loopback, private, link-local (cloud metadata among
 * them), shared (100.64/10), multicast, unspecified, reserved, nor the forms of IPv6 that carry or translate to an
 * IPv4 address of any kind. An IPv4 address mapped into IPv6 is judged as itself.
 */
export function isPublicAddress(address: string): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return parsed.range() === 'unicast' && !PLATFORM.has(parsed.toString())
}

/** The rule that the address of an endpoint breaks, or null. Asks nobody. */
export function brokenUrlRule(text: string, rules: AddressRules): string | null {
  if (text.length > MAX_URL) return `must be at most ${MAX_URL} characters`
  // Parsers drop tabs and turn backslashes; what a person reads must be what is connected to.
  if (!/^[\x21-\x5b\x5d-\x7e]+$/.test(text)) return 'must be plain ASCII without spaces and backslashes'
  if (!/^https:\/\/[^/]/i.test(text) || !URL.canParse(text)) return 'must be an absolute https address'
  const url = new URL(text)
  const authority = text.slice('https://'.length).split(/[/?#]/)[0] ?? ''
  if (authority.includes('@')) return 'must carry no user name or password'
  if (url.hash !== '') return 'must have no fragment'
  const port = url.port === '' ? 443 : Number.parseInt(url.port, 10)
  if (!rules.ports.includes(port)) return `must be on port ${rules.ports.join(' or ')}`
  return rules.allowsPrivate ? null : brokenHostRule(url.hostname)
}

/** `hostname` is in the form of the URL standard: `0x7f.1`, `2130706433` and `127.1` are `127.0.0.1` there. */
function brokenHostRule(hostname: string): string | null {
  if (hostname.startsWith('[') || IPV4.test(hostname)) return 'must name a host, not an IP address'
  if (hostname.endsWith('.')) return 'must name a host without a dot at its end'
  if (!hostname.includes('.')) return 'must name a public host'
  return INSIDE.test(hostname) ? 'must name a public host' : null
}
