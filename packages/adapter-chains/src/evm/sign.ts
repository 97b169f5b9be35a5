import { type BuildTransfer, isProviderError, type SignedTransfer, type Signer } from '@lastro/core/spec'
import { addressOf, requireAddress } from './address.ts'
import { transferCall } from './calls.ts'
import type { EvmContext } from './context.ts'
import { parseFee } from './fees.ts'
import { ethers } from './library.ts'
import { invalidRequest, unavailable, unexpectedAnswer } from './trouble.ts'

/** The order of secp256k1 (SEC 2, section 2.4.1). */
const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n
const MAX_NONCE = 2n ** 53n

/** What the signer answers, or its trouble as ours. Its own `ProviderError` passes as it is. */
async function ask<T>(id: string, what: string, answer: () => Promise<T>): Promise<T> {
  try {
    return await answer()
  } catch (cause) {
    if (isProviderError(cause)) throw cause
    throw unavailable(id, `the signer could not be asked for ${what}.`, { cause })
  }
}

/** Two hex words, with the `s` that nodes take: HSMs and KMSes answer the high one half of the time (EIP-2). */
function lowS(id: string, signature: Uint8Array): { readonly r: string; readonly s: string } {
  if (signature.length !== 64) throw unexpectedAnswer(id, 'the signer answered no r‖s of 64 bytes.')
  const hex = Buffer.from(signature).toString('hex')
  const s = BigInt(`0x${hex.slice(64)}`)
  const low = s > ORDER / 2n ? ORDER - s : s
  return { r: `0x${hex.slice(0, 64)}`, s: `0x${low.toString(16).padStart(64, '0')}` }
}

/** Finds the recovery bit, which HSMs do not tell, by trying both. Null when neither gives the address. */
function recover({ digest, r, s, from }: { digest: string; r: string; s: string; from: string }) {
  const { crypto, transaction } = ethers()
  for (const yParity of [0, 1] as const) {
    try {
      const signature = crypto.Signature.from({ r, s, yParity })
      if (transaction.recoverAddress(digest, signature) === from) return signature
    } catch {
      // No point of the curve has this r: the other parity will not match either.
    }
  }
  return null
}

/**
 * Builds a type-2 transaction (EIP-1559) and has it signed. Asks no network, and decides nothing: nonce and fee are
 * given. A signature that does not recover to `from` is refused, so no bytes leave that could move other money.
 * @throws ProviderError `invalid_request` for a transfer that cannot be; `unexpected_answer` for a wrong signature.
 */
export async function signTransfer(
  context: EvmContext,
  transfer: BuildTransfer,
  signer: Signer,
): Promise<SignedTransfer> {
  const { id, chainId } = context
  const call = transferCall(context, transfer)
  const from = requireAddress(context, { field: 'from', text: transfer.from })
  const { gasLimit, maxFeePerGas, maxPriorityFeePerGas } = parseFee(context, transfer.fee)
  const { sequence, key } = transfer
  if (sequence < 0n || sequence >= MAX_NONCE) throw invalidRequest(id, 'sequence is no nonce.')
  const publicKey = await ask(id, 'a public key', () => signer.publicKey(key))
  if (addressOf(id, publicKey) !== from) throw invalidRequest(id, 'key does not control from.')
  const unsigned = ethers().transaction.Transaction.from({
    type: 2,
    chainId,
    nonce: Number.parseInt(sequence.toString(), 10),
    gasLimit,
    maxFeePerGas,
    maxPriorityFeePerGas,
    ...call,
  })
  const digest = unsigned.unsignedHash
  const answer = await ask(id, 'a signature', () => signer.sign(key, Buffer.from(digest.slice(2), 'hex')))
  const signature = recover({ digest, from, ...lowS(id, answer) })
  if (signature === null) throw unexpectedAnswer(id, 'the signature is not of the key that was asked.')
  unsigned.signature = signature
  const { serialized, hash } = unsigned
  if (hash === null) throw unexpectedAnswer(id, 'the signed transaction has no hash.')
  return { raw: serialized, hash }
}
