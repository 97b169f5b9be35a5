import { createHash } from 'node:crypto'
import { type AssetId, Money, reveal, type Secret } from '@lastro/core/spec'
import type { NetworkFacts } from './networks.ts'
import { misconfigured } from './options.ts'
import { stellar } from './stellar.ts'

/** One payment of native Pi, before it is signed. Times are whole seconds since 1970. */
export interface Order {
  readonly from: string
  readonly to: string
  readonly amount: Money
  /** Pi's id of the payment. 28 bytes of UTF-8 at most. */
  readonly memo: string
  /** Of the account now; the transaction takes the next one. */
  readonly sequence: string
  /** In units of 0.0000001 Pi. */
  readonly fee: bigint
  readonly notBefore: bigint
  readonly notAfter: bigint
}

/** A signed transaction. */
export interface Signed {
  /** 64 hexadecimal digits in lower case. */
  readonly hash: string
  /** Base64 of the envelope, as Horizon takes it. */
  readonly envelope: string
}

/** What a single payment of native Pi says of itself. */
export interface ReadOrder {
  readonly to: string
  readonly amount: Money
  readonly notBefore: bigint
}

const MEMO_BYTES = 28
/** Marks lie before September 2001, so as a lower time bound they are always in the past. */
const MARKS = 1_000_000_000

/** True when the text fits into a text memo. */
export const fitsMemo = (text: string): boolean => text !== '' && Buffer.byteLength(text) <= MEMO_BYTES

/**
 * The mark of a key, from 1 to 1 000 000 000. Two keys may share one, so it only narrows a search; the payment's own
 * metadata decides.
 */
export function markOf(idempotencyKey: string): bigint {
  const digest = createHash('sha256').update(`lastro:${idempotencyKey}`).digest()
  return BigInt(digest.readUIntBE(0, 6) % MARKS) + 1n
}

/**
 * The address of a wallet.
 * @throws ProviderError `misconfigured` when the seed's checksum is wrong. The seed is never in it.
 */
export function addressOf(seed: Secret): string {
  return keypairOf(seed).publicKey()
}

function keypairOf(seed: Secret) {
  const { Keypair, StrKey } = stellar()
  const text = reveal(seed)
  if (!StrKey.isValidEd25519SecretSeed(text))
    throw misconfigured('options.walletSeed: must be a wallet seed, and its checksum is wrong')
  return Keypair.fromSecret(text)
}

/** Builds and signs the transaction of an order. The same order gives the same bytes. */
export function signOrder(
  order: Order,
  given: { readonly seed: Secret; readonly facts: NetworkFacts },
): Signed {
  const { Account, Asset, Memo, Operation, TransactionBuilder } = stellar()
  const transaction = new TransactionBuilder(new Account(order.from, order.sequence), {
    fee: order.fee.toString(),
    networkPassphrase: given.facts.passphrase,
    timebounds: { minTime: order.notBefore.toString(), maxTime: order.notAfter.toString() },
    memo: Memo.text(order.memo),
  })
    .addOperation(
      Operation.payment({
        destination: order.to,
        asset: Asset.native(),
        amount: Money.format(order.amount),
      }),
    )
    .build()
  transaction.sign(keypairOf(given.seed))
  return { hash: Buffer.from(transaction.hash()).toString('hex'), envelope: transaction.toXdr() }
}

/** Reads an envelope, or null when it is anything but one payment of native Pi. */
export function readEnvelope(
  envelope: string,
  facts: { readonly passphrase: string; readonly asset: AssetId },
): ReadOrder | null {
  const { TransactionBuilder } = stellar()
  try {
    const transaction = TransactionBuilder.fromXdr(envelope, facts.passphrase)
    if (!('source' in transaction) || transaction.operations.length !== 1) return null
    const [operation] = transaction.operations
    if (operation?.type !== 'payment' || !operation.asset.isNative()) return null
    const amount = Money.parse(operation.amount, facts.asset)
    return { to: operation.destination, amount, notBefore: BigInt(transaction.timeBounds?.minTime ?? '0') }
  } catch {
    return null
  }
}
