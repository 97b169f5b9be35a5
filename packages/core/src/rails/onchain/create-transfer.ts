import { z } from 'zod'
import { LastroError } from '../../platform/errors/index.ts'
import { once } from '../../platform/idempotency/index.ts'
import {
  boundedText,
  idempotencyKeySchema,
  parseInput,
  positiveMoneySchema,
  refuse,
} from '../../platform/input.ts'
import { type ChainProvider, Money } from '../../spec/index.ts'
import { type OnchainAddress, SYSTEM_INDEX } from './address.ts'
import { holdTransfer } from './booking.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork, signerOf } from './context.ts'
import { sendJob } from './jobs.ts'
import type { OnchainTransfer } from './transfer.ts'

const schema = z.strictObject({
  provider: boundedText(64),
  from: boundedText(128).optional(),
  to: boundedText(200),
  amount: positiveMoneySchema,
  sourceAccount: boundedText(128),
  correlation: boundedText(128).optional(),
  idempotencyKey: idempotencyKeySchema,
})

/** What a transfer is made of. */
export interface CreateTransfer {
  /** The host's name of the chain provider. */
  readonly provider: string
  /** An address of ours. Default: the system wallet. */
  readonly from?: string
  readonly to: string
  readonly amount: Money
  /** The ledger account that pays. Held at once, posted when the transfer is final. The network's fee is an expense. */
  readonly sourceAccount: string
  /** The intent that wants it, for the timeline. Default: the transfer itself. */
  readonly correlation?: string
  /** The name of this intent: the same for every attempt of yours to create it. */
  readonly idempotencyKey: string
}

/** Creates a transfer inside the caller's transaction: the row, the hold, the job and the event. No network. */
export async function createTransfer<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  input: CreateTransfer,
): Promise<OnchainTransfer> {
  const { idempotencyKey: key, ...body } = parseInput(schema, input)
  const chain = chainOf(context, body.provider)
  signerOf(context)
  checkAsset(chain, input)
  const to = checkAddress(chain, { field: 'to', text: body.to })
  const from = body.from === undefined ? null : checkAddress(chain, { field: 'from', text: body.from })
  const at = context.clock.now()
  return once(
    tx,
    { operation: 'onchain.transfers.create', key, body: { ...body, to, from }, at },
    async () => {
      const wallet = await findWallet(tx, { provider: body.provider, from })
      const transfer = newTransfer(context, { wallet, to, input })
      await holdTransfer(tx, transfer)
      await insertTransfer(tx, transfer)
      return transfer
    },
  )
}

/** Writes a new transfer with its job and event. */
export async function insertTransfer(tx: OnchainWork, transfer: OnchainTransfer): Promise<void> {
  const { id, provider, from, correlation, createdAt: at } = transfer
  await tx.onchain.transfers.insert(transfer)
  await tx.jobs.enqueue(sendJob, { transferId: id, provider, from }, { dedupeKey: id })
  const data = {
    provider,
    kind: transfer.kind,
    from,
    to: transfer.to,
    amount: { ...Money.toJson(transfer.amount) },
  }
  await tx.events.append({ type: 'transfer.created', subject: id, correlation, data, at })
}

/** A transfer that nothing has happened to yet. Without an input it is a `fill`: one unit, to the wallet itself. */
export function newTransfer(
  context: Pick<OnchainParts, 'clock' | 'ids' | 'options' | 'chains'>,
  made: { readonly wallet: OnchainAddress; readonly to: string; readonly input: CreateTransfer | null },
): OnchainTransfer {
  const { wallet, to, input } = made
  const at = context.clock.now()
  const id = context.ids.next('otx')
  return {
    id,
    provider: wallet.provider,
    network: wallet.network,
    kind: input === null ? 'fill' : 'payment',
    from: wallet.address,
    fromIndex: wallet.index,
    to,
    amount: input?.amount ?? Money.of(1n, chainOf(context, wallet.provider).network.nativeAsset),
    sourceAccount: input?.sourceAccount ?? null,
    correlation: input?.correlation ?? id,
    state: 'created',
    sequence: null,
    transactionHash: null,
    block: null,
    succeeded: null,
    networkFee: null,
    failure: null,
    detail: null,
    displacedBy: null,
    unfundedSince: null,
    tries: 0,
    dueAt: new Date(at.getTime() + context.options.retryBaseMs),
    createdAt: at,
    updatedAt: at,
    sentAt: null,
    settledAt: null,
    version: 1,
  }
}

function checkAsset(chain: ChainProvider, { provider, amount }: CreateTransfer): void {
  if (chain.assets.includes(amount.asset)) return
  refuse('amount.asset', `${provider} does not send ${amount.asset}, only ${chain.assets.join(', ')}`)
}

/** The address in its normal form. The value itself never reaches the error: it may be a pasted key. */
function checkAddress(
  chain: ChainProvider,
  value: { readonly field: string; readonly text: string },
): string {
  const parsed = chain.parseAddress(value.text)
  return parsed.ok ? parsed.address : refuse(value.field, parsed.rule)
}

async function findWallet(
  tx: OnchainWork,
  wanted: { readonly provider: string; readonly from: string | null },
): Promise<OnchainAddress> {
  const { provider, from } = wanted
  const { addresses } = tx.onchain
  const found =
    from === null
      ? await addresses.byIndex({ provider, index: SYSTEM_INDEX })
      : await addresses.get({ provider, address: from })
  if (found !== null) return found
  throw new LastroError('not_found', {
    kind: from === null ? 'system wallet' : 'address',
    id: from ?? provider,
  })
}
