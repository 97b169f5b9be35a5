import { statusTable } from '@lastro/adapter-kit'
import type {
  Clock,
  Money,
  ProviderDispute,
  ProviderPaymentState,
  ProviderReceipt,
  ProviderRefund,
} from '@lastro/core/spec'
import { surprise } from '../answers.ts'
import { endOfDue, endOfImmediate } from '../calendar.ts'
import { partsOf } from '../facts.ts'
import { instantOf } from '../instant.ts'
import { amounts, type BRL, PROVIDER } from '../map.ts'
import type { ChargeKind, ChargeWire } from './wire.ts'

/** A charge at Efí, as it stands now. */
export interface EfiCharge {
  readonly txid: string
  /** `cob` is payable at once, `cobv` has a due date. */
  readonly kind: ChargeKind
  readonly state: ProviderPaymentState
  /** Counts its changes. */
  readonly revision: number
  /** What was asked. With a due date, what arrives may differ by interest, fine and discount. */
  readonly amount: Money<typeof BRL>
  readonly createdAt?: Date
  /** From when on it can certainly not be paid. Efí does not tell it: computed from the calendar of the charge. */
  readonly endsAt?: Date
  readonly dueDate?: string
  /** The code to copy. Efí may leave it out of later answers: `charges.qrCode` tells it by the location. */
  readonly brCode?: string
  readonly location?: { readonly id?: number; readonly url?: string }
  /** Every Pix that arrived: one charge may have several. */
  readonly receipts: readonly ProviderReceipt[]
  readonly refunds: readonly ProviderRefund[]
  readonly disputes: readonly ProviderDispute[]
}

/** What Efí's status means before the clock is asked. The third is the word of a payload, seen for a removed charge. */
const chargeStatus = statusTable({
  provider: PROVIDER,
  field: 'status',
  table: {
    ATIVA: 'open',
    CONCLUIDA: 'paid',
    REMOVIDA_PELO_USUARIO_RECEBEDOR: 'canceled',
    REMOVIDA_PELO_USUARIO: 'canceled',
    REMOVIDA_PELO_PSP: 'canceled',
  } as const,
})

/** Defaults of the standard, where an answer leaves them out (BCB, `CobExpiracao`, `CobDataDeVencimento`). */
const DEFAULTS = { seconds: 86_400, daysAfter: 30 } as const

function endOf({ calendario }: ChargeWire, kind: ChargeKind): Date | null {
  if (kind === 'cobv') {
    const dueDate = calendario?.dataDeVencimento ?? ''
    return endOfDue({ dueDate, daysAfter: calendario?.validadeAposVencimento ?? DEFAULTS.daysAfter })
  }
  const createdAt = instantOf(calendario?.criacao)
  if (createdAt === undefined) return null
  return endOfImmediate({ createdAt, seconds: calendario?.expiracao ?? DEFAULTS.seconds })
}

function stateOf(
  wire: ChargeWire,
  facts: { readonly hasReceipts: boolean; readonly end: Date | null; readonly clock: Clock },
): ProviderPaymentState {
  const status = chargeStatus.get(wire.status)
  if (status !== 'open') return status
  // Money is there, and Efí does not call the charge concluded yet.
  if (facts.hasReceipts) return 'processing'
  // An expired charge stays ATIVA at Efí.
  const isOver = facts.end !== null && facts.clock.now() > facts.end
  return isOver ? 'expired' : 'requires_action'
}

const dropEmpty = <T extends object>(value: T): { [K in keyof T]: NonNullable<T[K]> } =>
  Object.fromEntries(
    Object.entries(value).filter(([, entry]) => entry !== undefined && entry !== null && entry !== ''),
  ) as { [K in keyof T]: NonNullable<T[K]> }

/**
 * Reads a charge with everything that arrived for it.
 * @throws ProviderError `unexpected_answer` for anything that is new, missing or contradictory.
 */
export function readCharge(
  wire: ChargeWire,
  wanted: { readonly txid: string; readonly kind: ChargeKind; readonly clock: Clock },
): EfiCharge {
  const { txid, kind, clock } = wanted
  if (wire.txid !== txid) throw surprise('txid is not the one asked for.')
  const parts = (wire.pix ?? []).map(partsOf)
  const receipts = parts.flatMap((part) => part.receipts)
  const end = endOf(wire, kind)
  return {
    txid,
    kind,
    state: stateOf(wire, { hasReceipts: receipts.length > 0, end, clock }),
    revision: wire.revisao ?? 0,
    amount: amounts.read(wire.valor.original, 'valor.original'),
    ...dropEmpty({
      createdAt: instantOf(wire.calendario?.criacao),
      endsAt: end,
      dueDate: wire.calendario?.dataDeVencimento,
      brCode: wire.pixCopiaECola,
    }),
    ...locationOf(wire),
    receipts,
    refunds: parts.flatMap((part) => part.refunds),
    disputes: parts.flatMap((part) => part.disputes),
  }
}

function locationOf({ loc, location }: ChargeWire): Pick<EfiCharge, 'location'> {
  const found = dropEmpty({ id: loc?.id, url: location ?? loc?.location })
  return Object.keys(found).length === 0 ? {} : { location: found }
}
