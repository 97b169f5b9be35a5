import type { Rail } from '../../platform/policies/index.ts'
import type { ChainProvider } from '../../spec/index.ts'

/**
 * The same provider behind its rail: every call that reaches the network is refused inside a transaction, limited in
 * number, and rests while the provider is down. Pure functions pass as they are.
 */
export function guardChain(chain: ChainProvider, rail: Rail): ChainProvider {
  return {
    specVersion: chain.specVersion,
    network: chain.network,
    assets: chain.assets,
    addressOf: (publicKey) => chain.addressOf(publicKey),
    keyRef: (index) => chain.keyRef(index),
    parseAddress: (text) => chain.parseAddress(text),
    head: (signal) => rail.read('chain.head', () => chain.head(signal)),
    blockAt: (height, signal) => rail.read('chain.blockAt', () => chain.blockAt(height, signal)),
    deposits: (query) => rail.read('chain.deposits', () => chain.deposits(query)),
    balance: (query) => rail.read('chain.balance', () => chain.balance(query)),
    history: (query) => rail.read('chain.history', () => chain.history(query)),
    sequence: (address, signal) => rail.read('chain.sequence', () => chain.sequence(address, signal)),
    estimateFee: (query) => rail.read('chain.estimateFee', () => chain.estimateFee(query)),
    // Asks the signer and not the network: its trouble must not close the way to the network.
    sign: (transfer, signer) => chain.sign(transfer, signer),
    broadcast: (signed, signal) => rail.send('chain.broadcast', () => chain.broadcast(signed, signal)),
    status: (hash, signal) => rail.read('chain.status', () => chain.status(hash, signal)),
  }
}
