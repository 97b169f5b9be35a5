import { z } from 'zod'

/**
 * Wire types of the Pix API: only the fields that are read, all of them nullable, unknown ones ignored, since Efí's
 * answers grow. Source: dev.efipay.com.br, section "API Pix", and the schemas of `sdk-node-apis-efi` 2.0.1.
 */

const text = z.string().nullish()
/** Read and checked where it is used. Marked optional, or zod would refuse an object without the field. */
const anything = z.unknown().optional()

/** `POST /oauth/token`. */
export const tokenAnswer = z.object({ access_token: z.string().min(1), expires_in: z.int().positive() })

/**
 * `PUT /v3/gn/pix/{idEnvio}`. The page calls the end-to-end id `e2eId`, the SDK's schema `endToEndId`: both are read.
 */
export const sendAnswer = z.object({
  idEnvio: z.string(),
  valor: z.string(),
  status: z.string(),
  e2eId: text,
  endToEndId: text,
})

/**
 * Money given back (`devolução`), by us or to us. For one that we received, the answer to a look-up has no status.
 * `natureza` says who wanted it: the receiver, or a claim (MED).
 */
export const returnedPix = z.object({
  id: text,
  rtrId: text,
  valor: anything,
  natureza: text,
  status: text,
  motivo: text,
  horario: anything,
})

/** A received Pix: `GET /v2/pix/{e2eId}`, and the `pix` list of a charge. */
export const receivedPix = z.object({
  endToEndId: z.string().min(1),
  txid: text,
  valor: anything,
  horario: anything,
  gnExtras: z.object({ tarifa: anything }).nullish(),
  devolucoes: z.array(returnedPix).nullish(),
})

/** `GET /v2/gn/pix/enviados/…`. */
export const sentPix = z.object({
  idEnvio: text,
  endToEndId: text,
  e2eId: text,
  valor: anything,
  status: anything,
  horario: anything,
  devolucoes: z.array(returnedPix).nullish(),
})

/** `GET /v2/gn/saldo`. */
export const balanceAnswer = z.object({ saldo: z.string() })

/** Error shape A: `{nome, mensagem}`. The message may hold personal data and is not read. */
export const namedError = z.object({ nome: z.string() })

/** Error shape B (RFC 7807). The name is the last part of `type`; of the violations only the field names are read. */
export const problemError = z.object({
  type: z.string(),
  violacoes: z.array(z.object({ propriedade: text })).nullish(),
})

/** Error shape C: tokens and scopes. */
export const oauthError = z.object({ error: z.string() })

/** Why a send was rejected, inside a webhook. */
export const rejection = z.object({ codigo: text, motivo: text })

/** One element of a webhook's `pix` list, whichever of its three kinds it is. */
export const pixElement = z.object({
  endToEndId: text,
  txid: text,
  valor: anything,
  horario: anything,
  tipo: text,
  status: anything,
  gnExtras: z
    .object({ idEnvio: text, tarifa: anything, erro: rejection.nullish(), error: rejection.nullish() })
    .nullish(),
  devolucoes: z.array(returnedPix).nullish(),
})

/** A webhook's body. `recs` and `cobsr` are Pix Automático; `evento` is the test call at registration. */
export const webhookBody = z.object({
  pix: z.array(z.unknown()).nullish(),
  recs: z.array(z.unknown()).nullish(),
  cobsr: z.array(z.unknown()).nullish(),
  evento: text,
})

/** What a send asks for. */
export interface SendRequest {
  readonly valor: string
  readonly pagador: { readonly chave: string; readonly infoPagador?: string }
  readonly favorecido: Payee
}

/** Whom a send pays: a key, or a bank account. */
export type Payee =
  | { readonly chave: string; readonly cpf?: string; readonly cnpj?: string }
  | {
      readonly contaBanco: {
        readonly nome: string
        readonly cpf?: string
        readonly cnpj?: string
        readonly codigoBanco: string
        readonly agencia: string
        readonly conta: string
        readonly tipoConta: 'cacc' | 'svgs'
      }
    }

/** One received Pix. */
export type ReceivedPix = z.output<typeof receivedPix>
/** One read element of a webhook's `pix` list. */
export type PixElement = z.output<typeof pixElement>
/** One returned Pix. */
export type ReturnedPix = z.output<typeof returnedPix>
/** A look-up's answer. */
export type SentPix = z.output<typeof sentPix>
