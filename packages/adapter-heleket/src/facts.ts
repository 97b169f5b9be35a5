import { decimalFormat } from '@lastro/adapter-kit'
import type { AssetId, Money, ProviderEvent } from '@lastro/core/spec'
import type { AssetFinder } from './assets.ts'
import { PROVIDER } from './provider.ts'

const AMOUNT = /\d{1,30}(\.\d{1,30})?/

/**
 * Exact money, or null where none was told. More places than the asset has are refused unless they are zeros.
 * @throws ProviderError `unexpected_answer`, naming the field.
 */
export function moneyOf(
  value: string | null | undefined,
  { asset, field }: { readonly asset: AssetId; readonly field: string },
): Money | null {
  if (value === null || value === undefined) return null
  return decimalFormat({ provider: PROVIDER, asset, pattern: AMOUNT }).read(value, field)
}

const WHOLE_AMOUNT = new RegExp(`^${AMOUNT.source}$`)

/** An amount as the text that was told, or null for anything else. */
export const amountText = (value: string | null | undefined): string | null =>
  typeof value === 'string' && WHOLE_AMOUNT.test(value) ? value : null

const INSTANT = /^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d(?:\.\d+)?)(Z|[+-]\d\d:\d\d)?$/

/** A moment, or undefined. Without a zone it is in UTC+3, as all times of the API are (doc.heleket.com). */
export function instantOf(value: string | null | undefined): Date | undefined {
  const [, date, time, zone = '+03:00'] = INSTANT.exec(value ?? '') ?? []
  const ms = date === undefined ? Number.NaN : Date.parse(`${date}T${time}${zone}`)
  return Number.isNaN(ms) ? undefined : new Date(ms)
}

/** `occurredAt` where it was told. */
export function occurred(value: string | null | undefined): { readonly occurredAt?: Date } {
  const occurredAt = instantOf(value)
  return occurredAt === undefined ? {} : { occurredAt }
}

/** An answer of the API that cannot be put into our words: kept for a person. */
export const unrecognised = (told: {
  readonly topic: string
  readonly ref: string
  readonly detail: string
}): ProviderEvent => ({
  kind: 'unrecognised',
  topic: told.topic,
  detail: told.detail,
  providerRef: told.ref,
})

/** A short text of the provider, or null. */
export const shortText = (value: string | null | undefined): string | null =>
  typeof value === 'string' && value !== '' && value.length <= 200 ? value : null

/** Why an asset is not known, in words that say what to do. Codes are shown only where they are plain. */
export function unknownAsset({ currency, network }: Parameters<AssetFinder>[0]): string {
  const code = [currency ?? 'no currency', network ?? 'no network'].map((part) =>
    /^[A-Za-z0-9 _-]{1,20}$/.test(part) ? part : 'no plain code',
  )
  return `${code.join(' on ')} is no asset that this adapter knows: options.assets can name it.`
}
