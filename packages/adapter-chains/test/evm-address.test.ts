import { evm } from '@lastro/adapter-chains/evm'
import { ASSETS, NETWORKS } from '@lastro/core/spec'
import { describe, expect, test } from 'vitest'
import { vectors } from './vectors.ts'

const chainOf = (network: string) =>
  evm({ network: network as keyof typeof NETWORKS, rpcUrl: 'http://127.0.0.1:1' }).chain
const RULES: Readonly<Record<string, string>> = {
  FORMAT: 'format',
  CHECKSUM: 'checksum',
  BURN_ADDRESS: 'burn_address',
}
const contracts = new Set(ASSETS.map(({ network, contract }) => `${network} ${contract}`))

describe('parseAddress', () => {
  test.each(vectors.addresses)('$network $input', ({ network, input, normalized, code }) => {
    const parsed = chainOf(network).parseAddress(input)
    if (contracts.has(`${network} ${input}`)) expect(parsed).toEqual({ ok: false, rule: 'token_contract' })
    else if (code === undefined) expect(parsed).toEqual({ ok: true, address: normalized })
    else expect(parsed).toEqual({ ok: false, rule: RULES[code] })
  })

  test('white space around it is not part of it', () => {
    expect(chainOf('base').parseAddress(' 0x5aaeb6053f3e94c9b9a09f33669435e7ef1beaed\n')).toEqual({
      ok: true,
      address: '0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed',
    })
  })

  test.each([
    '46'.repeat(32),
    `0x${'46'.repeat(32)}`,
    'abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon abandon about',
    'xprv9s21ZrQH143K3QTDL4LXw2F7HEK3wJUD2nW2nRk4stbPy6cq3jPPqjiChkVvvNKmPGJxWUtg6LnF5kejMRNNU3TGtRBeJgk33yuGBxrMPHi',
    'KwDiBf89QgGbjEhKnhXJuH7LrciVrZi3qYjgd9M7rFU73sVHnoWn',
    'SBZVMB74Z76QZ3ZOY7UTDFYKMEGKW5XFJEB6PFKBF4UYSSWHG4EDH7PY',
    'sn259rEFXrQrWyx3Q7XneWcwV6dfL',
  ])('a pasted secret is told as one (%#)', (text) => {
    const parsed = chainOf('ethereum').parseAddress(text)
    expect(parsed).toEqual({ ok: false, rule: 'private_key' })
    expect(JSON.stringify(parsed)).not.toContain(text)
  })

  test.each(['', 'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb', '0x', 'null', `0x${'zz'.repeat(20)}`])(
    '"%s" has no form',
    (text) => {
      expect(chainOf('ethereum').parseAddress(text)).toEqual({ ok: false, rule: 'format' })
    },
  )

  test('a token is no destination, even one that the host does not accept', () => {
    const usdt = '0xdAC17F958D2ee523a2206206994597C13D831ec7'
    const { chain } = evm({ network: 'ethereum', rpcUrl: 'http://127.0.0.1:1', tokens: [] })
    expect(chain.parseAddress(usdt)).toEqual({ ok: false, rule: 'token_contract' })
    expect(chainOf('bsc').parseAddress(usdt)).toMatchObject({ ok: true })
  })
})

test.each(vectors.derivations.filter(({ curve }) => curve === 'secp256k1'))('the address of $path', (row) => {
  const { addressOf } = chainOf(row.network)
  expect(addressOf(Buffer.from(row.publicKey, 'hex'))).toBe(row.address)
})

test('a public key of another form is refused', () => {
  const { addressOf } = chainOf('ethereum')
  for (const bytes of [new Uint8Array(0), new Uint8Array(32), new Uint8Array(33)]) {
    expect(() => addressOf(bytes)).toThrow('publicKey is no secp256k1 public key')
  }
})

test('the key refs are BIP-44 with the index last', () => {
  const { keyRef } = chainOf('polygon')
  expect(keyRef(0)).toEqual({ curve: 'secp256k1', path: "m/44'/60'/0'/0/0" })
  expect(keyRef(2_147_483_647).path).toBe("m/44'/60'/0'/0/2147483647")
  for (const index of [-1, 0.5, 2_147_483_648, Number.NaN])
    expect(() => keyRef(index)).toThrow('index must be')
})

describe('the tables of networks and assets', () => {
  test.each(Object.values(NETWORKS))('$id is an EVM network with its native asset', (network) => {
    expect(network).toMatchObject({ family: 'evm', isTest: false })
    expect(NETWORKS[network.id as keyof typeof NETWORKS]).toBe(network)
    expect(network.nativeAsset).toMatch(new RegExp(`\\.${network.id}/18$`))
    expect(chainOf(network.id).assets[0]).toBe(network.nativeAsset)
    expect(ASSETS.filter((row) => row.network === network.id && row.contract === null)).toMatchObject([
      { asset: network.nativeAsset },
    ])
  })

  // With `tokens` given, each contract's checksum is checked.
  test.each(Object.keys(NETWORKS))('the contracts of %s have their checksums', (network) => {
    const tokens = ASSETS.filter((row) => row.network === network)
    const { chain } = evm({ network: network as keyof typeof NETWORKS, rpcUrl: 'http://127.0.0.1:1', tokens })
    expect(chain.assets).toEqual(tokens.map(({ asset }) => asset))
  })
})
