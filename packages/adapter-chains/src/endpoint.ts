import { ProviderError, reveal, type Secret, secret } from '@lastro/core/spec'

/** Where a node listens, without ever showing it. */
export interface Endpoint {
  /** How errors name it: `node 1 of 2`. Its address is never shown, since most providers write their key into it. */
  readonly name: string
  readonly url: Secret
  readonly authorization: Secret | null
  /** Text from the node, safe to show: one line, short, without any part of the address. */
  show(text: string): string
}

const MAX_SHOWN = 160
const MIN_SECRET_LENGTH = 6

/** A user and password cannot stay in the address: `fetch` refuses it with an error that quotes them. */
function basic(url: URL): Secret | null {
  if (url.username === '' && url.password === '') return null
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`
  return secret(`Basic ${Buffer.from(pair).toString('base64')}`)
}

function createShow(url: URL): Endpoint['show'] {
  const parts = [
    url.href,
    url.username,
    url.password,
    ...url.pathname.split('/'),
    ...url.searchParams.values(),
  ]
  const hidden = parts.filter((part) => part.length >= MIN_SECRET_LENGTH).sort((a, b) => b.length - a.length)
  return (text) => {
    const line = text.replaceAll(/[^\x20-\x7e]+/g, ' ')
    return hidden.reduce((shown, part) => shown.replaceAll(part, '[secret]'), line).slice(0, MAX_SHOWN)
  }
}

function endpoint(id: string, { text, name }: { text: string | Secret; name: string }): Endpoint {
  const value = typeof text === 'string' ? text : reveal(text)
  const url = URL.canParse(value) ? new URL(value) : null
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    const message = `rpcUrl (${name}) must be an http or https address.`
    throw new ProviderError({ provider: id, kind: 'misconfigured', message })
  }
  const show = createShow(url)
  const authorization = basic(url)
  url.username = ''
  url.password = ''
  return { name, url: secret(url.href), authorization, show }
}

/** @throws ProviderError `misconfigured` when an address is no http address, or there is none. */
export function endpoints(
  id: string,
  rpcUrl: string | Secret | readonly (string | Secret)[],
): readonly Endpoint[] {
  const list = Array.isArray(rpcUrl) ? (rpcUrl as readonly (string | Secret)[]) : [rpcUrl as string | Secret]
  if (list.length > 0)
    return list.map((text, index) => endpoint(id, { text, name: `node ${index + 1} of ${list.length}` }))
  throw new ProviderError({
    provider: id,
    kind: 'misconfigured',
    message: 'rpcUrl must name at least one node.',
  })
}
