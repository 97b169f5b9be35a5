/** What the shop is told from outside. No other file reads the environment. */
import { readFileSync } from 'node:fs'
import type { EfiOptions } from '@lastro/adapter-pix-efi'
import { secret } from '@lastro/core'
import { z } from 'zod'

/** Everything that differs between this machine, the tests and production. */
export interface Config {
  readonly port: number
  /** Where Efí reaches this app, such as `https://shop.example`. */
  readonly publicUrl: string
  /** A header in which your proxy tells the caller's address. Null: there is no proxy. */
  readonly addressHeader: string | null
  /** Whoever opens `/operator` must know it; the user's name is `operator`. */
  readonly operatorPassword: string
  readonly database: DatabaseConfig
  readonly efi: Omit<EfiOptions, 'clock'>
}

/** A PostgreSQL server, or PGlite: in a folder, or in memory where there is none. */
export type DatabaseConfig = { readonly url: string } | { readonly folder: string | null }

const text = z.string('is missing').min(1, 'is missing')

const variables = z.object({
  PORT: z
    .string()
    .regex(/^\d{1,5}$/, 'must be a port')
    .default('3000'),
  PUBLIC_URL: text.regex(/^https:\/\/[^/?#]+$/, 'must be https:// and a host, with nothing behind it'),
  ADDRESS_HEADER: text.optional(),
  OPERATOR_PASSWORD: text.min(16, 'must have 16 characters or more'),
  DATABASE_URL: text.regex(/^postgres(ql)?:\/\//, 'must begin with postgres://').optional(),
  DATA_FOLDER: text.default('data'),
  EFI_ENVIRONMENT: z.enum(['production', 'homologation'], 'must be production or homologation'),
  EFI_CLIENT_ID: text,
  EFI_CLIENT_SECRET: text,
  EFI_CERTIFICATE_FILE: text,
  EFI_PIX_KEY: text,
  EFI_WEBHOOK_SECRET: text.regex(/^[\w-]{16,128}$/, 'must be 16 to 128 letters, digits, "-" or "_"'),
})

/**
 * The configuration from environment variables. An empty one counts as missing.
 * @throws Error naming every variable that is missing or wrong, and the rule. It never repeats a value.
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''))
  const { success, data, error } = variables.safeParse(given)
  if (!success) {
    const rules = error.issues.map(({ path, message }) => `  ${path.join('.')} ${message}`)
    throw new Error(`The configuration is not complete:\n${rules.join('\n')}\nSee README.md.`)
  }
  return {
    port: Number.parseInt(data.PORT, 10),
    publicUrl: data.PUBLIC_URL,
    addressHeader: data.ADDRESS_HEADER ?? null,
    operatorPassword: data.OPERATOR_PASSWORD,
    database: data.DATABASE_URL ? { url: data.DATABASE_URL } : { folder: data.DATA_FOLDER },
    efi: {
      environment: data.EFI_ENVIRONMENT,
      clientId: data.EFI_CLIENT_ID,
      clientSecret: secret(data.EFI_CLIENT_SECRET),
      certificate: { pfx: readCertificate(data.EFI_CERTIFICATE_FILE) },
      pixKey: data.EFI_PIX_KEY,
      webhook: { mode: 'hmac', secrets: [secret(data.EFI_WEBHOOK_SECRET)] },
    },
  }
}

function readCertificate(file: string): Uint8Array {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new Error('The configuration is not complete:\n  EFI_CERTIFICATE_FILE must be a file to read', {
      cause,
    })
  }
}
