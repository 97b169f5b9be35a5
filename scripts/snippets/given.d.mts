// What the examples in the documentation may use without declaring it: the things every host has.
import type { PGlite as PGliteClass } from '@electric-sql/pglite'
import type { EvmProvider } from '@lastro/adapter-chains/evm'
import type { KeystoreProvider } from '@lastro/adapter-chains/keystore'
import type { EfiProvider } from '@lastro/adapter-pix-efi'
import type { RedisClient } from '@lastro/adapter-rates'
import type {
  Clock,
  CreatePayout,
  CreateTrade,
  Lastro,
  Logger,
  Provider,
  RateSource,
  Secret,
} from '@lastro/core'
import type { CreateWorld, PayoutWorld } from '@lastro/testing/conformance'
import type pgModule from 'pg'

type Wired = {
  polygon: EvmProvider
  keys: KeystoreProvider
  efi: EfiProvider
  rates: Provider<{ readonly rates: RateSource }>
}

declare global {
  /** The engine, wired as in the README, and what it was wired with. */
  const lastro: Lastro<Wired>
  const providers: Wired
  const clock: Clock
  const logger: Logger
  /** A pool of `pg`, and an embedded database. */
  const pool: pgModule.Pool
  const client: pgModule.PoolClient
  const redis: RedisClient
  const db: PGliteClass
  const pg: typeof pgModule
  const PGlite: typeof PGliteClass
  const connectionString: string
  /** What a host would like to create. */
  const payout: Omit<CreatePayout, 'provider'> & { readonly provider: 'efi' }
  const trade: CreateTrade
  const order: { readonly id: string }
  /** The world behind an adapter of your own, for the conformance kit. */
  const createWorld: CreateWorld<PayoutWorld>
  const rpcUrl: string
  const address: string
  const apiKey: string
  const passphrase: Secret
  const webhookSecret: Secret
  const secretFromYourVault: Secret
}
