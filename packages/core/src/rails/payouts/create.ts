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
import { sha256Hex } from '../../platform/node.ts'
import { type Destination, Money } from '../../spec/index.ts'
import { type PayoutDeps, type PayoutRail, type PayoutWork, railOf } from './context.ts'
import { submitPayout } from './jobs.ts'
import type { Payout } from './payout.ts'
import { defaultSource, holdMoney, openPayoutAccounts } from './transition.ts'

/** A destination's form; whether the provider takes it is checked after. */
export const destinationSchema = z.discriminatedUnion(
  'kind',
  [
    z.strictObject({
      kind: z.literal('pix_key'),
      key: boundedText(77),
      ownerDocument: boundedText(18).optional(),
    }),
    z.strictObject({
      kind: z.literal('bank_account'),
      name: boundedText(120),
      document: boundedText(18),
      ispb: z.string().regex(/^[0-9A-Z]{8}$/, 'must be 8 characters'),
      branch: boundedText(4),
      number: boundedText(20),
      type: z.enum(['checking', 'savings'], { error: 'must be checking or savings' }),
    }),
    z.strictObject({
      kind: z.literal('address'),
      network: boundedText(64),
      address: boundedText(128),
      memo: boundedText(128).optional(),
    }),
    z.strictObject({ kind: z.literal('provider_user'), user: boundedText(128) }),
  ],
  { error: 'must have a kind: pix_key, bank_account, address or provider_user' },
)

const schema = z.strictObject({
  provider: boundedText(64),
  amount: positiveMoneySchema,
  destination: destinationSchema,
  description: boundedText(140).optional(),
  source: boundedText(128).optional(),
  correlation: boundedText(128).optional(),
  idempotencyKey: idempotencyKeySchema,
})

/** What a payout is made of. */
export interface CreatePayout {
  /** The name the host gave a provider that fills the payouts port. */
  readonly provider: string
  readonly amount: Money
  readonly destination: Destination
  /** For the payee's statement, 140 characters at most. */
  readonly description?: string
  /** The ledger account that pays. Default `clearing:payouts:<asset>`, which may go below zero. */
  readonly source?: string
  /** The intent that wants it, for the timeline. Default: the payout itself. */
  readonly correlation?: string
  /** The name of this intent: the same for every attempt of yours to create it. */
  readonly idempotencyKey: string
}

/** Creates a payout inside the caller's transaction: the row, the hold, the job and the event. */
export function createPayout<T extends PayoutWork>(
  deps: PayoutDeps<T>,
  tx: T,
  input: CreatePayout,
): Promise<Payout> {
  const parsed = parseInput(schema, input)
  const { port } = checkRail(deps, input)
  const at = deps.clock.now()
  const { idempotencyKey: key, ...body } = parsed
  return once(tx, { operation: 'payouts.create', key, body, at }, async () => {
    const id = deps.ids.next('pout')
    const payout: Payout = {
      id,
      provider: input.provider,
      state: 'created',
      amount: input.amount,
      destination: input.destination,
      description: input.description ?? null,
      sourceAccount: input.source ?? defaultSource(input.amount.asset),
      correlation: input.correlation ?? id,
      attempts: 0,
      providerRef: port.refFor?.(id) ?? null,
      endToEndId: null,
      reason: null,
      detail: null,
      returned: Money.zero(input.amount.asset),
      createdAt: at,
      updatedAt: at,
      submittedAt: null,
      version: 1,
    }
    await openPayoutAccounts(tx, payout)
    await holdMoney(tx, payout)
    await tx.payouts.insert(payout)
    await tx.jobs.enqueue(submitPayout, { payoutId: id, lane: laneOf(payout, port.concurrency) })
    await tx.events.append({
      type: 'payout.created',
      subject: id,
      correlation: payout.correlation,
      data: {
        provider: payout.provider,
        amount: Money.toJson(payout.amount),
      },
      at,
    })
    return payout
  })
}

/** The lane of a payout: as many per provider as it takes at once, so that a slow one blocks few others. */
export function laneOf(payout: Pick<Payout, 'id' | 'provider'>, concurrency: number): string {
  const width = Math.max(1, Math.trunc(concurrency))
  return `${payout.provider}:${Number.parseInt(sha256Hex(payout.id).slice(0, 8), 16) % width}`
}

/**
 * The rail, when it can send this asset to this destination; `at` is where the destination stands in the input.
 * @throws LastroError `provider_missing`, `invalid_input`.
 */
export function checkRail(
  deps: Pick<PayoutDeps, 'rails'>,
  input: Pick<CreatePayout, 'provider' | 'amount' | 'destination'>,
  { at = '' }: { readonly at?: string } = {},
): PayoutRail {
  const found = railOf(deps, input.provider)
  if (found === undefined)
    throw new LastroError('provider_missing', { provider: input.provider, port: 'payouts' })
  const { port } = found
  if (!port.assets.includes(input.amount.asset)) {
    refuse(
      'amount.asset',
      `${input.provider} does not pay ${input.amount.asset}, only ${port.assets.join(', ')}`,
    )
  }
  if (!port.destinations.includes(input.destination.kind)) {
    refuse(
      `${at}destination.kind`,
      `${input.provider} does not pay to ${input.destination.kind}, only ${port.destinations.join(', ')}`,
    )
  }
  const broken = port.checkDestination?.(input.destination) ?? null
  if (broken !== null) refuse(`${at}destination`, broken)
  return found
}
