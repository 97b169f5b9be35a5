import type { LookupAddress } from 'node:dns'
import type { SendRequest } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { isPublicAddress, type WebhookSenderOptions, webhookSender } from '../src/index.ts'
import { createAuthority } from './certificates.ts'
import { deadUrl, httpsServer, tcpServer } from './servers.ts'

const authority = createAuthority('Test Root')
const certificate = authority.issue({ name: 'hook.example.com' })
const local = authority.issue({ name: 'local', addresses: ['127.0.0.1'] })

/** As a test on this machine needs it: literal loopback addresses, on the ports its servers were given. */
const open = (url: string, options: WebhookSenderOptions = {}) =>
  webhookSender({
    ca: authority.cert,
    ports: [portOf(url)],
    dangerouslyAllowPrivateAddresses: true,
    ...options,
  })
const portOf = (url: string) => Number.parseInt(new URL(url).port, 10)
const request = (url: string, more: Partial<SendRequest> = {}): SendRequest => ({
  url,
  headers: { 'content-type': 'application/json', 'webhook-id': 'msg_1' },
  body: '{"type":"a.b","text":"ç"}',
  timeoutMs: 5_000,
  ...more,
})
const at = (...addresses: string[]): LookupAddress[] =>
  addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 }))

describe('a public address', () => {
  it.each([
    '8.8.8.8',
    '93.184.216.34',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '169.253.0.1',
    '223.255.255.255',
    '2606:4700:4700::1111',
    '2001:4860:4860::8888',
    '::ffff:8.8.8.8',
  ])('is %s', (address) => expect(isPublicAddress(address)).toBe(true))

  it.each([
    ['loopback', '127.0.0.1', '127.255.255.254', '::1', '::127.0.0.1'],
    ['unspecified', '0.0.0.0', '0.1.2.3', '::'],
    [
      'private',
      '10.0.0.1',
      '10.255.255.255',
      '172.16.0.1',
      '172.31.255.255',
      '192.168.0.1',
      'fc00::1',
      'fd12::1',
    ],
    ['link-local', '169.254.0.1', '169.254.255.255', 'fe80::1', 'febf::1', 'fec0::1'],
    ['shared by carriers', '100.64.0.0', '100.127.255.255'],
    [
      'cloud metadata',
      '169.254.169.254',
      '169.254.170.2',
      'fd00:ec2::254',
      '100.100.100.200',
      '168.63.129.16',
    ],
    ['more metadata', '192.0.0.192', 'fd20:ce::254', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe'],
    ['multicast and broadcast', '224.0.0.1', '239.255.255.255', '255.255.255.255', 'ff02::1'],
    [
      'reserved',
      '192.0.2.1',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.1',
      '240.0.0.1',
      '2001:db8::1',
      '192.88.99.1',
    ],
    ['mapped', '::ffff:127.0.0.1', '::ffff:10.0.0.1', '::ffff:7f00:1', '0:0:0:0:0:ffff:c0a8:1'],
    ['NAT64', '64:ff9b::7f00:1', '64:ff9b::a9fe:a9fe', '64:ff9b::8.8.8.8', '64:ff9b:1::a00:1'],
    ['6to4 and Teredo', '2002:7f00:1::', '2002:a9fe:a9fe::1', '2001:0:7f00:1::1'],
    ['scoped', 'fe80::1%eth0', '::1%lo'],
    ['no address', '', 'localhost', '999.1.1.1', '1.2.3.4.5', '8.8.8.8 '],
  ])('is none that is %s', (_what, ...addresses) => {
    for (const address of addresses) expect(isPublicAddress(address), address).toBe(false)
  })
})

describe('the address of an endpoint', () => {
  const check = (url: string, options: WebhookSenderOptions = {}) => webhookSender(options).checkUrl(url)

  it.each([
    'https://hook.example.com',
    'https://hook.example.com:443/a?b=c',
    'https://xn--bcher-kva.example/x',
  ])('%s is taken', (url) => expect(check(url)).toBeNull())

  it.each([
    ['http://hook.example.com', 'must be an absolute https address'],
    ['ftp://hook.example.com', 'must be an absolute https address'],
    ['//hook.example.com', 'must be an absolute https address'],
    ['https:/hook.example.com', 'must be an absolute https address'],
    ['https://', 'must be an absolute https address'],
    ['https:///etc/passwd', 'must be an absolute https address'],
    ['https://hook.example.com:8443/', 'must be on port 443'],
    ['https://hook.example.com:22/', 'must be on port 443'],
    ['https://user@hook.example.com/', 'must carry no user name or password'],
    ['https://user:pass@hook.example.com/', 'must carry no user name or password'],
    ['https://hook.example.com@127.0.0.1/', 'must carry no user name or password'],
    ['https://@hook.example.com/', 'must carry no user name or password'],
    ['https://hook.example.com/#x', 'must have no fragment'],
    ['https://8.8.8.8/', 'must name a host, not an IP address'],
    ['https://127.0.0.1/', 'must name a host, not an IP address'],
    ['https://127.1/', 'must name a host, not an IP address'],
    ['https://2130706433/', 'must name a host, not an IP address'],
    ['https://0x7f000001/', 'must name a host, not an IP address'],
    ['https://0x7f.1/', 'must name a host, not an IP address'],
    ['https://0177.0.0.1/', 'must name a host, not an IP address'],
    ['https://017700000001/', 'must name a host, not an IP address'],
    ['https://127.0.0.1./', 'must name a host, not an IP address'],
    ['https://0/', 'must name a host, not an IP address'],
    ['https://[::1]/', 'must name a host, not an IP address'],
    ['https://[::ffff:127.0.0.1]/', 'must name a host, not an IP address'],
    ['https://%31%32%37.0.0.1/', 'must name a host, not an IP address'],
    ['https://hook.example.com./', 'must name a host without a dot at its end'],
    ['https://localhost/', 'must name a public host'],
    ['https://LOCALHOST/', 'must name a public host'],
    ['https://app.localhost/', 'must name a public host'],
    ['https://metadata.google.internal/', 'must name a public host'],
    ['https://db/', 'must name a public host'],
    ['https://printer.local/', 'must name a public host'],
    ['https://１２７.0.0.1/', 'must be plain ASCII'],
    ['https://hook.example.com\\@evil.example/', 'must be plain ASCII'],
    ['https://hook.exa\tmple.com/', 'must be plain ASCII'],
    [' https://hook.example.com/', 'must be plain ASCII'],
    [`https://hook.example.com/${'a'.repeat(2_048)}`, 'must be at most 2048 characters'],
  ])('%s is refused, and never sent to', async (url, rule) => {
    expect(check(url)).toContain(rule)
    expect(await webhookSender().post(request(url))).toEqual({ kind: 'failed', error: 'blocked' })
  })

  it('may be on a port that is configured', () => {
    expect(check('https://hook.example.com:8443/', { ports: [443, 8443] })).toBeNull()
  })
})

describe('a name that leads inside', () => {
  it.each([
    ['loopback', at('127.0.0.1')],
    ['metadata', at('169.254.169.254')],
    ['a mapped address', at('::ffff:127.0.0.1')],
    ['a public and a private address', at('93.184.216.34', '127.0.0.1')],
    ['the same in the other order', at('::1', '2606:4700::1')],
  ])('to %s is not connected to', async (_what, addresses) => {
    let connections = 0
    await using server = await tcpServer(() => {
      connections += 1
    })
    const sender = webhookSender({ ports: [portOf(server.url)], resolve: async () => addresses })
    const url = `https://hook.example.com:${portOf(server.url)}/`
    expect(await sender.post(request(url))).toEqual({ kind: 'failed', error: 'blocked' })
    expect(connections).toBe(0)
  })

  it('only at the second look-up is asked once: what was checked is what is connected to', async () => {
    await using server = await tcpServer(() => undefined)
    let lookUps = 0
    // A rebinding resolver: public while it is checked, loopback a moment later. The public one is of a block that
    // nobody was given, so no packet leaves for it.
    const resolve = async () => {
      lookUps += 1
      return lookUps === 1 ? at('4000::1') : at('127.0.0.1')
    }
    expect(isPublicAddress('4000::1')).toBe(true)
    const sender = webhookSender({ ports: [portOf(server.url)], resolve, connectTimeoutMs: 300 })
    const url = `https://hook.example.com:${portOf(server.url)}/`
    const first = await sender.post(request(url, { timeoutMs: 600 }))
    expect(first.kind === 'failed' && first.error).toMatch(/^(connection|timeout)$/)
    expect([lookUps, server.connections()]).toEqual([1, 0])
    expect(await sender.post(request(url))).toEqual({ kind: 'failed', error: 'blocked' })
    expect([lookUps, server.connections()]).toEqual([2, 0])
  })

  it('is reached in tests that say so, under its own name', async () => {
    await using server = await httpsServer(certificate, (_request, response) => response.end('ok'))
    const sender = open(server.url, { resolve: async () => at('127.0.0.1') })
    const result = await sender.post(request(`https://hook.example.com:${portOf(server.url)}/x`))
    expect(result).toMatchObject({ kind: 'answered', status: 200 })
    await sender.close()
  })
})

describe('an answer', () => {
  it('is told with its status, its headers and the first bytes of its body', async () => {
    const seen: unknown[] = []
    await using server = await httpsServer(local, (incoming, response) => {
      incoming
        .setEncoding('utf8')
        .on('data', (text) => seen.push(incoming.method, incoming.headers['webhook-id'], text))
      incoming.on('end', () => response.writeHead(503, { 'Retry-After': '7' }).end('x'.repeat(500_000)))
    })
    const sender = open(server.url)
    const result = await sender.post(request(server.url))
    expect(seen).toEqual(['POST', 'msg_1', '{"type":"a.b","text":"ç"}'])
    expect(result).toMatchObject({ kind: 'answered', status: 503, headers: { 'retry-after': '7' } })
    expect(result.kind === 'answered' && result.body.byteLength).toBe(1_024)
    await sender.close()
  })

  it('that redirects is told, and not followed', async () => {
    await using inside = await httpsServer(local, (_request, response) => response.end('secret'))
    await using server = await httpsServer(local, (_request, response) =>
      response.writeHead(307, { location: inside.url }).end(),
    )
    const sender = open(server.url, { ports: [portOf(server.url), portOf(inside.url)] })
    expect(await sender.post(request(server.url))).toMatchObject({ kind: 'answered', status: 307 })
    expect(inside.connections()).toBe(0)
    await sender.close()
  })

  it('whose body never ends is told at the deadline, with what came', async () => {
    await using server = await httpsServer(local, (_request, response) => {
      response.writeHead(200)
      response.write('begun')
    })
    const sender = open(server.url)
    const result = await sender.post(request(server.url, { timeoutMs: 500 }))
    expect(result).toMatchObject({ kind: 'answered', status: 200 })
    await sender.close()
  })

  it('that does not come is told by its reason', async () => {
    await using silent = await httpsServer(local, () => undefined)
    await using chatty = await httpsServer(local, (_request, response) =>
      response.writeHead(200, { 'x-long': 'a'.repeat(20_000) }).end(),
    )
    await using strange = await httpsServer(
      createAuthority('Stranger').issue({ name: 'x', addresses: ['127.0.0.1'] }),
      (_request, response) => response.end(),
    )
    await using plain = await tcpServer((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'))
    const dead = (await deadUrl()).replace('http:', 'https:')
    const post = async (url: string, more: Partial<SendRequest> = {}) => {
      const result = await open(url).post(request(url.replace('http:', 'https:'), more))
      return result.kind === 'failed' ? result.error : result.status
    }
    expect(await post(silent.url, { timeoutMs: 300 })).toBe('timeout')
    expect(await post(silent.url, { signal: AbortSignal.abort() })).toBe('stopped')
    expect(await post(chatty.url)).toBe('answer_too_large')
    expect(await post(strange.url)).toBe('tls')
    expect(await post(plain.url)).toBe('tls')
    expect(await post(dead)).toBe('connection')
    const lost = webhookSender({
      resolve: () => Promise.reject(Object.assign(new Error('getaddrinfo'), { code: 'ENOTFOUND' })),
    })
    expect(await lost.post(request('https://nobody.example.com/'))).toEqual({ kind: 'failed', error: 'dns' })
  })
})
