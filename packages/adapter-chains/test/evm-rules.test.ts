import { type EvmOptions, type EvmProvider, evm } from '@lastro/adapter-chains/evm'
import { type BuildTransfer, Money, type Network, type NetworkFee, type Signer } from '@lastro/core/spec'
import { Signature, SigningKey, Transaction } from 'ethers'
import { describe, expect, test } from 'vitest'
import { fakeNode, type Handler, refusal, refusingUrl } from './fake-node.ts'
import { vectors } from './vectors.ts'
import { ANVIL_NETWORK, NATIVE, native } from './world.ts'

const GWEI = 1_000_000_000n
const FROM = '0x9d8A62f656a8d1615C1294fd71e9CFb3E4855A4F'
const TO = '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed'
const PRIVATE_KEY = `0x${'46'.repeat(32)}`
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const hex = (value: bigint) => `0x${value.toString(16)}`
const word = (value: bigint) => `0x${value.toString(16).padStart(64, '0')}`

function through(table: Readonly<Record<string, Handler>>, options: Partial<EvmOptions> = {}): EvmProvider {
  const node = fakeNode({ eth_chainId: () => '0x7a69', ...table })
  return evm({ network: ANVIL_NETWORK, rpcUrl: 'https://node.example/', tokens: [], fetch: node, ...options })
}

/** A signer of one key, whose answers may be altered. */
function signerOf(
  privateKey: string,
  alter: (r: bigint, s: bigint) => readonly [bigint, bigint] = (r, s) => [r, s],
): Signer {
  const key = new SigningKey(privateKey)
  return {
    specVersion: 1,
    publicKey: async () => Buffer.from(key.compressedPublicKey.slice(2), 'hex'),
    async sign(_ref, digest) {
      const { r, s } = key.sign(digest)
      return Buffer.from(
        alter(BigInt(r), BigInt(s))
          .map((value) => word(value).slice(2))
          .join(''),
        'hex',
      )
    },
  }
}

const FEE: NetworkFee = {
  max: native(21_000n * GWEI),
  parameters: { gasLimit: '21000', maxFeePerGas: `${GWEI}`, maxPriorityFeePerGas: '1' },
}
const transferOf = (changes: Partial<BuildTransfer> = {}): BuildTransfer => {
  const key = { curve: 'secp256k1', path: 'm' } as const
  return { from: FROM, key, to: TO, amount: native(5n), sequence: 7n, fee: FEE, ...changes }
}

describe('sign', () => {
  test.each(vectors.signed)('the bytes and hash of the vector for $network', async (row) => {
    const { chain } = evm({ network: row.network as 'polygon', rpcUrl: 'http://127.0.0.1:1' })
    const { gasLimit, maxFeePerGas, maxPriorityFeePerGas, nonce, transfer } = row.tx
    const max = Money.of(BigInt(gasLimit) * BigInt(maxFeePerGas), chain.network.nativeAsset)
    const signed = await chain.sign(
      {
        from: row.from,
        key: chain.keyRef(0),
        to: transfer.to,
        amount: Money.of(BigInt(transfer.units), 'USDC.polygon/6'),
        sequence: BigInt(nonce),
        fee: { max, parameters: { gasLimit, maxFeePerGas, maxPriorityFeePerGas } },
      },
      signerOf(`0x${row.privateKey}`),
    )
    expect(signed).toEqual({ raw: row.raw, hash: row.hash })
  })

  test('a high s, as HSMs answer it, becomes the low one of the same signature', async () => {
    const { chain } = through({})
    const low = await chain.sign(transferOf(), signerOf(PRIVATE_KEY))
    const high = await chain.sign(
      transferOf(),
      signerOf(PRIVATE_KEY, (r, s) => [r, ORDER - s]),
    )
    expect(high).toEqual(low)
    const { signature, from } = Transaction.from(high.raw)
    expect(from).toBe(FROM)
    expect(Signature.from(signature ?? undefined).isValid()).toBe(true)
  })

  test('both recovery bits are found', async () => {
    const { chain } = through({})
    const parities = new Set<number>()
    for (let sequence = 0n; sequence < 16n; sequence += 1n) {
      const { raw } = await chain.sign(transferOf({ sequence }), signerOf(PRIVATE_KEY))
      const transaction = Transaction.from(raw)
      expect(transaction.from).toBe(FROM)
      parities.add(transaction.signature?.yParity ?? -1)
    }
    expect([...parities].sort()).toEqual([0, 1])
  })

  const odd: readonly [string, Signer][] = [
    [
      'of another digest',
      { ...signerOf(PRIVATE_KEY), sign: (key) => signerOf(PRIVATE_KEY).sign(key, new Uint8Array(32)) },
    ],
    ['of another key', { ...signerOf(PRIVATE_KEY), sign: signerOf(`0x${'47'.repeat(32)}`).sign }],
    ['of zeros', signerOf(PRIVATE_KEY, () => [0n, 0n])],
    ['of r above the order', signerOf(PRIVATE_KEY, (_r, s) => [2n ** 256n - 1n, s])],
    ['of 65 bytes', { ...signerOf(PRIVATE_KEY), sign: async () => new Uint8Array(65) }],
  ]
  test.each(odd)('a signature %s is refused', async (_name, signer) => {
    await expect(through({}).chain.sign(transferOf(), signer)).rejects.toMatchObject({
      kind: 'unexpected_answer',
    })
  })

  const wrong: readonly [string, Partial<BuildTransfer>][] = [
    ['from', { from: TO }],
    ['from', { from: 'nobody' }],
    ['to', { to: '0x0000000000000000000000000000000000000000' }],
    ['amount', { amount: native(0n) }],
    ['amount', { amount: native(-1n) }],
    ['amount', { amount: native(2n ** 256n) }],
    ['amount.asset', { amount: Money.of(1n, 'DAI.anvil/18') }],
    ['sequence', { sequence: -1n }],
    ['fee.max', { fee: { ...FEE, max: native(1n) } }],
    ['fee.max', { fee: { ...FEE, max: Money.of(FEE.max.amount, 'ETH.base/18') } }],
    ['gasLimit', { fee: { ...FEE, parameters: { ...FEE.parameters, gasLimit: '0x5208' } } }],
    ['maxFeePerGas', { fee: { ...FEE, parameters: { gasLimit: '21000', maxPriorityFeePerGas: '1' } } }],
    [
      'maxPriorityFeePerGas',
      { fee: { ...FEE, parameters: { ...FEE.parameters, maxPriorityFeePerGas: `${GWEI + 1n}` } } },
    ],
  ]
  test.each(wrong)('a wrong %s is refused by name (%#)', async (field, changes) => {
    await expect(through({}).chain.sign(transferOf(changes), signerOf(PRIVATE_KEY))).rejects.toMatchObject({
      kind: 'invalid_request',
      message: expect.stringContaining(field),
    })
  })

  test('a signer in trouble is unavailable', async () => {
    const broken = { ...signerOf(PRIVATE_KEY), sign: () => Promise.reject(new Error('the HSM is asleep')) }
    await expect(through({}).chain.sign(transferOf(), broken)).rejects.toMatchObject({ kind: 'unavailable' })
  })
})

describe('estimateFee', () => {
  const market = (baseFee: bigint, rewards: readonly bigint[]) => ({
    eth_feeHistory: () => ({
      baseFeePerGas: [hex(1n), hex(baseFee)],
      reward: rewards.map((reward) => [hex(reward)]),
    }),
    eth_estimateGas: () => '0x5208',
  })
  const query = { from: FROM, to: TO, amount: native(5n) }
  const policy = { minPriorityFeePerGas: 2n * GWEI, maxFeePerGasCap: 100n * GWEI }
  const perGas = async (provider: EvmProvider, replaces?: NetworkFee) => {
    const { parameters } = await provider.chain.estimateFee(
      replaces === undefined ? query : { ...query, replaces },
    )
    return [parameters.maxFeePerGas, parameters.maxPriorityFeePerGas].map((text) => BigInt(text ?? -1))
  }

  test('doubles the base fee and tips the median of what was paid', async () => {
    const provider = through(market(10n * GWEI, [0n, 3n * GWEI, 5n * GWEI, 0n, 4n * GWEI]), { fees: policy })
    expect(await perGas(provider)).toEqual([24n * GWEI, 4n * GWEI])
  })

  test('tips the floor when nobody paid, and rounds up', async () => {
    const fees = { ...policy, baseFeeMultiplierBps: 10_001n }
    expect(await perGas(through(market(10_001n, [0n, 0n]), { fees }))).toEqual([
      2n * GWEI + 10_003n,
      2n * GWEI,
    ])
    expect(await perGas(through(market(0n, []), { fees }))).toEqual([2n * GWEI, 2n * GWEI])
  })

  test('stays at the cap while that is enough, and is unavailable when it is not', async () => {
    expect(await perGas(through(market(60n * GWEI, []), { fees: policy }))).toEqual([100n * GWEI, 2n * GWEI])
    expect(await perGas(through(market(98n * GWEI, []), { fees: policy }))).toEqual([100n * GWEI, 2n * GWEI])
    const tooMuch = through(market(98n * GWEI + 1n, []), { fees: policy })
    await expect(perGas(tooMuch)).rejects.toMatchObject({ kind: 'unavailable' })
  })

  const feeOf = (maxFeePerGas: bigint, maxPriorityFeePerGas: bigint): NetworkFee => ({
    max: native(21_000n * maxFeePerGas),
    parameters: {
      gasLimit: '21000',
      maxFeePerGas: `${maxFeePerGas}`,
      maxPriorityFeePerGas: `${maxPriorityFeePerGas}`,
    },
  })

  test('a replacement offers 12.5 % more on both fees, rounded up, or the market if that is more', async () => {
    const provider = through(market(1n, []), { fees: policy })
    expect(await perGas(provider, feeOf(80n * GWEI, 8n * GWEI + 1n))).toEqual([90n * GWEI, 9n * GWEI + 2n])
    expect(await perGas(provider, feeOf(3n, 0n))).toEqual([2n * GWEI + 2n, 2n * GWEI])
    const free = through(market(0n, []), { fees: { ...policy, minPriorityFeePerGas: 0n } })
    // Nothing is not more than nothing: both must grow.
    expect(await perGas(free, feeOf(1n, 0n))).toEqual([2n, 1n])
    expect(await perGas(free, feeOf(0n, 0n))).toEqual([1n, 1n])
  })

  test('a replacement above the cap is refused: waiting does not help', async () => {
    const provider = through(market(1n, []), { fees: policy })
    await expect(perGas(provider, feeOf(89n * GWEI, GWEI))).rejects.toMatchObject({ kind: 'invalid_request' })
  })

  test('gas gets a margin, but for a plain transfer', async () => {
    const gas = async (estimate: bigint) => {
      const provider = through({ ...market(1n, []), eth_estimateGas: () => hex(estimate) })
      return (await provider.chain.estimateFee(query)).parameters.gasLimit
    }
    expect(await gas(21_000n)).toBe('21000')
    expect(await gas(21_001n)).toBe('25202')
  })

  test('on an OP-stack network the layer-1 fee is kept ready as well', async () => {
    const network: Network = { ...ANVIL_NETWORK, caip2: 'eip155:10' }
    const asked: unknown[] = []
    const provider = through(
      {
        ...market(10n * GWEI, []),
        eth_chainId: () => '0xa',
        eth_call: ([call]) => {
          asked.push(call)
          return word(1_000_000n)
        },
      },
      { network, fees: policy },
    )
    const fee = await provider.chain.estimateFee(query)
    expect(fee.parameters.l1Fee).toBe('2000000')
    expect(fee.max).toEqual(native(21_000n * 22n * GWEI + 2_000_000n))
    expect(asked).toMatchObject([{ to: '0x420000000000000000000000000000000000000F' }])
    const { raw } = await provider.chain.sign(transferOf({ fee }), signerOf(PRIVATE_KEY))
    expect(Transaction.from(raw).gasLimit).toBe(21_000n)
    // The bytes that were asked about are as long as those that are sent, but for the signature.
    const { data } = asked[0] as { data: string }
    const length = globalThis.parseInt(data.slice(10 + 64, 10 + 128), 16)
    expect(Math.abs(raw.length / 2 - 1 - 67 - length)).toBeLessThan(16)
  })
})

describe('broadcast', () => {
  const signed = through({}).chain.sign(transferOf(), signerOf(PRIVATE_KEY))
  const mined = { eth_getTransactionReceipt: () => ({}), eth_getTransactionByHash: () => ({}) }
  const absent = { eth_getTransactionReceipt: () => null, eth_getTransactionByHash: () => null }
  const headOf = (final: bigint) => ({
    eth_getBlockByNumber: ([tag]: readonly unknown[]) => ({
      number: tag === 'latest' ? hex(1_000n) : hex(final),
      hash: word(1n),
      parentHash: word(2n),
      timestamp: '0x1',
    }),
  })
  const head = headOf(990n)
  const says = (message: string) => ({ eth_sendRawTransaction: () => refusal(-32_000, message) })
  const cases: readonly [string, Readonly<Record<string, Handler>>, object][] = [
    ['the hash', { eth_sendRawTransaction: async () => (await signed).hash }, { kind: 'accepted' }],
    ['another hash', { eth_sendRawTransaction: () => word(5n) }, { kind: 'unknown' }],
    ['null', { eth_sendRawTransaction: () => null }, { kind: 'unknown' }],
    ['already known', says('already known'), { kind: 'accepted' }],
    ['a conflict with itself', { ...says('nonce too low'), ...mined }, { kind: 'accepted' }],
    [
      'a conflict that is over',
      { ...says('nonce too low'), ...absent, ...head, eth_getTransactionCount: () => '0x8' },
      { kind: 'declined', reason: 'expired' },
    ],
    [
      'a conflict that is not over',
      { ...says('nonce too low'), ...absent, ...head, eth_getTransactionCount: () => '0x7' },
      { kind: 'unknown' },
    ],
    ['a conflict it cannot explain', { ...says('nonce too low'), ...absent, ...head }, { kind: 'unknown' }],
    [
      'too little money',
      { ...says('insufficient funds'), ...absent },
      { kind: 'declined', reason: 'insufficient_funds' },
    ],
    ['too little money for what it has', { ...says('insufficient funds'), ...mined }, { kind: 'accepted' }],
    ['too little money, and then nothing', says('insufficient funds'), { kind: 'unknown' }],
    ['underpriced', says('replacement transaction underpriced'), { kind: 'unknown' }],
    ['another chain', says('invalid chain id for signer'), { kind: 'declined', reason: 'refused' }],
    ['what nobody ever said', says('out of cheese'), { kind: 'unknown' }],
    ['a 500 that says "already known"', failing(500, 'already known'), { kind: 'unknown' }],
    ['a 500 that says "invalid sender"', failing(500, 'invalid sender'), { kind: 'unknown' }],
    [
      'a 400 that says "invalid sender"',
      failing(400, 'invalid sender'),
      { kind: 'declined', reason: 'refused' },
    ],
    ['a 401', failing(401, ''), { kind: 'not_sent' }],
    ['a 403', failing(403, ''), { kind: 'unknown' }],
    ['a 429', failing(429, ''), { kind: 'unknown' }],
    ['no JSON', { eth_sendRawTransaction: () => new Response('ok') }, { kind: 'unknown' }],
    [
      'a cut line',
      { eth_sendRawTransaction: () => Promise.reject(new TypeError('terminated')) },
      { kind: 'unknown' },
    ],
  ]
  function failing(status: number, message: string): Readonly<Record<string, Handler>> {
    return { eth_sendRawTransaction: () => Response.json({ error: { code: -32_000, message } }, { status }) }
  }

  test.each(cases)('%s', async (_name, table, outcome) => {
    expect(await through(table).chain.broadcast(await signed)).toMatchObject(outcome)
  })

  test.each([
    ['late servers have, when finality is faster', 990n, 968n],
    ['is final, when finality is slower', 900n, 900n],
  ])('the nonce is counted at a block that %s', async (_name, final, height) => {
    const asked: unknown[] = []
    const eth_getTransactionCount: Handler = ([, block]) => {
      asked.push(block)
      return '0x8'
    }
    const table = { ...says('nonce too low'), ...absent, ...headOf(final), eth_getTransactionCount }
    await through(table).chain.broadcast(await signed)
    expect(asked).toEqual([hex(height)])
  })

  test('a transaction that shows up while we look is accepted', async () => {
    let looks = 0
    const eth_getTransactionReceipt = () => {
      looks += 1
      return looks > 1 ? {} : null
    }
    const table = { ...says('nonce too low'), ...absent, ...head, eth_getTransactionCount: () => '0x8' }
    const outcome = await through({ ...table, eth_getTransactionReceipt }).chain.broadcast(await signed)
    expect(outcome.kind).toBe('accepted')
  })

  describe('over two nodes', () => {
    const pair = async (
      first: Readonly<Record<string, Handler>>,
      second: Readonly<Record<string, Handler>>,
    ) => {
      const [one, two] = [first, second].map((table) => fakeNode(table))
      const urls = ['https://one.example/', 'https://two.example/']
      const { chain } = through(
        {},
        {
          rpcUrl: urls,
          fetch: (input, init) => {
            const request = new Request(input, init)
            const node = request.url === urls[0] ? one : two
            return node?.(request) ?? Promise.reject(new Error('no node'))
          },
        },
      )
      return chain.broadcast(await signed)
    }
    const takes = { eth_sendRawTransaction: async () => (await signed).hash }
    const lost = { eth_sendRawTransaction: () => Promise.reject(new TypeError('terminated')) }
    const unsent = {
      eth_sendRawTransaction: () =>
        Promise.reject(Object.assign(new TypeError('fetch failed'), { cause: { code: 'ECONNREFUSED' } })),
    }
    const refuses = says('invalid sender')
    const rows: readonly [string, object, object, string][] = [
      ['lost, taken', lost, takes, 'accepted'],
      ['unsent, taken', unsent, takes, 'accepted'],
      ['lost, refused', lost, refuses, 'unknown'],
      ['unsent, refused', unsent, refuses, 'declined'],
      ['lost, unsent', lost, unsent, 'unknown'],
      ['unsent, lost', unsent, lost, 'unknown'],
      ['unsent, unsent', unsent, unsent, 'not_sent'],
    ]
    test.each(rows)('%s', async (_name, first, second, kind) => {
      expect((await pair(first as typeof takes, second as typeof takes)).kind).toBe(kind)
    })
  })

  test('a node that is not there was not told', async () => {
    const { chain } = through({}, { rpcUrl: await refusingUrl(), fetch: globalThis.fetch })
    expect((await chain.broadcast(await signed)).kind).toBe('not_sent')
  })
})

describe('status', () => {
  const receipt = {
    transactionHash: word(9n),
    blockNumber: '0x10',
    blockHash: word(1n),
    transactionIndex: '0x0',
    status: '0x1',
    from: FROM,
    to: TO,
    logs: [],
    gasUsed: '0x5208',
    effectiveGasPrice: '0x2',
  }
  const block = { number: '0x10', hash: word(1n), parentHash: word(2n), timestamp: '0x1' }
  const table = (changes: object, transaction: unknown = {}) => ({
    eth_getTransactionReceipt: () => ({ ...receipt, ...changes }),
    eth_getTransactionByHash: () => transaction,
    eth_getBlockByNumber: () => block,
  })

  test('the fee is gas used times the price paid, and the layer-1 fee where there is one', async () => {
    const feeOf = async (changes: object) => {
      const status = await through(table(changes)).chain.status(word(9n))
      return status.kind === 'mined' ? status.fee : status
    }
    expect(await feeOf({})).toEqual(Money.of(42_000n, NATIVE))
    expect(await feeOf({ l1Fee: '0x64' })).toEqual(Money.of(42_100n, NATIVE))
  })

  test('a receipt of a block that is not on the chain says nothing', async () => {
    const orphaned = table({ blockHash: word(3n) })
    expect(await through(orphaned).chain.status(word(9n))).toEqual({ kind: 'absent' })
  })

  test.each([
    ['no status', { status: undefined }],
    ['no price', { effectiveGasPrice: null }],
    ['another hash', { transactionHash: word(8n) }],
  ])('a receipt with %s is no receipt', async (_name, changes) => {
    await expect(through(table(changes)).chain.status(word(9n))).rejects.toMatchObject({
      kind: 'unexpected_answer',
    })
  })

  test('trouble throws, and is never absence', async () => {
    const eth_getTransactionReceipt = () => refusal(-32_603, 'internal error')
    await expect(through({ eth_getTransactionReceipt }).chain.status(word(9n))).rejects.toMatchObject({
      kind: 'unavailable',
    })
    await expect(through({}).chain.status('0x12')).rejects.toMatchObject({ kind: 'invalid_request' })
  })
})
