/** How sends end: by themselves after a while, or by hand. */
import type { SettlementOutcome } from './options.ts'
import type { EfiRejection } from './records.ts'
import type { EfiContext } from './route.ts'
import { move, type SendRecord, snapshot } from './state.ts'
import { returnedBody, sentBody } from './webhook-bodies.ts'

const NO_SUCH_ACCOUNT: EfiRejection = {
  codigo: 'AC03',
  origem: 'PSP do usuário recebedor',
  motivo: 'Número da agência e/ou conta transacional do usuário recebedor inexistente ou inválido',
}

/** Lets a new send end by itself, where the options say so. */
export function settleLater(context: EfiContext, record: SendRecord): void {
  const { settings, scheduler } = context
  const delay = settings.settleAfterMs
  if (delay === null) return
  scheduler.later(delay, () => {
    if (record.status !== 'EM_PROCESSAMENTO') return
    const outcome = decide(context, record)
    if (outcome.status === 'NAO_REALIZADO') return reject(context, { record, rejection: outcome.rejection })
    settle(context, record)
    for (const amount of outcome.returns ?? []) {
      scheduler.later(delay, () => {
        // What was returned by hand in the meantime cannot come back twice.
        if (amount <= leftOf(record)) giveBack(context, { record, amount })
      })
    }
  })
}

function decide({ settings, state }: EfiContext, record: SendRecord): SettlementOutcome {
  if (settings.outcome) return settings.outcome(snapshot(state, record))
  if (!settings.homologation) return { status: 'REALIZADO' }
  if (record.amount > 1000n) return { status: 'NAO_REALIZADO' }
  return { status: 'REALIZADO', returns: HOMOLOGATION_RETURNS.get(record.amount) ?? [] }
}

/** Sandbox: a send of so many cents is followed by these returns. */
const HOMOLOGATION_RETURNS: ReadonlyMap<bigint, readonly bigint[]> = new Map([
  [400n, [200n, 200n]],
  [500n, [500n]],
])

/** The payee has the money. @throws Error unless the send is EM_PROCESSAMENTO. */
export function settle(context: EfiContext, record: SendRecord): void {
  mustBe(record, 'EM_PROCESSAMENTO')
  record.status = 'REALIZADO'
  record.settledAt = context.scheduler.now()
  tell(context, { topic: 'sent', record })
}

/** The payee's side refused, and the money is back. @throws Error unless the send is EM_PROCESSAMENTO. */
export function reject(
  context: EfiContext,
  { record, rejection = NO_SUCH_ACCOUNT }: { record: SendRecord; rejection?: EfiRejection | undefined },
): void {
  mustBe(record, 'EM_PROCESSAMENTO')
  const at = context.scheduler.now()
  record.status = 'NAO_REALIZADO'
  record.settledAt = at
  record.rejection = { origem: 'PSP do usuário recebedor', ...rejection }
  move(context.state, { at, reason: 'rejected', idEnvio: record.idEnvio, amount: record.amount })
  tell(context, { topic: 'sent', record })
}

/**
 * Part or all of a settled send comes back.
 * @throws Error unless the send is REALIZADO.
 * @throws RangeError when more would come back than was sent.
 */
export function giveBack(
  context: EfiContext,
  { record, amount }: { record: SendRecord; amount: bigint },
): void {
  mustBe(record, 'REALIZADO')
  const left = leftOf(record)
  if (amount <= 0n || amount > left) {
    throw new RangeError(`Cannot return ${amount} cents of ${record.idEnvio}: from 1 to ${left} are left.`)
  }
  const at = context.scheduler.now()
  const returned = { rtrId: context.ids.rtrId(at), amount, at }
  record.returns.push(returned)
  move(context.state, { at, reason: 'returned', idEnvio: record.idEnvio, amount })
  tell(context, { topic: 'returned', record })
}

/** What has not come back yet, in cents. */
export function leftOf(record: SendRecord): bigint {
  return record.returns.reduce((sum, earlier) => sum - earlier.amount, record.amount)
}

/** Tells the host how a send ended, or what came back of it. Without `retries` it is told once. */
export function tell(
  { settings, state, outbox }: EfiContext,
  { topic, record, retries = true }: { topic: 'sent' | 'returned'; record: SendRecord; retries?: boolean },
): void {
  if (topic === 'returned' && settings.returnWebhook === 'none') return
  const write = topic === 'sent' ? sentBody : returnedBody
  outbox.notify({
    topic,
    subject: record.idEnvio,
    idEnvio: record.idEnvio,
    config: state.webhooks.get(record.payerKey),
    suffix: 'pix',
    amount: record.amount,
    retries,
    body: (told) => write(settings, { record, told }),
  })
}

function mustBe(record: SendRecord, status: SendRecord['status']): void {
  if (record.status === status) return
  throw new Error(`The send ${record.idEnvio} is ${record.status}: it would have to be ${status}.`)
}
