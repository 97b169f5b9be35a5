/** What is kept of Pix Automático. */

/** A status and when it was reached. */
export interface Change {
  readonly status: string
  readonly data: string
}

/** A recurrence. */
export interface RecurrenceRecord {
  readonly idRec: string
  status: 'CRIADA' | 'APROVADA' | 'REJEITADA' | 'EXPIRADA' | 'CANCELADA'
  /** What was asked for. A change replaces parts of it. */
  body: Readonly<Record<string, unknown>>
  locationId: number | null
  readonly createdAt: Date
  readonly history: Change[]
  ending: object | null
}

/** A recurrence put before the payer. */
export interface RequestRecord {
  readonly idSolicRec: string
  readonly idRec: string
  status: 'CRIADA' | 'ENVIADA' | 'RECEBIDA' | 'ACEITA' | 'REJEITADA' | 'EXPIRADA' | 'CANCELADA'
  readonly body: Readonly<Record<string, unknown>>
  readonly history: Change[]
}

/** One try to take a recurring charge. */
export interface AttemptRecord {
  readonly date: string
  status: 'SOLICITADA' | 'PAGA' | 'REJEITADA'
  readonly e2eId: string
  readonly history: Change[]
  rejection: { readonly codigo: string; readonly descricao: string } | null
}

/** A charge of a recurrence. */
export interface RecurringChargeRecord {
  readonly txid: string
  readonly idRec: string
  status: 'CRIADA' | 'ATIVA' | 'CONCLUIDA' | 'EXPIRADA' | 'REJEITADA' | 'CANCELADA'
  readonly body: Readonly<Record<string, unknown>>
  /** In cents. */
  readonly amount: bigint
  readonly createdAt: Date
  readonly history: Change[]
  readonly attempts: AttemptRecord[]
  readonly receipts: string[]
  ending: object | null
  visibleAt: Date
}

/** Where the payload of a recurrence is served. */
export interface RecurrenceLocationRecord {
  readonly id: number
  readonly url: string
  readonly createdAt: Date
  idRec: string | null
}
