/**
 * Settles as the work does, or rejects with the signal's reason when that comes first, even if the work ignores the
 * signal. The work itself goes on.
 */
export async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const gaveUp = Promise.withResolvers<never>()
  const onAbort = (): void => gaveUp.reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  // The one that loses the race may still reject, with nobody left to hear it.
  work.catch(() => undefined)
  try {
    return await Promise.race([work, gaveUp.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}
