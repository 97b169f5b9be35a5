import { statusTable } from '@lastro/adapter-kit'
import { Money } from '@lastro/core/spec'
import { z } from 'zod'
import { readOne, surprise } from '../answers.ts'
import { parameters } from '../charges/wire.ts'
import type { EfiClient } from '../client.ts'
import { instantOf } from '../instant.ts'
import { amounts, BRL, cleanWords, PROVIDER } from '../map.ts'
import type { MedClaim, MedStanding } from '../med-dispute.ts'
import type { Settings } from '../options.ts'

/** Somebody claims fraud about a Pix that was received (MED, in Efí's word `infração`). */
export interface EfiClaim extends MedClaim {
  /** By this a defence is given. */
  readonly id: string
  readonly endToEndId: string
  /** In Efí's word: `ABERTA`, `EM_DEFESA`, `ACEITA`, `REJEITADA`, `CANCELADA_EFI`. */
  readonly status: string
  /** What kind of trick the payer tells of, such as `golpe`. */
  readonly situation?: string
  readonly openedAt?: Date
}

/** A page of claims; `next` is the number of the next one, null at the end. */
export interface EfiClaimPage {
  readonly items: readonly EfiClaim[]
  readonly next: number | null
}

const text = z.string().nullish()

/** Source: Efí's page on MED, and the schema `MedListResponse` of its SDK. The payer's data is not read. */
const claimWire = z.object({
  idInfracao: z.string().min(1),
  endToEndId: z.string().min(1),
  status: z.string(),
  valor: z.union([z.string(), z.number()]),
  razao: text,
  tipoSituacao: text,
  dadosAnalise: z.object({ abertura: text, prazoFinalizacao: text }).nullish(),
  atualizadoEm: text,
})

const claimList = z.object({ parametros: parameters, infracoes: z.array(claimWire) })

/** What a claim's status means for the money. The SDK lists one name twice, so a sixth may exist: it throws. */
const claimStatus = statusTable<MedStanding>({
  provider: PROVIDER,
  field: 'infracoes.status',
  table: {
    ABERTA: 'open',
    EM_DEFESA: 'open',
    ACEITA: 'accepted',
    REJEITADA: 'dismissed',
    CANCELADA_EFI: 'dismissed',
  },
})

/**
 * The amount of a claim. The page shows a text without a decimal point, the SDK a number, and neither says the unit: a
 * whole number is in the unit of the option, and a text with two places is reais as everywhere else.
 */
function amountOf(valor: string | number, unit: Settings['claimAmountUnit']): Money<typeof BRL> {
  const written = `${valor}`
  if (!/^\d{1,12}$/.test(written)) return amounts.read(written, 'infracoes.valor')
  return unit === 'cents' ? Money.of(BigInt(written), BRL) : amounts.read(`${written}.00`, 'infracoes.valor')
}

function claimOf(wire: z.output<typeof claimWire>, settings: Settings): EfiClaim {
  const respondBy = instantOf(wire.dadosAnalise?.prazoFinalizacao)
  const openedAt = instantOf(wire.dadosAnalise?.abertura)
  const updatedAt = instantOf(wire.atualizadoEm)
  const reason = cleanWords(wire.razao ?? '')
  return {
    id: wire.idInfracao,
    endToEndId: wire.endToEndId,
    status: wire.status,
    standing: claimStatus.get(wire.status),
    amount: amountOf(wire.valor, settings.claimAmountUnit),
    ...(reason === '' ? {} : { reason }),
    ...(wire.tipoSituacao ? { situation: cleanWords(wire.tipoSituacao) } : {}),
    ...(respondBy === undefined ? {} : { respondBy }),
    ...(openedAt === undefined ? {} : { openedAt }),
    ...(updatedAt === undefined ? {} : { updatedAt }),
  }
}

/**
 * One page of the claims of a window.
 * @throws ProviderError when Efí could not be asked, or a claim is not understood. In homologation Efí always refuses.
 */
export async function listClaims(
  { client, settings }: { readonly client: EfiClient; readonly settings: Settings },
  window: {
    readonly from: Date
    readonly to: Date
    readonly page?: number
    readonly signal?: AbortSignal | undefined
  },
): Promise<EfiClaimPage> {
  const page = window.page ?? 0
  const query = {
    inicio: window.from.toISOString(),
    fim: window.to.toISOString(),
    'paginacao.paginaAtual': `${page}`,
    'paginacao.itensPorPagina': '1000',
  }
  const call = { method: 'GET', path: ['v2', 'gn', 'infracoes'], query, signal: window.signal } as const
  const found = await readOne(client, { call, subject: 'the claims', schema: claimList })
  const { paginaAtual, quantidadeDePaginas } = found.parametros.paginacao
  if (paginaAtual !== page) throw surprise('the page of claims is not the one asked for.')
  return {
    items: found.infracoes.map((wire) => claimOf(wire, settings)),
    next: page + 1 < quantidadeDePaginas ? page + 1 : null,
  }
}
