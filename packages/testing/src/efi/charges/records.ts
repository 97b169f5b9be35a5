/** What is kept of charges, of what was received for them, and of what was given back. */

/** Where a charge stands, in Efí's words. */
export type ChargeStatus = 'ATIVA' | 'CONCLUIDA' | 'REMOVIDA_PELO_USUARIO_RECEBEDOR' | 'REMOVIDA_PELO_PSP'

/** Where a refund stands, in Efí's words. */
export type RefundStatus = 'EM_PROCESSAMENTO' | 'DEVOLVIDO' | 'NAO_REALIZADO'

/** One charge as it is kept. */
export interface ChargeRecord {
  readonly txid: string
  readonly kind: 'cob' | 'cobv'
  status: ChargeStatus
  revision: number
  readonly createdAt: Date
  /** What was asked for, without `loc`. A change replaces parts of it. */
  body: Readonly<Record<string, unknown>>
  /** In cents. */
  amount: bigint
  locationId: number | null
  readonly receipts: ReceivedRecord[]
  /** Look-ups and lists see it from then on. */
  visibleAt: Date
}

/** One Pix that was received. */
export interface ReceivedRecord {
  readonly e2eId: string
  /** Null for a transfer to the bare key. */
  readonly txid: string | null
  readonly key: string
  /** In cents. */
  readonly amount: bigint
  readonly at: Date
  readonly refunds: RefundRecord[]
}

/** Money given back of a received Pix. */
export interface RefundRecord {
  readonly id: string
  readonly rtrId: string
  /** In cents. */
  readonly amount: bigint
  readonly nature: 'ORIGINAL' | 'MED_FRAUDE'
  readonly description: string | null
  status: RefundStatus
  reason: string | null
  readonly requestedAt: Date
  settledAt: Date | null
  visibleAt: Date
}

/** Where the payload of a charge is served. */
export interface LocationRecord {
  readonly id: number
  readonly url: string
  readonly kind: 'cob' | 'cobv'
  readonly createdAt: Date
  txid: string | null
}

/** Where a claim of fraud stands, in Efí's words. */
export type ClaimStatus = 'ABERTA' | 'EM_DEFESA' | 'ACEITA' | 'REJEITADA' | 'CANCELADA_EFI'

/** A claim of fraud about a received Pix (MED). */
export interface ClaimRecord {
  readonly id: string
  readonly e2eId: string
  /** In cents. */
  readonly amount: bigint
  readonly reason: string
  status: ClaimStatus
  defence: string | null
  readonly openedAt: Date
  readonly respondBy: Date
  updatedAt: Date
}
