import { inspect } from 'node:util'
import { type EvmOptions, evm } from '@lastro/adapter-chains/evm'
import { isProviderError, type ProviderError, secret } from '@lastro/core/spec'
import { describe, expect, test } from 'vitest'
import { alteredNode, fakeNode, type Handler, refusal, refusingUrl } from './fake-node.ts'
import { ANVIL_NETWORK } from './world.ts'

const ADDRESS = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const BLOCK = {
  number: '0x10',
  hash: `0x${'aa'.repeat(32)}`,
  parentHash: `0x${'bb'.repeat(32)}`,
  timestamp: '0x6900aa00',
}
const NODE: Readonly<Record<string, Handler>> = {
  eth_chainId: () => '0x7a69',
  eth_getBlockByNumber: () => BLOCK,
  eth_getTransactionCount: () => '0x5',
}

function through(table: Readonly<Record<string, Handler>>, options: Partial<EvmOptions> = {}) {
  const url = 'https://node.example/v2/canary-key-1234'
  return evm({
    network: ANVIL_NETWORK,
    rpcUrl: url,
    tokens: [],
    fetch: fakeNode({ ...NODE, ...table }),
    ...options,
  })
}

const coded = (code: string) => Object.assign(new TypeError('fetch failed'), { cause: { code } })

async function failure(work: () => unknown): Promise<ProviderError> {
  const error = await Promise.resolve()
    .then(work)
    .then(
      () => expect.unreachable('it should have failed'),
      (reason: unknown) => reason,
    )
  if (!isProviderError(error)) throw error
  return error
}

describe('what a node answers', () => {
  const answers: readonly [string, Handler, string][] = [
    ['a 500', () => new Response('{"result":"0x5"}', { status: 500 }), 'unavailable'],
    [
      'a 503 with JSON-RPC in it',
      () => Response.json({ error: { code: 3, message: 'no' } }, { status: 503 }),
      'unavailable',
    ],
    ['a 401', () => new Response('', { status: 401 }), 'unauthorized'],
    ['a 403', () => new Response('', { status: 403 }), 'unauthorized'],
    ['a 429', () => new Response('', { status: 429 }), 'rate_limited'],
    ['a 404 with no JSON-RPC', () => new Response('not here', { status: 404 }), 'unexpected_answer'],
    [
      'a redirect',
      () => new Response('', { status: 302, headers: { location: 'http://x.example' } }),
      'unexpected_answer',
    ],
    ['HTML', () => new Response('<html>'), 'unexpected_answer'],
    ['neither result nor error', () => Response.json({ id: 1 }), 'unexpected_answer'],
    [
      'a 400 with JSON-RPC',
      () => Response.json({ error: { code: -32_602, message: 'no' } }, { status: 400 }),
      'invalid_request',
    ],
    ['no number', () => '5', 'unexpected_answer'],
    ['a JSON number', () => 5, 'unexpected_answer'],
    ['null', () => null, 'unexpected_answer'],
    ['too much', () => `0x${'0'.repeat(3_000)}`, 'unexpected_answer'],
    ['a certificate we refuse', () => Promise.reject(coded('CERT_HAS_EXPIRED')), 'misconfigured'],
    ['never', () => new Promise(() => {}), 'unavailable'],
    ['a limit', () => refusal(-32_005, 'limit'), 'rate_limited'],
  ]
  test.each(answers)('%s', async (_name, eth_getTransactionCount, kind) => {
    const { chain } = through({ eth_getTransactionCount }, { timeoutMs: 200, maxBodyBytes: 2_000 })
    expect((await failure(() => chain.sequence(ADDRESS))).kind).toBe(kind)
  })

  const broken: readonly [string, object][] = [
    ['block.hash', { hash: '0x12' }],
    ['block.parentHash', { parentHash: null }],
    ['block.number', { number: '0x' }],
    ['block.timestamp', { timestamp: '0xffffffffffffffff' }],
  ]
  test.each(broken)('a block with a wrong %s is named', async (field, part) => {
    const { chain } = through({ eth_getBlockByNumber: () => ({ ...BLOCK, ...part }) })
    const error = await failure(() => chain.blockAt(16n))
    expect([error.kind, error.message.includes(field)]).toEqual(['unexpected_answer', true])
  })

  test('the time of a block is told in seconds since 1970', async () => {
    const block = await through({}).chain.blockAt(16n)
    expect(block).toEqual({
      height: 16n,
      hash: BLOCK.hash,
      parentHash: BLOCK.parentHash,
      time: new Date(0x6900aa00 * 1_000),
    })
  })

  test('a caller who gives up is let go', async () => {
    const gone = AbortSignal.abort()
    expect((await failure(() => through({}).chain.sequence(ADDRESS, gone))).kind).toBe('unavailable')
  })
})

describe('several nodes', () => {
  test('the next one answers when the first cannot, and a step is never split', async () => {
    const asked: string[] = []
    const working = fakeNode(NODE)
    const half = fakeNode({
      ...NODE,
      eth_getBlockByNumber: ([tag]) => (tag === 'latest' ? refusal(-32_603, '') : BLOCK),
    })
    const { chain } = through(
      {},
      {
        rpcUrl: ['https://one.example/', 'https://two.example/'],
        fetch: async (input, init) => {
          const request = new Request(input, init)
          const { method, params } = (await request.clone().json()) as { method: string; params: unknown[] }
          const host = new URL(request.url).host.slice(0, 3)
          asked.push(`${host} ${method} ${params[0] ?? ''}`)
          return host === 'one' ? half(request) : working(request)
        },
      },
    )
    expect((await chain.head()).latest.height).toBe(16n)
    const second = asked.filter((line) => line.startsWith('two'))
    expect(second).toEqual([
      'two eth_chainId ',
      'two eth_getBlockByNumber safe',
      'two eth_getBlockByNumber finalized',
      'two eth_getBlockByNumber latest',
    ])
    await chain.head()
    expect(asked.filter((line) => line.endsWith('eth_chainId '))).toHaveLength(2)
  })

  test('an answer that no other node would change is not asked for again', async () => {
    let calls = 0
    const { chain } = through(
      {
        eth_getTransactionCount: () => {
          calls += 1
          return refusal(-32_602, 'invalid argument')
        },
      },
      { rpcUrl: ['https://one.example/', 'https://two.example/'] },
    )
    expect((await failure(() => chain.sequence(ADDRESS))).kind).toBe('invalid_request')
    expect(calls).toBe(1)
  })

  test('when none answers, the last trouble is told', async () => {
    const { chain } = through(
      {},
      { rpcUrl: [await refusingUrl(), await refusingUrl()], fetch: globalThis.fetch },
    )
    const error = await failure(() => chain.sequence(ADDRESS))
    expect(error.message).toBe('evm:anvil: node 2 of 2 did not answer: ECONNREFUSED.')
  })
})

describe('tags', () => {
  const at =
    (answer: unknown): Handler =>
    ([tag]) =>
      tag === 'latest' ? BLOCK : answer
  test.each([
    ['null', null],
    ['"finalized block not found"', refusal(-32_000, 'finalized block not found')],
    ['code -39001', refusal(-39_001, 'Unknown block')],
  ])('%s is no tag', async (_name, answer) => {
    const head = await through({ eth_getBlockByNumber: at(answer) }).chain.head()
    expect([head.safe, head.finalized]).toEqual([null, null])
  })

  test.each([
    ['a limit', refusal(-32_005, 'limit')],
    ['an inner fault', refusal(-32_603, 'internal error')],
    ['a fault nobody ever saw', refusal(-32_099, 'oops')],
  ])('%s is trouble, since the rule of finality would become looser', async (_name, answer) => {
    await failure(() => through({ eth_getBlockByNumber: at(answer) }).chain.head())
  })
})

describe('options', () => {
  const token = { asset: 'USD.anvil/6', network: 'anvil', symbol: 'USD', contract: ADDRESS } as const
  const wrong: readonly [string, Partial<EvmOptions>][] = [
    ['network', { network: 'solana' as 'base' }],
    ['caip2', { network: { ...ANVIL_NETWORK, caip2: 'eip155:0x1' } }],
    ['rpcUrl', { rpcUrl: 'ws://node.example' }],
    ['rpcUrl', { rpcUrl: 'canary-key-1234' }],
    ['rpcUrl', { rpcUrl: [] }],
    ['finality', { finality: { by: 'depth', blocks: 0 } }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['maxBodyBytes', { maxBodyBytes: 1.5 }],
    ['fees.maxFeePerGasCap', { fees: { maxFeePerGasCap: -1n } }],
    ['fees.gasMarginBps', { fees: { gasMarginBps: 5 as unknown as bigint } }],
    ['fees.baseFeeMultiplierBps', { fees: { baseFeeMultiplierBps: 9_999n } }],
    ['is of network', { tokens: [{ ...token, network: 'polygon' }] }],
    ['no contract address', { tokens: [{ ...token, contract: '0x12' }] }],
    ['wrong checksum', { tokens: [{ ...token, contract: ADDRESS.replace('aA', 'Aa') }] }],
    ['no asset id', { tokens: [{ ...token, asset: 'USD' as 'USD/6' }] }],
    ['twice', { tokens: [token, { ...token, contract: `0x${'12'.repeat(20)}` }] }],
    ['twice', { tokens: [token, { ...token, asset: 'EUR.anvil/6' }] }],
  ]
  test.each(wrong)('a wrong %s is refused by name (%#)', async (word, options) => {
    const error = await failure(() => through({}, options))
    expect(error.kind).toBe('misconfigured')
    expect(error.message).toContain(word)
    expect(inspect(error)).not.toContain('canary')
  })

  test('the rule of finality may be replaced', () => {
    const { chain, id } = through({}, { finality: { by: 'depth', blocks: 30 } })
    expect([id, chain.network.finality]).toEqual(['evm:anvil', { by: 'depth', blocks: 30 }])
    expect(ANVIL_NETWORK.finality.by).toBe('tag')
  })
})

describe('the address of a node', () => {
  const SECRETS = ['canary-user', 'canary-password', 'canary-key-1234', 'canary-query']
  const rpcUrl = 'https://canary-user:canary-password@node.example/v2/canary-key-1234?token=canary-query'

  test('is in no error and no text form', async () => {
    const said = `bad request to ${rpcUrl} with key canary-key-1234 and canary-query`
    const faults: readonly [Handler, Partial<EvmOptions>][] = [
      [() => refusal(-32_000, said), {}],
      [() => Response.json({ error: { code: 1, message: said } }, { status: 400 }), {}],
      [() => new Response(said, { status: 500 }), {}],
      [() => Promise.reject(new TypeError(said)), {}],
      [() => Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: new Error(said) })), {}],
      [() => new Promise(() => {}), { timeoutMs: 50 }],
    ]
    for (const [eth_getTransactionCount, options] of faults) {
      for (const url of [rpcUrl, secret(rpcUrl)]) {
        const provider = through({ eth_getTransactionCount }, { rpcUrl: url, ...options })
        const error = await failure(() => provider.chain.sequence(ADDRESS))
        const health = await through(
          { eth_chainId: eth_getTransactionCount },
          { rpcUrl: url, ...options },
        ).probe.probe()
        const texts = [
          inspect(error, { depth: 9, showHidden: true }),
          JSON.stringify(error),
          error.message,
          health.detail,
        ]
        texts.push(inspect(provider, { depth: 9, showHidden: true }))
        for (const text of texts) for (const word of SECRETS) expect(text).not.toContain(word)
      }
    }
  })

  test('gives its user and password as basic authorization', async () => {
    let seen: Request | undefined
    const node = fakeNode(NODE)
    const { chain } = through(
      {},
      {
        rpcUrl,
        fetch: (input, init) => {
          seen = new Request(input, init)
          return node(seen.clone())
        },
      },
    )
    await chain.sequence(ADDRESS)
    expect(seen?.url).toBe('https://node.example/v2/canary-key-1234?token=canary-query')
    const basic = Buffer.from('canary-user:canary-password').toString('base64')
    expect(seen?.headers.get('authorization')).toBe(`Basic ${basic}`)
  })
})

test('a node that changes one answer is what these tests think it is', async () => {
  const real = fakeNode(NODE)
  const fetch = alteredNode({ eth_getTransactionCount: async (_params, ask) => ask() }, real)
  expect(await through({}, { fetch }).chain.sequence(ADDRESS)).toBe(5n)
})
