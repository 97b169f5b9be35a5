/** A closed loop: so many callers, each posting its next transfer as soon as the last was answered. */
import type { NewTransfer, TransferResult } from '../../packages/core/src/storage.ts'

/** One transfer at a time, by whatever path is measured. */
export type PostOne = (transfer: NewTransfer) => Promise<TransferResult>

/** What is driven. */
export interface Load {
  /** Names the ids of this run, so that they can be looked for afterwards. */
  readonly run: string
  readonly concurrency: number
  /** `hot`: every transfer touches account 0. `uniform`: both accounts at random. */
  readonly accounts: 'uniform' | 'hot'
}

/** What came of it. */
export interface Measured {
  /** Transfers answered within the time. */
  readonly count: number
  readonly seconds: number
  readonly p50Ms: number
  readonly p99Ms: number
}

/** How many accounts there are. */
export const ACCOUNTS = 1_000
/** The asset of all of them. */
export const ASSET = 'BRL/2' as const

/** The id of an account. */
export const accountId = (index: number) => `account:${String(index).padStart(4, '0')}`

/** Transfers without end; `made()` says how many. */
export function transferSource({ run, accounts }: Load): { next(): NewTransfer; made(): number } {
  let made = 0
  const random = (below: number) => Math.floor(Math.random() * below)
  const next = (): NewTransfer => {
    const one = accounts === 'hot' ? 0 : random(ACCOUNTS)
    const other = (one + 1 + random(ACCOUNTS - 1)) % ACCOUNTS
    const [debit, credit] = made % 2 === 0 ? [one, other] : [other, one]
    const id = `${run}.${String(made).padStart(9, '0')}`
    made += 1
    return {
      kind: 'posted',
      id,
      cause: `payout_${id}`,
      debit: accountId(debit),
      credit: accountId(credit),
      amount: { amount: BigInt(1 + random(10_000)), asset: ASSET },
    }
  }
  return { next, made: () => made }
}

/** Drives the load for a while and answers when every call was answered. */
export async function drive(
  post: PostOne,
  {
    load,
    source,
    ms,
  }: { readonly load: Load; readonly source: { next(): NewTransfer }; readonly ms: number },
): Promise<Measured> {
  const started = performance.now()
  const end = started + ms
  const times: number[] = []
  const caller = async () => {
    for (let now = performance.now(); now < end; ) {
      const transfer = source.next()
      const result = await post(transfer)
      if (result.status !== 'accepted' || result.id !== transfer.id)
        throw new Error(`${transfer.id} was answered ${JSON.stringify(result.status)} for ${result.id}.`)
      const done = performance.now()
      times.push(done - now)
      now = done
    }
  }
  await Promise.all(Array.from({ length: load.concurrency }, caller))
  const seconds = (performance.now() - started) / 1000
  const sorted = Float64Array.from(times).sort()
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { count: times.length, seconds, p50Ms: at(0.5), p99Ms: at(0.99) }
}
