import type { Clock } from '@lastro/core/spec'
import type { EfiCertificates } from './certificates.ts'
import type { EfiRejection, SentPix } from './records.ts'
import type { FollowedClock } from './scheduler.ts'

/** How a fake Efí behaves. Everything has a default. */
export interface FakeEfiOptions {
  /** Money on the account at the start, in cents. Default: 10 000.00 reais. */
  readonly balance?: bigint
  /** The account's own Pix keys, any of which may pay. Default: one random key. */
  readonly keys?: readonly string[]
  /** A webhook URL that every key already has, as if registered earlier without mutual TLS. No test call is made. */
  readonly webhookUrl?: string
  /** What the application signs in with. Default: made-up ones, readable as `fake.credentials`. */
  readonly credentials?: EfiCredentials
  /** What the application was granted. Default: every scope the fake knows. */
  readonly scopes?: readonly string[]
  /** Default: 3600, as at Efí. */
  readonly tokenLifetimeSeconds?: number
  /**
   * Where time comes from. `fake.advance(ms)` adds to it for the fake alone; a clock that can be followed, such as
   * `manualClock`, is moved instead, and moving it makes the fake do what is due. Default: the system's clock.
   */
  readonly clock?: Clock | FollowedClock
  /** `manual`: what is due waits for `advance`. `real`: it happens by itself, as a demo needs. Default: `manual`. */
  readonly timers?: 'manual' | 'real'
  /** How long a send stays EM_PROCESSAMENTO; null leaves all of it to `settle` and `reject`. Default: 1000. */
  readonly settleAfterMs?: number | null
  /** How a send ends when its time has come. Default: REALIZADO, or the homologation rules if these are on. */
  readonly outcome?: (sent: SentPix) => SettlementOutcome
  /** The rules of Efí's sandbox: amounts decide, and only one key exists. Default: false. */
  readonly homologation?: boolean
  /** Refuses a send while another one is EM_PROCESSAMENTO, as may happen at Efí. Default: false. */
  readonly serialSends?: boolean
  /** Refuses to send from a key that has no webhook, as Efí does. Default: true. */
  readonly requireWebhook?: boolean
  /** The keys that exist, and their owners. Default: every well-formed key exists. */
  readonly directory?: Readonly<Record<string, EfiOwner>>
  /** CPFs and CNPJs to which nothing may be sent. */
  readonly blockedDocuments?: readonly string[]
  /** The answer to a send that the balance does not cover. Default: 422 `pagamento_negado`; Efí's is not published. */
  readonly insufficientBalance?: EfiRefusal
  /** What the answer of a send calls the end-to-end id: Efí's page and its SDK disagree. Default: `e2eId`. */
  readonly endToEndField?: 'e2eId' | 'endToEndId'
  /** What a webhook calls the reason of a rejection. Default: `erro`. */
  readonly rejectionField?: 'erro' | 'error'
  /** The shape of refusals around charges: Efí's own, or the Central Bank's for all of them. Default: `efi`. */
  readonly errors?: 'efi' | 'bcb'
  /** Whether look-ups and lists of charges repeat the code to copy, which Efí leaves open. Default: true. */
  readonly codeInLaterAnswers?: boolean
  /** How long a refund stays EM_PROCESSAMENTO; null leaves it to `settleRefund` and `refuseRefund`. Default: 1000. */
  readonly refundAfterMs?: number | null
  /** How a refund ends when its time has come. Default: DEVOLVIDO. */
  readonly refundOutcome?: (id: string) => 'DEVOLVIDO' | 'NAO_REALIZADO'
  /** How the Pix of a recurring charge tells its amount: the contract says both at once. Default: `object`. */
  readonly recurringAmountAs?: 'object' | 'text'
  /** Whether news of a recurring charge lists its Pix, which the standard leaves open. Default: false. */
  readonly pixInRecurringNews?: boolean
  /**
   * What the webhook of a returned Pix looks like, which Efí does not publish: an element as of a send with its
   * returns added, one as of a refund, or no webhook at all. Default: `like_send`.
   */
  readonly returnWebhook?: 'like_send' | 'like_refund' | 'none'
  /** Brings webhooks to the host. Default: over HTTP, presenting the webhook certificate if there is one. */
  readonly deliver?: Deliver
  /** How long the default delivery waits for an answer. Default: 60 000, as at Efí. */
  readonly deliverTimeoutMs?: number
  /** For `server()` and for webhooks over mutual TLS. Default: `server()` makes some. */
  readonly certificates?: EfiCertificates
  /** The CA that signed the host's webhook server, in PEM, where it is not a public one. */
  readonly webhookCa?: string
  /** Lets webhooks be registered with `http:` URLs, which Efí refuses. Default: false. */
  readonly allowHttpWebhooks?: boolean
  /** Decides ids and tokens. Default: 1. */
  readonly seed?: number
}

/** What an application signs in with. */
export interface EfiCredentials {
  readonly clientId: string
  readonly clientSecret: string
}

/** Whom a Pix key belongs to: a CPF or a CNPJ. */
export interface EfiOwner {
  readonly nome: string
  readonly cpf?: string
  readonly cnpj?: string
}

/** A refusal as Efí writes most of them. */
export interface EfiRefusal {
  readonly status: number
  readonly nome: string
  readonly mensagem: string
}

/** How a send ends. `returns` come back afterwards, one by one, in cents. */
export type SettlementOutcome =
  | { readonly status: 'REALIZADO'; readonly returns?: readonly bigint[] }
  | { readonly status: 'NAO_REALIZADO'; readonly rejection?: EfiRejection }

/** What is known of a webhook call besides the request itself. */
export interface DeliverContext {
  /** Whether Efí's client certificate comes with it. False only for the first of the two calls at registration. */
  readonly presentsCertificate: boolean
  /** The address Efí calls from. */
  readonly address: string
}

/** Brings one webhook to the host. Must not wait for the fake's own time to pass. */
export type Deliver = (request: Request, context: DeliverContext) => Promise<Response> | Response

/** Every scope the fake knows. */
export const EFI_SCOPES: readonly string[] = [
  'gn.balance.read',
  'gn.infractions.read',
  'gn.infractions.write',
  'gn.pix.send.read',
  'pix.send',
  ...[
    'cob',
    'cobr',
    'cobv',
    'payloadlocation',
    'payloadlocationrec',
    'pix',
    'rec',
    'solicrec',
    'webhook',
    'webhookcobr',
    'webhookrec',
  ].flatMap((area) => [`${area}.read`, `${area}.write`]),
]

/** The options with every default filled in. */
export type Settings = ReturnType<typeof withDefaults>

/** Fills in the defaults. */
export function withDefaults(options: FakeEfiOptions) {
  return {
    balance: 1_000_000n,
    keys: ['6f1d2c3b-4a59-4e87-9c0d-1b2a3c4d5e6f'],
    credentials: { clientId: 'Client_Id_of_the_fake', clientSecret: 'Client_Secret_of_the_fake' },
    scopes: EFI_SCOPES,
    tokenLifetimeSeconds: 3600,
    clock: { now: () => new Date() } as Clock | FollowedClock,
    timers: 'manual' as const,
    settleAfterMs: 1000,
    homologation: false,
    serialSends: false,
    requireWebhook: true,
    blockedDocuments: [],
    insufficientBalance: { status: 422, nome: 'pagamento_negado', mensagem: 'Saldo insuficiente' },
    endToEndField: 'e2eId' as const,
    rejectionField: 'erro' as const,
    errors: 'efi' as const,
    codeInLaterAnswers: true,
    refundAfterMs: 1000,
    recurringAmountAs: 'object' as const,
    pixInRecurringNews: false,
    returnWebhook: 'like_send' as const,
    deliverTimeoutMs: 60_000,
    allowHttpWebhooks: false,
    seed: 1,
    ...options,
  }
}
