import type { ProviderReceipt } from '@lastro/core/spec'
import { partsOf } from '../facts.ts'
import type { AutomaticPix } from './wire.ts'

/**
 * The amount as a text: as everywhere else, or inside the object that the standard has here. An object that also tells
 * of interest or a discount is left as it is, and refused: whether they are part of `original` is not said.
 */
export function automaticAmount(valor: unknown): unknown {
  if (typeof valor !== 'object' || valor === null || Object.keys(valor).join() !== 'original') return valor
  const original: unknown = Reflect.get(valor, 'original')
  return typeof original === 'object' && original !== null ? Reflect.get(original, 'valor') : original
}

/**
 * What arrived for a recurring charge.
 * @throws ProviderError `unexpected_answer` for an amount that cannot be read.
 */
export function automaticReceipts(pix: readonly AutomaticPix[]): readonly ProviderReceipt[] {
  return pix.flatMap((entry) => partsOf({ ...entry, valor: automaticAmount(entry.valor) }).receipts)
}
