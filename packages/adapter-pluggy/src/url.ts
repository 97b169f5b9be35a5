import { isIP } from 'node:net'

const LOOPBACK: ReadonlySet<string> = new Set(['localhost', '127.0.0.1', '[::1]'])

/** True where credentials may travel: `https:`, and `http:` on this very machine. */
export function isSafeUrl({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || (protocol === 'http:' && LOOPBACK.has(hostname))
}

const INTERNAL = /(^|\.)(localhost|local|internal|lan|home\.arpa)\.?$/

/**
 * The rule of Pluggy that a webhook's URL breaks, or null: public `https:` on port 443, a name and no address, nothing
 * secret in it. That the name does not lead to a private address is checked by Pluggy alone.
 */
export function checkWebhookUrl(text: string): string | null {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.protocol !== 'https:') return 'must be an https: URL'
  // The URL parser drops the port that the scheme has anyway.
  if (url.port !== '') return 'must be on port 443'
  if (url.username + url.password !== '') return 'must carry no credentials'
  if (isIP(url.hostname.replace(/^\[|\]$/g, '')) !== 0) return 'must have a name, not an IP address'
  if (INTERNAL.test(url.hostname) || !url.hostname.includes('.')) return 'must have a public name'
  return null
}
