/** What the fake tells of itself: the records that a test looks at. */

/** Why a send was rejected, as the webhook tells it. */
export interface EfiRejection {
  readonly codigo: string
  readonly motivo: string
  /** Default: the payee's side. */
  readonly origem?: string
}

/** Where a send stands, in Efí's words. */
export type SentStatus = 'EM_PROCESSAMENTO' | 'REALIZADO' | 'NAO_REALIZADO'

/** To whom a Pix goes. Documents are whole here and masked in answers. */
export interface Payee {
  /** The key, or null for a bank account. */
  readonly chave: string | null
  readonly nome: string
  readonly cpf?: string
  readonly cnpj?: string
  readonly conta?: {
    readonly codigoBanco: string
    readonly agencia: string
    readonly conta: string
    readonly tipoConta: string
  }
}

/** Money that came back from a Pix that had been sent. */
export interface ReceivedReturn {
  readonly rtrId: string
  /** In cents. */
  readonly amount: bigint
  readonly at: Date
}

/** One Pix sent, as the fake knows it: the truth against which an adapter is judged. */
export interface SentPix {
  readonly idEnvio: string
  readonly e2eId: string
  /** In cents. */
  readonly amount: bigint
  readonly status: SentStatus
  /** The account's own key that pays. */
  readonly payerKey: string
  readonly description: string | null
  readonly payee: Payee
  readonly requestedAt: Date
  readonly settledAt: Date | null
  readonly rejection: EfiRejection | null
  readonly returns: readonly ReceivedReturn[]
  /** How many times this id was asked to be sent, refused and interrupted requests included. */
  readonly attempts: number
  /** How often money left for this id and did not come back by rejection: 1, or 0 once rejected. Never more. */
  readonly movements: number
}

/** One change of the account's balance. */
export interface Movement {
  readonly at: Date
  readonly reason: 'sent' | 'rejected' | 'returned' | 'deposited' | 'received' | 'refunded' | 'refund_refused'
  readonly idEnvio: string | null
  /** In cents; negative when money leaves. */
  readonly amount: bigint
}

/** One call to the API, as it arrived. */
export interface EfiCall {
  readonly at: Date
  /** The operation, or `unknown` for a path the fake does not serve. */
  readonly operation: string
  readonly method: string
  readonly path: string
  /** What it was about: an idEnvio, an end-to-end id or a Pix key. */
  readonly subject: string | null
  /** The HTTP status, `drop` when the connection was cut instead, `waiting` before that. */
  readonly status: number | 'drop' | 'waiting'
  /** The kind of the fault that was injected. */
  readonly fault: string | null
}

/** The webhook of one Pix key, or of the account where the key is empty. */
export interface WebhookConfig {
  readonly webhookUrl: string
  readonly chave: string
  readonly criacao: Date
  readonly skipMtls: boolean
}
