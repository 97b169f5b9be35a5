/**
 * Amounts as Efí writes them: reais with exactly two decimals, `\d{1,10}\.\d{2}`. In here they are whole cents.
 * Written apart from the adapter's and the engine's own code, because the fake judges them.
 */

const AMOUNT = /^\d{1,10}\.\d{2}$/

/** Cents of an amount, or null when the text is none. */
export function parseAmount(text: unknown): bigint | null {
  return typeof text === 'string' && AMOUNT.test(text) ? BigInt(text.replace('.', '')) : null
}

/** An amount of cents, `12.34` for 1234. */
export function formatAmount(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0')
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`
}
