import type { EventTypeRow } from '@lastro/core/spec'

/**
 * Every kind of news that Efí sends. The first four are Efí's own names, from its page on sending webhooks again; a body
 * that mixes them is `pix`. `rec` and `cobr` are the suffixes of Pix Automático, the last is the call at registration.
 */
export const EVENT_TYPES = [
  { type: 'PIX_RECEBIDO', does: 'applied', becomes: 'payment received' },
  { type: 'PIX_ENVIADO', does: 'applied', becomes: 'payout paid or failed' },
  { type: 'DEVOLUCAO_ENVIADA', does: 'applied', becomes: 'refund or MED return of a payment' },
  { type: 'DEVOLUCAO_RECEBIDA', does: 'asked', becomes: 'payout returned, in part or whole' },
  { type: 'pix', does: 'applied', becomes: 'several of the above, each as itself' },
  { type: 'rec', does: 'handed_on', becomes: 'recurring consent changed' },
  { type: 'cobr', does: 'applied', becomes: 'recurring payment changed; a paid one is a payment paid' },
  { type: 'teste_webhook', does: 'ignored', becomes: 'nothing: the call at registration' },
] as const satisfies readonly EventTypeRow[]

/** One of the names in the table. */
export type EventTopic = (typeof EVENT_TYPES)[number]['type']

/** For a body that has no part that Efí documents: in no table, and kept for a person. */
export const UNKNOWN_TOPIC = 'unrecognised'
