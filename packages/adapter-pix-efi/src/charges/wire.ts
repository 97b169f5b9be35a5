import { z } from 'zod'
import { receivedPix } from '../api.ts'

/**
 * Wire types of charges: only the fields that are read. Source: BCB, `bacen/pix-api` 2.9.0, schemas `Cob*` and `CobV*`,
 * and the schemas of `sdk-node-apis-efi` 2.0.1, where the code to copy is optional in all answers but the first.
 */

const text = z.string().nullish()

/** Where the payload of a charge is served. */
export const location = z.object({
  id: z.int(),
  location: text,
  tipoCob: text,
  criacao: text,
  txid: text,
})

/** `GET /v2/cob/{txid}` and `GET /v2/cobv/{txid}`, and the answers to creating and changing. */
export const charge = z.object({
  txid: z.string(),
  status: z.string(),
  revisao: z.int().nullish(),
  calendario: z
    .object({
      criacao: text,
      expiracao: z.int().nullish(),
      dataDeVencimento: text,
      validadeAposVencimento: z.int().nullish(),
    })
    .nullish(),
  valor: z.object({ original: z.unknown() }),
  chave: text,
  loc: location.partial().nullish(),
  location: text,
  pixCopiaECola: text,
  pix: z.array(receivedPix).nullish(),
})

/** `GET /v2/loc/{id}/qrcode`. */
export const qrCode = z.object({ qrcode: z.string().min(1), imagemQrcode: text, linkVisualizacao: text })

/** The block about pages that all lists carry. */
export const parameters = z.object({
  paginacao: z.object({
    paginaAtual: z.int(),
    quantidadeDePaginas: z.int(),
    quantidadeTotalDeItens: z.int(),
  }),
})

/** `GET /v2/cob`, `GET /v2/cobv`. */
export const chargeList = z.object({ parametros: parameters, cobs: z.array(charge) })

/** `GET /v2/loc`. The Central Bank's document calls the list `loc`, Efí's SDK `locs`: both are read. */
export const locationList = z.object({
  parametros: parameters,
  locs: z.array(location).nullish(),
  loc: z.array(location).nullish(),
})

/** Who owes a charge. */
export type Debtor = ({ readonly cpf: string } | { readonly cnpj: string }) & {
  readonly nome: string
  readonly email?: string
}

/** A fixed amount or a share: 1 is reais, 2 percent; interest has more. */
export interface Term {
  readonly modalidade: number
  readonly valorPerc: string
}

/** What is asked for in money: the amount, and with a due date its terms. */
export interface ChargeValue {
  readonly original: string
  readonly multa?: Term
  readonly juros?: Term
  readonly abatimento?: Term
  readonly desconto?: {
    readonly modalidade: number
    readonly descontoDataFixa: readonly { readonly data: string; readonly valorPerc: string }[]
  }
}

/** The body of `PUT /v2/cob/{txid}` and `PUT /v2/cobv/{txid}`. */
export interface ChargeBody {
  readonly calendario:
    | { readonly expiracao: number }
    | { readonly dataDeVencimento: string; readonly validadeAposVencimento?: number }
  readonly devedor?: Debtor
  readonly valor: ChargeValue
  readonly chave: string
  readonly solicitacaoPagador?: string
}

/** A charge as Efí writes it. */
export type ChargeWire = z.output<typeof charge>

/** The two kinds of charge, by the name in the path: payable at once, and with a due date. */
export type ChargeKind = 'cob' | 'cobv'
