import { statusTable } from '@lastro/adapter-kit'
import type { Money, ProviderPaymentState, ProviderReceipt } from '@lastro/core/spec'
import type { z } from 'zod'
import { instantOf } from '../instant.ts'
import { amounts, type BRL, PROVIDER } from '../map.ts'
import { automaticReceipts } from './receipts.ts'
import { COBR_STATES } from './states.ts'
import type { recurrence, recurrenceLocation, recurrenceRequest, recurringCharge } from './wire.ts'

/** Why something ended, in the standard's codes: `SLDB`, `AP13`. Texts for people are left out. */
export interface EfiEnding {
  readonly code?: string
  /** Who ended it: `USUARIO_PAGADOR`, `PSP_RECEBEDOR`, … */
  readonly by?: string
}

/** What a payer agreed to, or was asked to: the mandate of Pix Automático (`recorrência`). */
export interface EfiRecurrence {
  /** 29 letters and digits; the case counts. */
  readonly idRec: string
  /** In Efí's word: `CRIADA`, `APROVADA`, `REJEITADA`, `EXPIRADA`, `CANCELADA`. */
  readonly status: string
  readonly contract?: string
  readonly startsOn?: string
  readonly endsOn?: string
  readonly every?: string
  /** What each charge takes. Absent where the amount varies. */
  readonly amount?: Money<typeof BRL>
  /** Where the amount varies: the least of it that the payer may set as a limit. */
  readonly minimumAmount?: Money<typeof BRL>
  readonly location?: EfiRecurrenceLocation
  /** How the payer agrees: `JORNADA_1` to `JORNADA_4`. */
  readonly journey?: string
  /** The code to copy, by which the payer agrees. */
  readonly brCode?: string
  readonly ending?: EfiEnding
}

/** Where the payload of a recurrence is served. */
export interface EfiRecurrenceLocation {
  readonly id: number
  readonly url?: string
  readonly idRec?: string
}

/** A recurrence put before the payer in the app of the bank (journey 1). */
export interface EfiRecurrenceRequest {
  readonly idSolicRec: string
  readonly idRec: string
  /** In Efí's word: `CRIADA`, `ENVIADA`, `RECEBIDA`, `ACEITA`, `REJEITADA`, `EXPIRADA`, `CANCELADA`. */
  readonly status: string
  readonly expiresAt?: Date
}

/** One try of the payer's bank to take a recurring charge. A rejected one does not by itself end the charge. */
export interface EfiAttempt {
  readonly date?: string
  /** `AGND`, `NTAG`, `RIFL`: the standard gives no meanings. */
  readonly type?: string
  /** In Efí's word: `SOLICITADA`, `AGENDADA`, `PAGA`, `CANCELADA`, `REJEITADA`, `EXPIRADA`. */
  readonly status?: string
  readonly endToEndId?: string
  readonly rejection?: string
}

/** One charge of a recurrence (`cobr`). */
export interface EfiRecurringCharge {
  readonly txid: string
  readonly idRec?: string
  /** In Efí's word: `CRIADA`, `ATIVA`, `CONCLUIDA`, `EXPIRADA`, `REJEITADA`, `CANCELADA`. */
  readonly status: string
  readonly state: ProviderPaymentState
  readonly amount: Money<typeof BRL>
  readonly dueDate?: string
  readonly attempts: readonly EfiAttempt[]
  readonly receipts: readonly ProviderReceipt[]
  readonly ending?: EfiEnding
}

type Present<T> = { [K in keyof T]?: NonNullable<T[K]> }

/** Leaves out what was not told. */
const present = <T extends object>(value: T): Present<T> =>
  Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null),
  ) as Present<T>

const chargeState = statusTable({ provider: PROVIDER, field: 'cobr.status', table: COBR_STATES })

type Ending = z.output<typeof recurrence>['encerramento']

function endingOf(ending: Ending): { readonly ending?: EfiEnding } {
  const facts = present({
    code: ending?.rejeicao?.codigo ?? ending?.cancelamento?.codigo,
    by: ending?.cancelamento?.solicitante,
  })
  return Object.keys(facts).length === 0 ? {} : { ending: facts }
}

const money = (valor: unknown, field: string) =>
  valor === undefined || valor === null ? undefined : amounts.read(valor, field)

/** Reads a location of a recurrence. */
export function readLocation(wire: z.output<typeof recurrenceLocation>): EfiRecurrenceLocation {
  return { id: wire.id, ...present({ url: wire.location, idRec: wire.idRec }) }
}

/** Reads a recurrence. @throws ProviderError `unexpected_answer` for an odd amount. */
export function readRecurrence(wire: z.output<typeof recurrence>): EfiRecurrence {
  const { vinculo, calendario, valor, loc, ativacao, dadosQR } = wire
  return {
    idRec: wire.idRec,
    status: wire.status ?? '',
    ...present({
      contract: vinculo?.contrato,
      startsOn: calendario?.dataInicial,
      endsOn: calendario?.dataFinal,
      every: calendario?.periodicidade,
      amount: money(valor?.valorRec, 'valor.valorRec'),
      minimumAmount: money(valor?.valorMinimoRecebedor, 'valor.valorMinimoRecebedor'),
      location: loc ? readLocation(loc) : undefined,
      journey: ativacao?.tipoJornada,
      brCode: dadosQR?.pixCopiaECola,
    }),
    ...endingOf(wire.encerramento),
  }
}

/** Reads the request of a recurrence. */
export function readRequest(wire: z.output<typeof recurrenceRequest>): EfiRecurrenceRequest {
  const { idSolicRec, idRec, status, calendario } = wire
  return {
    idSolicRec,
    idRec,
    status,
    ...present({ expiresAt: instantOf(calendario?.dataExpiracaoSolicitacao) }),
  }
}

/** Reads a recurring charge. @throws ProviderError `unexpected_answer` for a new status or an odd amount. */
export function readRecurringCharge(wire: z.output<typeof recurringCharge>): EfiRecurringCharge {
  return {
    txid: wire.txid,
    status: wire.status,
    state: chargeState.get(wire.status),
    amount: amounts.read(wire.valor.original, 'valor.original'),
    attempts: (wire.tentativas ?? []).map(({ dataLiquidacao, tipo, status, endToEndId, rejeicao }) =>
      present({ date: dataLiquidacao, type: tipo, status, endToEndId, rejection: rejeicao?.codigo }),
    ),
    receipts: automaticReceipts(wire.pix ?? []),
    ...present({ idRec: wire.idRec, dueDate: wire.calendario?.dataDeVencimento }),
    ...endingOf(wire.encerramento),
  }
}
