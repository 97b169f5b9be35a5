import { z } from 'zod'
import { returnedPix } from '../api.ts'

/**
 * Wire types of Pix Automático: only the fields that are read. Source: BCB, `bacen/pix-api` 2.9.0, schemas `Rec*`,
 * `SolicRec*` and `CobR*`, which Efí follows.
 */

const text = z.string().nullish()
const anything = z.unknown().optional()
const id = z.string().min(1)

const history = z.array(z.object({ status: text, data: text })).nullish()

const ending = z
  .object({
    rejeicao: z.object({ codigo: text, descricao: text }).nullish(),
    cancelamento: z.object({ solicitante: text, codigo: text, descricao: text }).nullish(),
  })
  .nullish()

const activation = z.object({ tipoJornada: text, dadosJornada: z.object({ txid: text }).nullish() }).nullish()

const location = z.object({ id: z.int(), location: text, idRec: text, criacao: text })

/** A recurrence as a webhook tells it. */
export const recNews = z.object({
  idRec: id,
  status: id,
  atualizacao: history,
  ativacao: activation,
  encerramento: ending,
})

/** `GET /v2/rec/{idRec}`, and the answers to creating and changing one. */
export const recurrence = recNews.extend({
  status: text,
  vinculo: z
    .object({
      contrato: text,
      objeto: text,
      devedor: z.object({ cpf: text, cnpj: text, nome: text }).nullish(),
    })
    .nullish(),
  calendario: z.object({ dataInicial: text, dataFinal: text, periodicidade: text }).nullish(),
  valor: z.object({ valorRec: anything, valorMinimoRecebedor: anything }).nullish(),
  politicaRetentativa: text,
  loc: location.nullish(),
  dadosQR: z.object({ jornada: text, pixCopiaECola: text }).nullish(),
})

/** `/v2/solicrec`: a recurrence put before the payer in the app of the bank. */
export const recurrenceRequest = z.object({
  idSolicRec: id,
  idRec: id,
  status: z.string(),
  calendario: z.object({ dataExpiracaoSolicitacao: text }).nullish(),
  atualizacao: history,
})

/** One attempt to take a recurring charge. */
const attempt = z.object({
  dataLiquidacao: text,
  tipo: text,
  status: text,
  endToEndId: text,
  rejeicao: z.object({ codigo: text, descricao: text }).nullish(),
})

/** One Pix of a recurring charge. The standard writes `valor` as an object here, and nowhere else: both are read. */
export const automaticPix = z.object({
  endToEndId: id,
  txid: text,
  valor: anything,
  horario: anything,
  devolucoes: z.array(returnedPix).nullish(),
})

/** A recurring charge as a webhook tells it. */
export const cobrNews = z.object({
  idRec: text,
  txid: id,
  status: id,
  atualizacao: history,
  encerramento: ending,
  tentativas: z.array(attempt).nullish(),
  pix: z.array(automaticPix).nullish(),
})

/** `GET /v2/cobr/{txid}`, and the answers to creating and changing one. */
export const recurringCharge = cobrNews.extend({
  calendario: z.object({ criacao: text, dataDeVencimento: text }).nullish(),
  valor: z.object({ original: anything }),
  ajusteDiaUtil: z.boolean().nullish(),
  infoAdicional: text,
})

/** `/v2/locrec`. */
export const recurrenceLocation = location

/** One Pix of a recurring charge. */
export type AutomaticPix = z.output<typeof automaticPix>
