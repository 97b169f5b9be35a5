import { createKeystore, localKeystore } from '@lastro/adapter-chains/keystore'
import { Money } from '@lastro/core/spec'
import {
  type ChainFault,
  type ChainWorld,
  chainCases,
  registerCases,
  type SignerWorld,
  signerCases,
} from '@lastro/testing/conformance'
import { HDNodeWallet, Mnemonic } from 'ethers'
import { describe, test } from 'vitest'
import { NATIVE, SILENT, startWorld, USD } from './world.ts'

const coded = (code: string) => Object.assign(new TypeError('fetch failed'), { cause: { code } })

/** A fetch in which the faults happen. */
function faultyFetch(faults: Set<ChainFault>): typeof fetch {
  return async (input, init) => {
    if (faults.has('unreachable')) throw coded('ECONNREFUSED')
    const request = new Request(input, init)
    const isBroadcast = (await request.clone().text()).includes('eth_sendRawTransaction')
    const answer = await fetch(request)
    if (isBroadcast && faults.delete('lost_broadcast')) throw coded('UND_ERR_SOCKET')
    return answer
  }
}

async function createChainWorld(): Promise<ChainWorld> {
  const world = await startWorld()
  const { anvil, usd, silent, foreign, outsider, signer } = world
  const faults = new Set<ChainFault>()
  const { chain } = world.through({ fetch: faultyFetch(faults) })
  const tokens = { [USD]: usd, [SILENT]: silent }
  const pay = ({ to, amount }: { to: string; amount: Money }) =>
    amount.asset === NATIVE
      ? anvil.send({ to, value: amount.amount })
      : (tokens[amount.asset] ?? usd).mint(to, amount.amount)
  const fail = () => usd.transfer({ from: anvil.accounts[9] ?? '', to: world.wallet, amount: 1n })
  return {
    chain,
    signer,
    address: async () => world.freshAddress(),
    depositAssets: [NATIVE, USD, SILENT],
    largestDeposit: (asset) => (asset === NATIVE ? 10n ** 21n : 2n ** 128n),
    async deposit(deposit) {
      const transactionHash = await pay(deposit)
      const { height } = await anvil.mine()
      return { transactionHash, height }
    },
    async noise(to) {
      for (const asset of [NATIVE, USD, SILENT]) await pay({ to, amount: Money.of(0n, asset) })
      await foreign.mint(to, 5n)
      await outsider.forge({ from: usd.address, to, amount: 5n })
      await usd.transfer({ from: anvil.accounts[9] ?? '', to, amount: 5n })
      return (await anvil.mine()).height
    },
    mine: async (blocks) => {
      await anvil.mine(blocks)
    },
    reorg: async (depth) => {
      await anvil.reorg(depth)
    },
    async failed() {
      const hash = await fail()
      await anvil.mine()
      return hash
    },
    unknownHash: () => `0x${'ab'.repeat(32)}`,
    witness: {
      async balance(address, asset) {
        const token = tokens[asset]
        if (token !== undefined) return token.balanceOf(address)
        return BigInt(await anvil.rpc<string>('eth_getBalance', address, 'latest'))
      },
      async blockHash(height) {
        const block = await anvil.rpc<{ hash: string }>(
          'eth_getBlockByNumber',
          `0x${height.toString(16)}`,
          false,
        )
        return block.hash
      },
    },
    fault: (kind) => faults.add(kind),
    mend: () => faults.delete('unreachable'),
    close: () => anvil.stop(),
  }
}

const PASSPHRASE = 'canary-passphrase-7f3a'

async function createSignerWorld(): Promise<SignerWorld> {
  const mnemonic = 'legal winner thank year wave sausage worth useful legal winner thank yellow'
  const json = await createKeystore({ passphrase: PASSPHRASE, mnemonic, scryptN: 2 ** 14 })
  const restarted = () => localKeystore({ json, passphrase: PASSPHRASE }).signer
  const paths = ["m/44'/60'/0'/0/0", "m/44'/60'/0'/0/1"]
  const seed = Buffer.from(Mnemonic.fromPhrase(mnemonic).computeSeed().slice(2), 'hex')
  const privateKeys = paths.map((path) =>
    Buffer.from(HDNodeWallet.fromPhrase(mnemonic, '', path).privateKey.slice(2), 'hex'),
  )
  const wrong = localKeystore({ json, passphrase: 'not the passphrase' }).signer
  return {
    signer: restarted(),
    restarted,
    keys: [
      ...paths.map((path) => ({ curve: 'secp256k1', path }) as const),
      ...["m/44'/148'/0'", "m/44'/148'/1'"].map((path) => ({ curve: 'ed25519', path }) as const),
    ],
    material: [mnemonic, PASSPHRASE, seed, ...privateKeys],
    failures: [() => wrong.publicKey({ curve: 'secp256k1', path: 'm/0' })],
  }
}

describe('evm', () => registerCases(test, { cases: chainCases, createWorld: createChainWorld }))
describe('keystore', () => registerCases(test, { cases: signerCases, createWorld: createSignerWorld }))
