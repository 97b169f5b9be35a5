import { walkPages } from '@lastro/adapter-kit'
import type { Outcome } from '@lastro/core/spec'
import type { EfiPage, EfiWindow } from '../charges/list.ts'
import { PROVIDER } from '../map.ts'
import type { PaymentContext } from '../payments/create.ts'
import { pixIdOf } from '../pix-id.ts'
import {
  type CreateRecurringCharge,
  cancelRecurringCharge,
  createRecurringCharge,
  listRecurringCharges,
  retryRecurringCharge,
} from './charges.ts'
import { findRecurrence, findRecurringCharge, findRequest } from './find.ts'
import { createRecurrenceLocations } from './locations.ts'
import {
  type EfiRecurrence,
  type EfiRecurrenceRequest,
  type EfiRecurringCharge,
  readRecurrence,
  readRecurringCharge,
  readRequest,
} from './read.ts'
import {
  type ChangeRecurrence,
  type CreateRecurrence,
  changeRecurrence,
  createRecurrence,
  type ListRecurrences,
  listRecurrences,
} from './recurrences.ts'
import { cancelRequest, type RequestRecurrence, requestRecurrence } from './requests.ts'

interface Signalled {
  readonly signal?: AbortSignal
}

/**
 * Pix Automático: recurrences, requests to the payer, and charges. It needs an "Efí Empresas" account.
 *
 * What writes answers an `Outcome`; what reads throws `ProviderError` when Efí could not be asked, and answers null only
 * for Efí's own "not found".
 */
export interface EfiAutomatic {
  createRecurrence(given: CreateRecurrence): Promise<Outcome<EfiRecurrence>>
  changeRecurrence(change: ChangeRecurrence): Promise<Outcome<EfiRecurrence>>
  /** With `txid`, as journeys 3 and 4 ask for it. */
  findRecurrence(
    wanted: Signalled & { readonly idRec: string; readonly txid?: string },
  ): Promise<EfiRecurrence | null>
  /** Walks the recurrences of a payer: the way to know what became of `createRecurrence` after a lost reply. */
  findByContract(
    wanted: Omit<EfiWindow, 'page'> & { readonly contract: string; readonly document: string },
  ): Promise<readonly EfiRecurrence[]>
  listRecurrences(wanted: ListRecurrences): Promise<EfiPage<EfiRecurrence>>
  requestRecurrence(given: RequestRecurrence): Promise<Outcome<EfiRecurrenceRequest>>
  cancelRequest(wanted: Signalled & { readonly idSolicRec: string }): Promise<Outcome<EfiRecurrenceRequest>>
  findRequest(wanted: Signalled & { readonly idSolicRec: string }): Promise<EfiRecurrenceRequest | null>
  createCharge(given: CreateRecurringCharge): Promise<Outcome<EfiRecurringCharge>>
  cancelCharge(wanted: Signalled & { readonly txid: string }): Promise<Outcome<EfiRecurringCharge>>
  /** Has the payer's bank try again on a day, `2026-12-24`. */
  retryCharge(
    wanted: Signalled & { readonly txid: string; readonly date: string },
  ): Promise<Outcome<EfiRecurringCharge>>
  /** By our key, or by the txid that Efí told. */
  findCharge(
    wanted: Signalled & ({ readonly idempotencyKey: string } | { readonly txid: string }),
  ): Promise<EfiRecurringCharge | null>
  listCharges(
    wanted: EfiWindow & { readonly idRec?: string; readonly status?: string },
  ): Promise<EfiPage<EfiRecurringCharge>>
  readonly locations: ReturnType<typeof createRecurrenceLocations>
}

const MAX_PAGES = 100

async function findByContract(
  context: PaymentContext,
  { contract, ...wanted }: ListRecurrences & { readonly contract: string },
): Promise<readonly EfiRecurrence[]> {
  const read = (page: number) => listRecurrences(context, { ...wanted, page })
  const found: EfiRecurrence[] = []
  for await (const entry of walkPages<EfiRecurrence, number>({
    provider: PROVIDER,
    first: 0,
    maxPages: MAX_PAGES,
    read,
  }))
    if (entry.contract === contract) found.push(entry)
  return found
}

/** Makes the functions of Pix Automático. */
export function createAutomatic(context: PaymentContext): EfiAutomatic {
  const { client } = context
  return {
    createRecurrence: (given) => createRecurrence(context, given),
    changeRecurrence: (change) => changeRecurrence(context, change),
    async findRecurrence(wanted) {
      const found = await findRecurrence(client, wanted)
      return found === null ? null : readRecurrence(found)
    },
    findByContract: (wanted) => findByContract(context, wanted),
    listRecurrences: (wanted) => listRecurrences(context, wanted),
    requestRecurrence: (given) => requestRecurrence(context, given),
    cancelRequest: (wanted) => cancelRequest(context, wanted),
    async findRequest(wanted) {
      const found = await findRequest(client, wanted)
      return found === null ? null : readRequest(found)
    },
    createCharge: (given) => createRecurringCharge(context, given),
    cancelCharge: (wanted) => cancelRecurringCharge(context, wanted),
    retryCharge: (wanted) => retryRecurringCharge(context, wanted),
    async findCharge({ signal, ...by }) {
      const txid = 'txid' in by ? by.txid : pixIdOf(by.idempotencyKey)
      const found = await findRecurringCharge(client, { txid, signal })
      return found === null ? null : readRecurringCharge(found)
    },
    listCharges: (wanted) => listRecurringCharges(context, wanted),
    locations: createRecurrenceLocations(client),
  }
}
