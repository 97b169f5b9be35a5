import type { Money } from '@lastro/core/spec'
import { surprise } from './client.ts'
import { readEnvelope } from './envelope.ts'
import { type ChainTransaction, type Horizon, PAGE_SIZE } from './horizon.ts'
import type { Settings } from './options.ts'

/** A transaction that the app's wallet sent. */
export interface SentTransaction {
  readonly hash: string
  readonly successful: boolean
  readonly sequence: bigint
  readonly createdAtMs: number
  readonly memo: string | null
  /** Null where it is no single payment of Pi. */
  readonly paid: { readonly to: string; readonly amount: Money; readonly notBefore: bigint } | null
}

/** What the app's wallet sent, as far back as the options say. */
export interface History {
  /**
   * Reads what is new and answers all of it. What is remembered between calls only saves reading: a new instance reads
   * the same from the chain.
   * @throws ProviderError when Horizon could not be asked, or the list does not end within the limit of pages.
   */
  refresh(signal?: AbortSignal): Promise<readonly SentTransaction[]>
}

/** A key of the map of what was sent. */
type Sent = Map<string, SentTransaction>

/** Follows the transactions of one address. */
export function createHistory(given: {
  readonly horizon: Horizon
  readonly settings: Settings
  readonly address: string
}): History {
  const { horizon, settings, address } = given
  const { clock, facts, lookBackMs, maxHistoryPages } = settings
  const sent: Sent = new Map()
  let cursor: string | null = null

  const keep = (records: readonly ChainTransaction[]): void => {
    for (const { hash, successful, source, sequence, createdAtMs, memo, envelope } of records) {
      if (source !== address || sent.has(hash)) continue
      const paid = memo === null ? null : readEnvelope(envelope, facts)
      sent.set(hash, { hash, successful, sequence, createdAtMs, memo, paid })
    }
  }
  const tooLong = () =>
    surprise(`the wallet has more transactions in lookBackMs than ${maxHistoryPages} pages hold.`)

  /** From the newest backwards, to the horizon. The cursor is set only once all of it was read. */
  const readBack = async (signal: AbortSignal | undefined): Promise<void> => {
    const horizonMs = clock.now().getTime() - lookBackMs
    let newest: string | null = null
    let at: string | null = null
    for (let count = 0; count < maxHistoryPages; count += 1) {
      const records: readonly ChainTransaction[] = await horizon.transactions(address, {
        cursor: at,
        order: 'desc',
        signal,
      })
      keep(records)
      newest ??= records[0]?.cursor ?? null
      const last = records.at(-1)
      if (last === undefined || records.length < PAGE_SIZE || last.createdAtMs < horizonMs) {
        cursor = newest
        return
      }
      at = last.cursor
    }
    throw tooLong()
  }
  const readOn = async (from: string, signal: AbortSignal | undefined): Promise<void> => {
    let at = from
    for (let count = 0; count < maxHistoryPages; count += 1) {
      const records = await horizon.transactions(address, { cursor: at, order: 'asc', signal })
      keep(records)
      at = records.at(-1)?.cursor ?? at
      cursor = at
      if (records.length < PAGE_SIZE) return
    }
    throw tooLong()
  }
  const forget = (): void => {
    const horizonMs = clock.now().getTime() - 2 * lookBackMs
    for (const [hash, { createdAtMs }] of sent) if (createdAtMs < horizonMs) sent.delete(hash)
  }
  return {
    async refresh(signal) {
      if (cursor === null) await readBack(signal)
      else await readOn(cursor, signal)
      forget()
      return [...sent.values()]
    },
  }
}

/** The newest sequence number that was used, or null when nothing was sent as far back as was looked. */
export function newestSequence(sent: readonly SentTransaction[]): bigint | null {
  return sent.reduce<bigint | null>(
    (newest, { sequence }) => (newest === null || sequence > newest ? sequence : newest),
    null,
  )
}
