import { monotonicMs, sleep } from '../../platform/node.ts'
import type { PaymentDeps, PaymentWork } from './context.ts'
import { existing } from './create.ts'
import type { Payment, PaymentId } from './payment.ts'
import { submitOnce } from './submit.job.ts'

/** How long a host waits for an answer that another process is getting, and how often it looks. */
const WAIT_MS = 5_000
const LOOK_MS = 25

/**
 * The host's own call. Where the job was faster, its answer is waited for: the host wants what the payer is shown, and
 * not to learn who asked.
 * @throws LastroError `not_found`.
 */
export async function submitNow<T extends PaymentWork>(
  deps: PaymentDeps<T>,
  id: PaymentId,
): Promise<Payment> {
  const read = () => deps.storage.read((tx) => existing(tx, id))
  const until = monotonicMs() + WAIT_MS
  await read()
  await submitOnce(deps, { paymentId: id })
  let payment = await read()
  while (payment.state === 'submitting' && monotonicMs() < until) {
    await sleep(LOOK_MS, new AbortController().signal)
    payment = await read()
  }
  return payment
}
