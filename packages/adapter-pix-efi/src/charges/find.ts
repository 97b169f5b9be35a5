import type { Clock } from '@lastro/core/spec'
import { findOne, readOne } from '../answers.ts'
import type { EfiClient } from '../client.ts'
import { type EfiCharge, readCharge } from './read.ts'
import { type ChargeKind, charge, qrCode } from './wire.ts'

/**
 * Names by which Efí says that it has no such charge: 400 `cobranca_nao_encontrada` on its own pages, 404
 * `CobNaoEncontrado` and `CobVNaoEncontrada` in the Central Bank's document. Only names that speak of a charge: a
 * `NaoEncontrado` alone may be a wrong path.
 */
export const NO_CHARGE = /^(cobranca_nao_encontrada|CobV?NaoEncontrad[oa])$/

/** What finding a charge needs. */
export interface FindContext {
  readonly client: EfiClient
  readonly clock: Clock
}

/**
 * One charge of a known kind. Null only for Efí's own "not found".
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findChargeOf(
  { client, clock }: FindContext,
  wanted: { readonly kind: ChargeKind; readonly txid: string; readonly signal?: AbortSignal | undefined },
): Promise<EfiCharge | null> {
  const { kind, txid, signal } = wanted
  const call = { method: 'GET', path: ['v2', kind, txid], signal } as const
  const found = await findOne(client, { call, subject: 'a charge', schema: charge, absent: NO_CHARGE })
  return found === null ? null : readCharge(found, { txid, kind, clock })
}

/**
 * A charge of either kind: both share one space of ids, but not one path.
 * @throws ProviderError when Efí could not be asked, or its answer is not understood.
 */
export async function findCharge(
  context: FindContext,
  wanted: { readonly txid: string; readonly signal?: AbortSignal | undefined },
): Promise<EfiCharge | null> {
  const immediate = await findChargeOf(context, { ...wanted, kind: 'cob' })
  return immediate ?? findChargeOf(context, { ...wanted, kind: 'cobv' })
}

/** A QR code as Efí draws it. */
export interface EfiQrCode {
  /** The code to copy. */
  readonly brCode: string
  /** A `data:` URI of an image. */
  readonly image?: string
  /** A page of Efí that shows it. */
  readonly link?: string
}

/**
 * The code of a location, with its picture.
 * @throws ProviderError when Efí could not be asked, or there is no such location.
 */
export async function readQrCode(
  client: EfiClient,
  { locationId, signal }: { readonly locationId: number; readonly signal?: AbortSignal | undefined },
): Promise<EfiQrCode> {
  const call = { method: 'GET', path: ['v2', 'loc', `${locationId}`, 'qrcode'], signal } as const
  const found = await readOne(client, { call, subject: 'a QR code', schema: qrCode })
  return {
    brCode: found.qrcode,
    ...(found.imagemQrcode ? { image: found.imagemQrcode } : {}),
    ...(found.linkVisualizacao ? { link: found.linkVisualizacao } : {}),
  }
}
