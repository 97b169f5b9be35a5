/** What webhooks say. */
import { formatAmount } from './amount.ts'
import type { Settings } from './options.ts'
import type { SendRecord } from './state.ts'

/** A send, and the amount that is told of it: the true one, unless a fault says otherwise. */
interface Told {
  readonly record: SendRecord
  readonly told: bigint
}

/** A send that ended. */
export function sentBody(settings: Settings, told: Told): object {
  return { pix: [sentElement(settings, told)] }
}

/** A send of which money came back. Efí does not publish this form: `returnWebhook` picks one. */
export function returnedBody(settings: Settings, { record, told }: Told): object {
  const devolucoes = record.returns.map(({ rtrId, amount, at }, index) => ({
    id: `${index + 1}`,
    rtrId,
    valor: formatAmount(amount),
    horario: { solicitacao: at.toISOString() },
    status: 'DEVOLVIDO',
  }))
  if (settings.returnWebhook === 'like_send') {
    return { pix: [{ ...sentElement(settings, { record, told }), devolucoes }] }
  }
  const { e2eId, payerKey, settledAt } = record
  const horario = settledAt?.toISOString() ?? null
  return { pix: [{ endToEndId: e2eId, chave: payerKey, valor: formatAmount(told), horario, devolucoes }] }
}

/** The call at registration. Known from integrations, not from Efí's pages. */
export function testBody(now: Date): object {
  return { evento: 'teste_webhook', data_criacao: now.toISOString() }
}

function sentElement({ rejectionField }: Settings, { record, told }: Told): object {
  const { e2eId, idEnvio, payerKey, rejection, status } = record
  return {
    endToEndId: e2eId,
    chave: payerKey,
    tipo: 'SOLICITACAO',
    status,
    valor: formatAmount(told),
    horario: status === 'REALIZADO' ? (record.settledAt?.toISOString() ?? null) : null,
    ...(record.description === null ? {} : { infoPagador: record.description }),
    gnExtras: { idEnvio, ...(rejection === null ? {} : { [rejectionField]: rejection }) },
  }
}
