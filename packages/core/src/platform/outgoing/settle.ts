import type { SendResult } from '../../spec/index.ts'
import { redact } from '../telemetry/index.ts'
import { disableEndpoint, HEALTHY, saveEndpoint } from './change-endpoint.ts'
import type { AttemptError, OutgoingDelivery } from './delivery.ts'
import type { OutgoingEndpoint } from './endpoint.ts'
import { deliverWebhook } from './jobs.ts'
import { askedWaitMs, nextTry, restUntil } from './retry.ts'
import type { OutgoingDeps } from './settings.ts'
import { exhaust, stepDelivery } from './step.ts'
import type { OutgoingWork } from './store.ts'

/** What is known of an attempt when it has ended. */
interface Ended {
  /** As it was when the attempt began. */
  readonly delivery: OutgoingDelivery
  readonly result: SendResult
  readonly durationMs: number
}

/** What an attempt came to. */
interface Outcome {
  readonly kind: 'succeeded' | 'gone' | 'failed' | 'stopped'
  readonly status: number | null
  readonly error: AttemptError | null
  /** How long the receiver asks to be left alone. */
  readonly askedMs: number
}

const GONE = 410
const ANSWER_CHARACTERS = 1_024
/** How exact the time of the last success is: not every delivery must write to the endpoint's row. */
const SUCCESS_STEP_MS = 60_000
/** Fewer failures than this disable nothing, however far apart they are. */
const MIN_FAILURES = 5

/** Commit two: what came of the attempt. When it counts as lost meanwhile, another one is under way: nothing is done. */
export function settleAttempt<T extends OutgoingWork>(deps: OutgoingDeps<T>, ended: Ended): Promise<void> {
  const outcome = outcomeOf(ended.result, deps.clock.now())
  return deps.storage.transaction(async (tx) => {
    const at = deps.clock.now()
    const delivery = await tx.outgoing.lock(ended.delivery.id)
    if (delivery === null || delivery.state !== 'sending' || delivery.attempts !== ended.delivery.attempts)
      return
    await tx.outgoing.insertAttempt({
      deliveryId: delivery.id,
      number: delivery.attempts,
      at: delivery.sentAt ?? at,
      durationMs: ended.durationMs,
      status: outcome.status,
      error: outcome.error,
      answer: deps.settings().keepsAnswers ? answerOf(ended.result) : null,
    })
    await settleDelivery(deps, tx, { delivery, outcome, at })
    await settleEndpoint(deps, tx, { delivery, outcome, at })
  })
}

function outcomeOf(result: SendResult, at: Date): Outcome {
  if (result.kind === 'failed') {
    const kind = result.error === 'stopped' ? 'stopped' : 'failed'
    return { kind, status: null, error: result.error, askedMs: 0 }
  }
  const { status, headers } = result
  if (status >= 200 && status < 300) return { kind: 'succeeded', status, error: null, askedMs: 0 }
  if (status === GONE) return { kind: 'gone', status, error: 'status', askedMs: 0 }
  return { kind: 'failed', status, error: 'status', askedMs: askedWaitMs(headers['retry-after'], at) }
}

/** What may be kept of an answer: its beginning, without control characters, with everything hidden that looks secret. */
function answerOf(result: SendResult): string | null {
  if (result.kind === 'failed' || result.body.byteLength === 0) return null
  const text = new TextDecoder().decode(result.body.subarray(0, ANSWER_CHARACTERS))
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out
  const plain = text.replace(/[\u0000-\u0008\u000b-\u001f\u007f]/g, '')
  return String(redact(plain))
}

async function settleDelivery<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  settled: { readonly delivery: OutgoingDelivery; readonly outcome: Outcome; readonly at: Date },
): Promise<void> {
  const { delivery, outcome, at } = settled
  const last = { lastStatus: outcome.status, lastError: outcome.error }
  if (outcome.kind === 'succeeded') {
    await stepDelivery(tx, delivery, { event: 'succeed', set: last, at })
    return
  }
  if (outcome.kind === 'gone') {
    await stepDelivery(tx, delivery, { event: 'disable', set: last, at })
    return
  }
  const { id: deliveryId, endpointId } = delivery
  if (outcome.kind === 'stopped') {
    // We ended it ourselves: the try is given back, and another process goes on.
    const set = { ...last, tries: delivery.tries - 1, dueAt: at }
    await stepDelivery(tx, delivery, { event: 'lose', set, at })
    await tx.jobs.enqueue(deliverWebhook, { deliveryId, endpointId })
    return
  }
  const { scheduleMs } = deps.settings()
  const seed = `${delivery.id}:${delivery.attempts}`
  const dueAt = nextTry({ scheduleMs, tries: delivery.tries, seed, at, askedMs: outcome.askedMs })
  if (dueAt === null) {
    await exhaust(tx, delivery, { set: last, at })
    return
  }
  await stepDelivery(tx, delivery, { event: 'fail', set: { ...last, dueAt }, at })
  await tx.jobs.enqueue(deliverWebhook, { deliveryId, endpointId }, { runAt: dueAt })
}

async function settleEndpoint<T extends OutgoingWork>(
  deps: OutgoingDeps<T>,
  tx: T,
  settled: { readonly delivery: OutgoingDelivery; readonly outcome: Outcome; readonly at: Date },
): Promise<void> {
  const { delivery, outcome, at } = settled
  if (outcome.kind === 'stopped') return
  if (outcome.kind === 'succeeded') {
    const seen = await tx.outgoingEndpoints.get(delivery.endpointId)
    if (seen === null || !isNews(seen, at)) return
  }
  const endpoint = await tx.outgoingEndpoints.lock(delivery.endpointId)
  if (endpoint === null || endpoint.state === 'removed') return
  if (outcome.kind === 'succeeded') {
    await saveEndpoint(tx, endpoint, { set: { ...HEALTHY, lastSuccessAt: at }, at })
    return
  }
  const failures = endpoint.failures + 1
  const failingSince = endpoint.failingSince ?? at
  const { status, askedMs } = outcome
  const restingUntil = restUntil({ status, askedMs, failures, at }) ?? endpoint.restingUntil
  const failed = await saveEndpoint(tx, endpoint, { set: { failures, failingSince, restingUntil }, at })
  if (outcome.kind === 'gone') await disableEndpoint(deps, tx, { endpoint: failed, reason: 'gone' })
  else if (isHopeless(failed, { at, afterMs: deps.settings().disableAfterMs }))
    await disableEndpoint(deps, tx, { endpoint: failed, reason: 'failing' })
}

/** True when a success tells something that the endpoint's row does not say yet. */
function isNews({ failures, restingUntil, lastSuccessAt }: OutgoingEndpoint, at: Date): boolean {
  if (failures > 0 || restingUntil !== null || lastSuccessAt === null) return true
  return at.getTime() - lastSuccessAt.getTime() >= SUCCESS_STEP_MS
}

function isHopeless(
  { failures, failingSince }: OutgoingEndpoint,
  { at, afterMs }: { readonly at: Date; readonly afterMs: number },
): boolean {
  return failures >= MIN_FAILURES && failingSince !== null && at.getTime() - failingSince.getTime() >= afterMs
}
