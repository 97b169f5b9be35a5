/** A bank for tests of the engine: does what it is told, and remembers what really happened. */
import {
  accepted,
  type Destination,
  declined,
  type Money,
  type Outcome,
  type PayoutProvider,
  type ProviderPayout,
  type SubmitPayout,
  unknown,
} from '@lastro/core/spec'

/** What happens to the next submits, in order. Without one the bank accepts. */
export type Behaviour =
  | 'accept'
  | 'settle'
  | 'lose_answer'
  | 'lose_request'
  | 'not_sent'
  | 'decline'
  | 'throw'
  | 'hang'

export interface Bank {
  readonly port: PayoutProvider
  readonly next: Behaviour[]
  /** Submits that arrived, effect or not. */
  readonly submits: SubmitPayout[]
  /** Money that really moved, by key. */
  readonly moved: Map<string, ProviderPayout>
  isDown: boolean
  settle(key: string): void
  /** Part or all of a paid payout comes back. */
  giveBack(key: string, amount: bigint): void
}

export function createBank(options: { conclusiveAfterMs?: number; refFor?: boolean } = {}): Bank {
  const moved = new Map<string, ProviderPayout>()
  const next: Behaviour[] = []
  const submits: SubmitPayout[] = []
  const record = (request: SubmitPayout, state: ProviderPayout['state']): ProviderPayout => {
    const { idempotencyKey, amount } = request
    const known = moved.get(idempotencyKey)
    if (known !== undefined) return known
    const payout = {
      idempotencyKey,
      amount,
      state,
      providerRef: `ref-${idempotencyKey}`,
      endToEndId: `E-${idempotencyKey}`,
    }
    moved.set(idempotencyKey, payout)
    return payout
  }
  const bank: Bank = {
    next,
    submits,
    moved,
    isDown: false,
    settle: (key) => {
      const payout = moved.get(key)
      if (payout === undefined) throw new Error(`nothing moved for ${key}`)
      moved.set(key, { ...payout, state: 'paid' })
    },
    giveBack: (key, amount) => {
      const payout = moved.get(key)
      if (payout === undefined) throw new Error(`nothing moved for ${key}`)
      const returnedAmount = { amount, asset: payout.amount.asset }
      moved.set(key, {
        ...payout,
        state: amount === payout.amount.amount ? 'returned' : 'paid',
        returnedAmount,
      })
    },
    port: {
      specVersion: 1,
      assets: ['BRL/2'],
      destinations: ['pix_key'],
      conclusiveAfterMs: options.conclusiveAfterMs ?? 60_000,
      concurrency: 4,
      ...(options.refFor === true ? { refFor: (key: string) => `ref-${key}` } : {}),
      checkDestination: (destination: Destination) =>
        destination.kind === 'pix_key' && destination.key === 'nobody' ? 'is no Pix key' : null,
      async submit(request): Promise<Outcome<ProviderPayout>> {
        submits.push(request)
        const behaviour = next.shift() ?? 'accept'
        if (behaviour === 'accept') return accepted(record(request, 'pending'))
        if (behaviour === 'settle') return accepted(record(request, 'paid'))
        if (behaviour === 'decline') return declined('invalid_destination', 'no such key')
        if (behaviour === 'not_sent') return { kind: 'not_sent', cause: new Error('ECONNREFUSED') }
        if (behaviour === 'lose_request') return unknown(new Error('timed out, and it had no effect'))
        record(request, 'pending')
        if (behaviour === 'throw') throw new TypeError('a bug in the adapter, after the request')
        if (behaviour === 'hang') return new Promise(() => undefined)
        return unknown(new Error('timed out, after the effect'))
      },
      balance: async (asset) => ({ amount: 100_00n, asset }),
      async find({ idempotencyKey, providerRef }) {
        if (bank.isDown) throw new Error('the bank is down')
        const byRef = [...moved.values()].find((payout) => payout.providerRef === providerRef)
        return moved.get(idempotencyKey) ?? byRef ?? null
      },
    },
  }
  return bank
}

/** R$ 12.34 */
export const AMOUNT: Money = { amount: 1234n, asset: 'BRL/2' }
/** Somebody's e-mail key. */
export const DESTINATION: Destination = { kind: 'pix_key', key: 'maria@example.com' }
