import type { OnchainParts } from './context.ts'
import type { OnchainTransfer } from './transfer.ts'

/** When a transfer that got no further is tried again: doubling from the base to the longest wait. */
export function nextTry(
  context: Pick<OnchainParts, 'clock' | 'options'>,
  transfer: Pick<OnchainTransfer, 'tries'>,
): { readonly dueAt: Date; readonly tries: number } {
  const { retryBaseMs, retryMaxMs } = context.options
  const wait = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(transfer.tries, 20))
  return { dueAt: new Date(context.clock.now().getTime() + wait), tries: transfer.tries + 1 }
}
