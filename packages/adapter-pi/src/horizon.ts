import { type Answered, createHttp, type HttpResult, readError } from '@lastro/adapter-kit'
import { ProviderError } from '@lastro/core/spec'
import { z } from 'zod'
import { surprise } from './client.ts'
import { PROVIDER } from './networks.ts'
import { misconfigured, type Settings } from './options.ts'

/** A transaction as Horizon tells it. */
export interface ChainTransaction {
  /** 64 hexadecimal digits in lower case. */
  readonly hash: string
  /** False: applied as failed. Nothing was paid, and the sequence number is used. */
  readonly successful: boolean
  readonly source: string
  readonly sequence: bigint
  /** The text memo, or null where there is none or one of another type. */
  readonly memo: string | null
  readonly createdAtMs: number
  readonly envelope: string
  /** Its place in the list of all transactions. */
  readonly cursor: string
}

/** Where the chain is, as far as this Horizon has read it. */
export interface ChainHead {
  readonly closedAtMs: number
  readonly version: string
}

/** An account as Horizon tells it. */
export interface ChainAccount {
  readonly sequence: bigint
  /** When the sequence number last moved, where Horizon tells it (protocol 19). */
  readonly sequenceAtMs: number | null
  /** Native Pi, as Horizon writes it. */
  readonly balance: string | undefined
}

/** The chain, through one Horizon server. */
export interface Horizon {
  /** @throws ProviderError `misconfigured` when it serves another network; else when it could not be asked. */
  head(signal?: AbortSignal): Promise<ChainHead>
  /** Null: no such account. @throws ProviderError */
  account(address: string, signal?: AbortSignal): Promise<ChainAccount | null>
  /** A page of an account's transactions, failed ones too. @throws ProviderError */
  transactions(
    address: string,
    page: {
      readonly cursor: string | null
      readonly order: 'asc' | 'desc'
      readonly signal?: AbortSignal | undefined
    },
  ): Promise<readonly ChainTransaction[]>
  /** Null: Horizon does not know it. @throws ProviderError */
  transaction(hash: string, signal?: AbortSignal): Promise<ChainTransaction | null>
  /** What to bid for one operation, in units of 0.0000001 Pi. @throws ProviderError when it is above the cap. */
  fee(signal?: AbortSignal): Promise<bigint>
  /** One attempt, never an exception. */
  submit(envelope: string, signal?: AbortSignal): Promise<HttpResult>
}

/** Transactions of one page: the most that Horizon gives. */
export const PAGE_SIZE = 200

const whole = z.string().regex(/^\d{1,19}$/)
const isTime = (text: string | null | undefined): text is string => text !== null && text !== undefined
const instant = z.string().refine((text) => !Number.isNaN(Date.parse(text)))
const rootAnswer = z.object({
  network_passphrase: z.string(),
  horizon_version: z.string(),
  history_latest_ledger_closed_at: instant,
})
const accountAnswer = z.object({
  sequence: whole,
  sequence_time: z
    .string()
    .regex(/^\d{1,12}$/)
    .nullish(),
  balances: z.array(z.object({ asset_type: z.string(), balance: z.string() })),
})
const transactionAnswer = z
  .object({
    hash: z.string().regex(/^[0-9a-f]{64}$/),
    successful: z.boolean(),
    source_account: z.string(),
    source_account_sequence: whole,
    memo_type: z.string(),
    memo: z.string().nullish(),
    created_at: instant,
    envelope_xdr: z.string(),
    paging_token: z.string(),
  })
  .transform(
    (it): ChainTransaction => ({
      hash: it.hash,
      successful: it.successful,
      source: it.source_account,
      sequence: BigInt(it.source_account_sequence),
      memo: it.memo_type === 'text' ? (it.memo ?? '') : null,
      createdAtMs: Date.parse(it.created_at),
      envelope: it.envelope_xdr,
      cursor: it.paging_token,
    }),
  )
const pageAnswer = z.object({ _embedded: z.object({ records: z.array(transactionAnswer) }) })
const feeAnswer = z.object({ last_ledger_base_fee: whole, fee_charged: z.object({ p90: whole }).optional() })
const notFound = z.object({ type: z.string().endsWith('/not_found') })
const isNotFound = ({ status, json }: Answered): boolean => status === 404 && notFound.safeParse(json).success

/** Reads one resource; null only for Horizon's own "not found". */
function createReader(settings: Settings, http: ReturnType<typeof createHttp>) {
  return async <T extends z.ZodType>(
    path: string,
    ask: { readonly subject: string; readonly schema: T; readonly signal?: AbortSignal | undefined },
  ): Promise<z.output<T> | null> => {
    const { subject, schema, signal } = ask
    const result = await http({
      method: 'GET',
      url: `${settings.horizonUrl}${path}`,
      ...(signal === undefined ? {} : { signal }),
    })
    if (result.kind === 'answered' && isNotFound(result)) return null
    if (result.kind !== 'answered' || result.status !== 200)
      throw readError({ provider: PROVIDER, subject: `${subject} (Horizon)`, result, clock: settings.clock })
    const parsed = schema.safeParse(result.json)
    if (!parsed.success) throw surprise(`Horizon's answer for ${subject} cannot be read.`)
    return parsed.data
  }
}

/** Connects to Horizon. Addresses that come with data are never followed. */
export function createHorizon(settings: Settings): Horizon {
  const { passphrase } = settings.facts
  const http = createHttp({
    timeoutMs: settings.timeoutMs,
    // A page of 200 transactions, with its XDR, may have more than the usual limit.
    maxBodyBytes: 8_388_608,
    ...(settings.fetch === undefined ? {} : { fetch: settings.fetch }),
  })
  const read = createReader(settings, http)
  return {
    async head(signal) {
      const root = await read('/', { subject: 'the chain', schema: rootAnswer, signal })
      if (root === null) throw surprise('Horizon has no root.')
      if (root.network_passphrase !== passphrase)
        throw misconfigured(`options.horizonUrl: serves another network than ${passphrase}`)
      const closedAtMs = Date.parse(root.history_latest_ledger_closed_at)
      return { closedAtMs, version: root.horizon_version }
    },
    async account(address, signal) {
      const found = await read(`/accounts/${address}`, {
        subject: 'an account',
        schema: accountAnswer,
        signal,
      })
      if (found === null) return null
      const native = found.balances.find(({ asset_type }) => asset_type === 'native')
      return {
        sequence: BigInt(found.sequence),
        sequenceAtMs: isTime(found.sequence_time) ? Number.parseInt(found.sequence_time, 10) * 1_000 : null,
        balance: native?.balance,
      }
    },
    async transactions(address, { cursor, order, signal }) {
      const query = new URLSearchParams({ order, limit: String(PAGE_SIZE), include_failed: 'true' })
      if (cursor !== null) query.set('cursor', cursor)
      const path = `/accounts/${address}/transactions?${query}`
      const page = await read(path, { subject: 'transactions', schema: pageAnswer, signal })
      return page?._embedded.records ?? []
    },
    transaction: (hash, signal) =>
      read(`/transactions/${hash}`, { subject: 'a transaction', schema: transactionAnswer, signal }),
    async fee(signal) {
      const stats = await read('/fee_stats', { subject: 'the fees', schema: feeAnswer, signal })
      if (stats === null) throw surprise('Horizon has no fees.')
      const base = BigInt(stats.last_ledger_base_fee)
      const usual = BigInt(stats.fee_charged?.p90 ?? stats.last_ledger_base_fee)
      if (base > settings.maxFee)
        throw new ProviderError({
          provider: PROVIDER,
          kind: 'unavailable',
          message: 'the network asks for a higher fee than options.maxFee allows.',
        })
      const bid = usual > base ? usual : base
      return bid < settings.maxFee ? bid : settings.maxFee
    },
    submit: (envelope, signal) =>
      http({
        method: 'POST',
        url: `${settings.horizonUrl}/transactions`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({ tx: envelope }).toString(),
        ...(signal === undefined ? {} : { signal }),
      }),
  }
}
