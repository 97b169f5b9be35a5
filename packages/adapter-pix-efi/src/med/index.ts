import type { Outcome } from '@lastro/core/spec'
import type { EfiClient } from '../client.ts'
import type { Settings } from '../options.ts'
import { type EfiClaimPage, listClaims } from './claims.ts'
import { defend } from './defend.ts'

/** Claims of fraud about money that was received (MED). Efí sends no webhook about them: ask on a schedule. */
export interface EfiMed {
  /** @throws ProviderError when Efí could not be asked. In homologation Efí always refuses. */
  list(window: {
    readonly from: Date
    readonly to: Date
    /** Counts from 0. */
    readonly page?: number
    readonly signal?: AbortSignal
  }): Promise<EfiClaimPage>
  /** Contests a claim, once. `declined` `duplicate`: a defence is there already, `expired`: it came too late. */
  defend(defence: {
    readonly claimId: string
    readonly justification: string
    readonly signal?: AbortSignal
  }): Promise<Outcome<{ readonly claimId: string }>>
}

/** Makes the functions about claims. */
export function createMed(context: { readonly client: EfiClient; readonly settings: Settings }): EfiMed {
  return {
    list: (window) => listClaims(context, window),
    defend: (defence) => defend(context, defence),
  }
}
