/**
 * A place in the order of the chain: `<19 digits>-<10 digits>`. The first part is ledger·2^32 + transaction·2^12 +
 * operation, the second the event's index. Padded with zeros, so that texts compare as the chain runs. stellar-rpc 27.1.1.
 */
const FORM = /^(\d{19})-(\d{10})$/
const LEDGER_BITS = 32n
/** The last place of a ledger: behind all transactions, all operations and all events. */
const END = { rest: 2n ** LEDGER_BITS - 1n, index: '4294967295' }

/** True for an event's id, and for a cursor. */
export function isPlace(text: string): boolean {
  return FORM.test(text)
}

/** The ledger of a place. */
export function ledgerOf(place: string): bigint {
  return BigInt(FORM.exec(place)?.[1] ?? 0) >> LEDGER_BITS
}

/** The operation of a place, counted from 0; 4095 is what comes after all operations of its transaction. */
export function operationOf(place: string): number {
  const toid = BigInt(FORM.exec(place)?.[1] ?? 0)
  return Number(toid & 0xfffn) // tidy-allow: number twelve bits
}

/** The last place of a ledger. */
export function endOf(ledger: bigint): string {
  return `${`${(ledger << LEDGER_BITS) | END.rest}`.padStart(19, '0')}-${END.index}`
}

/** The first ledger of which something may follow the place. */
export function nextLedgerAfter(place: string): bigint {
  const ledger = ledgerOf(place)
  return place >= endOf(ledger) ? ledger + 1n : ledger
}
