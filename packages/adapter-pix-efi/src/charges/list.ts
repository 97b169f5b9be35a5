import type { Clock } from '@lastro/core/spec'
import { readOne, surprise } from '../answers.ts'
import type { EfiClient } from '../client.ts'
import { type EfiCharge, readCharge } from './read.ts'
import { type ChargeKind, chargeList } from './wire.ts'

/** A page of a list, counted from 0; `next` is null at the end. */
export interface EfiPage<T> {
  readonly items: readonly T[]
  readonly next: number | null
}

/** Which page of which window. Efí's lists count by the time of creation. */
export interface EfiWindow {
  readonly from: Date
  readonly to: Date
  /** Counts from 0. */
  readonly page?: number
  /** 1 to 1000. Default 100. */
  readonly pageSize?: number
  readonly signal?: AbortSignal | undefined
}

/** The window and the page as Efí's lists want them. */
export function queryOf(window: EfiWindow): Readonly<Record<string, string>> {
  return {
    inicio: window.from.toISOString(),
    fim: window.to.toISOString(),
    'paginacao.paginaAtual': `${window.page ?? 0}`,
    'paginacao.itensPorPagina': `${window.pageSize ?? 100}`,
  }
}

/**
 * The number of the page after this one, or null.
 * @throws ProviderError `unexpected_answer` when the page is not the one asked for: its items would be counted twice.
 */
export function nextPage(
  told: { readonly paginaAtual: number; readonly quantidadeDePaginas: number },
  asked: number,
): number | null {
  if (told.paginaAtual !== asked) throw surprise('the page of the list is not the one asked for.')
  return asked + 1 < told.quantidadeDePaginas ? asked + 1 : null
}

/**
 * One page of the charges of a kind.
 * @throws ProviderError when Efí could not be asked, or a charge is not understood.
 */
export async function listCharges(
  { client, clock }: { readonly client: EfiClient; readonly clock: Clock },
  wanted: EfiWindow & {
    readonly kind: ChargeKind
    /** In Efí's word: `ATIVA`, `CONCLUIDA`, … */
    readonly status?: string
    /** CPF or CNPJ of who owes. */
    readonly document?: string
    readonly hasLocation?: boolean
  },
): Promise<EfiPage<EfiCharge>> {
  const { kind, status, document, hasLocation, signal } = wanted
  const query = {
    ...queryOf(wanted),
    status,
    ...(document === undefined ? {} : { [document.length === 11 ? 'cpf' : 'cnpj']: document }),
    locationPresente: hasLocation === undefined ? undefined : `${hasLocation}`,
  }
  const call = { method: 'GET', path: ['v2', kind], query, signal } as const
  const found = await readOne(client, { call, subject: 'the charges', schema: chargeList })
  return {
    items: found.cobs.map((wire) => readCharge(wire, { txid: wire.txid, kind, clock })),
    next: nextPage(found.parametros.paginacao, wanted.page ?? 0),
  }
}
