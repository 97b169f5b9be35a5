/** What the desk is told from outside. No other file reads the environment. */
import { readFileSync } from 'node:fs'
import type { EvmOptions } from '@lastro/adapter-chains/evm'
import type { LocalKeystoreOptions } from '@lastro/adapter-chains/keystore'
import type { EfiOptions } from '@lastro/adapter-pix-efi'
import type { FixedRatesOptions, HttpRatesOptions } from '@lastro/adapter-rates'
import { ASSETS, secret } from '@lastro/core'

/** Everything that differs between this machine, the tests and production. */
export interface Config {
  readonly port: number
  /** Where Efí reaches this app, such as `https://desk.example`. */
  readonly publicUrl: string
  /** A header in which your proxy tells the caller's address. Null: there is no proxy. */
  readonly addressHeader: string | null
  /** Whoever calls `/cron/tick` must show it. */
  readonly cronToken: string
  readonly database: DatabaseConfig
  readonly polygon: Pick<EvmOptions, 'rpcUrl' | 'tokens'>
  readonly keystore: LocalKeystoreOptions
  readonly rates: Omit<HttpRatesOptions, 'clock'> | Omit<FixedRatesOptions, 'clock'>
  readonly efi: Omit<EfiOptions, 'clock'>
}

/** A PostgreSQL server, or PGlite: in a folder, or in memory where there is none. */
export type DatabaseConfig = { readonly url: string } | { readonly folder: string | null }

/** What this desk takes beside POL. */
export const USDC = ASSETS.filter(({ asset }) => asset === 'USDC.polygon/6')

const REQUIRED = [
  'PUBLIC_URL',
  'CRON_TOKEN',
  'POLYGON_RPC_URL',
  'KEYSTORE_FILE',
  'KEYSTORE_PASSPHRASE',
  'RATES_URL',
  'RATES_PATH',
  'EFI_CLIENT_ID',
  'EFI_CLIENT_SECRET',
  'EFI_CERTIFICATE_FILE',
  'EFI_PIX_KEY',
  'EFI_WEBHOOK_SECRET',
] as const

/** The configuration from environment variables. @throws Error naming every variable that is missing. */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const missing = REQUIRED.filter((name) => !env[name])
  if (missing.length > 0) throw new Error(`Set ${missing.join(', ')}: see README.md.`)
  const read = (name: (typeof REQUIRED)[number]) => env[name] ?? ''
  return {
    port: Number.parseInt(env.PORT ?? '3000', 10),
    publicUrl: read('PUBLIC_URL'),
    addressHeader: env.ADDRESS_HEADER ?? null,
    cronToken: read('CRON_TOKEN'),
    database: env.DATABASE_URL ? { url: env.DATABASE_URL } : { folder: env.DATA_FOLDER ?? 'data' },
    polygon: { rpcUrl: read('POLYGON_RPC_URL').split(',').map(secret), tokens: USDC },
    keystore: { file: read('KEYSTORE_FILE'), passphrase: secret(read('KEYSTORE_PASSPHRASE')) },
    rates: { url: read('RATES_URL'), path: read('RATES_PATH') },
    efi: {
      environment: env.EFI_ENVIRONMENT === 'production' ? 'production' : 'homologation',
      clientId: read('EFI_CLIENT_ID'),
      clientSecret: secret(read('EFI_CLIENT_SECRET')),
      certificate: { pfx: readFileSync(read('EFI_CERTIFICATE_FILE')) },
      pixKey: read('EFI_PIX_KEY'),
      webhook: { mode: 'hmac', secrets: [secret(read('EFI_WEBHOOK_SECRET'))] },
    },
  }
}
