import type { Money } from '@lastro/core/spec'

/** What every BR Code says. */
export interface Merchant {
  /**
   * Name of who is paid. Written without accents and without what is not printable ASCII, then cut to 25 characters;
   * upper and lower case are kept.
   */
  readonly merchantName: string
  /** City of who is paid: like the name, cut to 15 characters. */
  readonly merchantCity: string
  /** Four digits (ISO 18245). Absent: `0000`, none. */
  readonly merchantCategory?: string
  /** CEP, eight digits. */
  readonly postalCode?: string
  /** `12`: do not pay more than once. Absent or `11`: may be paid again. A wish to the payer's bank, not a lock. */
  readonly pointOfInitiation?: '11' | '12'
  /** Pix Automático: where the recurrence is, without `https://`, 77 characters at most. */
  readonly recurrenceUrl?: string
}

/** A BR Code that names a Pix key. It needs no provider. */
export interface StaticBrCode extends Merchant {
  readonly kind: 'static'
  /** In the directory's own form: see `normalisePixKey`. Anybody can write any key: compare it with the one you expect. */
  readonly key: string
  /** `BRL/2`, up to 9 999 999 999.99. Absent: the payer types it. Zero only with `withdrawalIspb`. */
  readonly amount?: Money
  /** 1 to 25 letters and digits, by which the Pix will be told. Absent: `***`, none. */
  readonly txid?: string
  /** Words to the payer, written without accents. How long they may be depends on the key: 37 characters for an EVP. */
  readonly additionalInfo?: string
  /** Pix Saque: the ISPB of who hands out the cash, eight characters. */
  readonly withdrawalIspb?: string
}

/**
 * A BR Code of a charge at a provider. Amount and txid are in the signed payload at `url`, which the payer's bank
 * fetches: what the code itself says about them does not count.
 */
export interface DynamicBrCode extends Merchant {
  readonly kind: 'dynamic'
  /** Where the payload is, without `https://`, 77 characters at most. Compare the host with the one you expect. */
  readonly url: string
}

/** A BR Code that only starts a recurrence of Pix Automático ("journey 2"). */
export interface RecurrenceBrCode extends Merchant {
  readonly kind: 'recurrence'
  readonly recurrenceUrl: string
}

/** What a BR Code says. A static or a dynamic one with `recurrenceUrl` is a composite of Pix Automático. */
export type BrCode = StaticBrCode | DynamicBrCode | RecurrenceBrCode

/** By this a template is known as Pix: written in lower case, read in any. */
export const GUI = 'br.gov.bcb.pix'

/** Longest texts, in characters (EMV Merchant-Presented Mode 1.1; Manual do BR Code; pix-api `pixCopiaECola`). */
export const LIMITS = { payload: 512, template: 99, name: 25, city: 15, postalCode: 10, url: 77 } as const

/** What a txid of a static code is made of. */
export const TXID = /^[A-Za-z0-9]{1,25}$/

/** In place of a txid: none. */
export const NO_TXID = '***'

/** The id of a bank. It has letters since pix-api 2.9.0, so it is never a number. */
export const ISPB = /^[0-9A-Z]{8}$/

const HOST = /^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]{1,62}(?::\d{1,5})?$/i

/** True for the address of a payload as a code writes it: no scheme, a host with a name, no user, a path. */
export function isPayloadUrl(text: string): boolean {
  const slash = text.indexOf('/')
  return (
    /^[\x21-\x7e]+$/.test(text) && slash > 0 && slash < text.length - 1 && HOST.test(text.slice(0, slash))
  )
}
