import type { Outcome } from '@lastro/core/spec'
import type { EfiClient } from '../client.ts'
import type { Settings } from '../options.ts'
import { type ChargeChange, changeCharge } from './change.ts'
import { type EfiQrCode, findChargeOf, readQrCode } from './find.ts'
import { type EfiPage, type EfiWindow, listCharges } from './list.ts'
import { createLocations } from './locations.ts'
import type { EfiCharge } from './read.ts'
import type { ChargeKind } from './wire.ts'

/** What Efí offers for charges besides the payments port: reading by kind, lists, changes, codes and locations. */
export interface EfiCharges {
  /** Null only for Efí's own "not found". @throws ProviderError when Efí could not be asked. */
  find(wanted: {
    readonly kind: ChargeKind
    readonly txid: string
    readonly signal?: AbortSignal
  }): Promise<EfiCharge | null>
  /** Charges that were created within the window. @throws ProviderError when Efí could not be asked. */
  list(
    window: EfiWindow & {
      readonly kind: ChargeKind
      /** In Efí's word: `ATIVA`, `CONCLUIDA`, … */
      readonly status?: string
      readonly document?: string
      readonly hasLocation?: boolean
    },
  ): Promise<EfiPage<EfiCharge>>
  /** Changes an open charge. */
  change(change: ChargeChange): Promise<Outcome<EfiCharge>>
  /** The code and its picture. @throws ProviderError when Efí could not be asked, or there is no such location. */
  qrCode(wanted: { readonly locationId: number; readonly signal?: AbortSignal }): Promise<EfiQrCode>
  readonly locations: ReturnType<typeof createLocations>
}

/** Makes the functions about charges. */
export function createCharges(context: {
  readonly client: EfiClient
  readonly settings: Settings
}): EfiCharges {
  const { client, settings } = context
  const asking = { client, clock: settings.clock }
  return {
    find: (wanted) => findChargeOf(asking, wanted),
    list: (window) => listCharges(asking, window),
    change: (change) => changeCharge(context, change),
    qrCode: (wanted) => readQrCode(client, wanted),
    locations: createLocations(client),
  }
}
