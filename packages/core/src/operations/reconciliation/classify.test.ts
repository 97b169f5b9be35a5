import { describe, expect, it } from 'vitest'
import { FINDINGS, judge, judgeLine, type Terms, toldOf } from './classify.ts'
import { CLASS_NAMES, REPAIRS, repairOf } from './drift.ts'
import type { ItemFacts, ToldLine } from './store.ts'

const at = (hour: number) => new Date(Date.UTC(2026, 2, 2) + hour * 3_600_000)
const HOUR = 3_600_000
const TERMS: Terms = {
  at: at(23),
  readAt: at(23),
  listedAfterMs: HOUR,
  toleranceMs: HOUR,
  staleAfterMs: 10 * HOUR,
}

const AGREED: ItemFacts = {
  item: 'refund:rfnd_1',
  ref: 'R1',
  paymentId: 'pay_1',
  payoutId: null,
  asset: 'BRL/2',
  net: -100n,
  fee: null,
  standing: 'settled',
  state: 'succeeded',
  since: at(10),
  until: at(11),
  expected: -100n,
  booked: -100n,
  settled: 1,
  pending: 0,
  failed: 0,
  copies: 1,
  toldNet: -100n,
  toldFee: null,
  firstAt: at(10),
  lastSettledAt: at(10),
  lastAt: at(10),
  otherItem: null,
  isNamed: false,
  isOtherAsset: false,
  refs: ['R1'],
  isCovered: true,
}
const UNTOLD = {
  ...{ settled: 0, copies: 0, toldNet: null, firstAt: null, lastSettledAt: null, lastAt: null },
  refs: [],
} as const

describe('what is told', () => {
  it.each([
    [{}, 'settled'],
    [UNTOLD, 'none'],
    [{ ...UNTOLD, pending: 1, failed: 1 }, 'pending'],
    [{ ...UNTOLD, failed: 1 }, 'void'],
    [{ settled: 2, toldNet: 0n }, 'void'],
  ])('%o is %s', (facts, told) => {
    expect(toldOf({ ...AGREED, ...facts })).toBe(told)
  })
})

describe('a thing of ours', () => {
  it.each<[string, Partial<ItemFacts>, readonly string[], string]>([
    ['agrees', {}, [], 'agreed'],
    ['is not listed, and should be', UNTOLD, ['missing_there'], 'missing_there'],
    ['is not listed, and need not be', { ...UNTOLD, isCovered: false }, [], 'in_flight'],
    ['is not listed, but named by a line of another', { ...UNTOLD, isNamed: true }, [], 'duplicate'],
    ['has another amount', { toldNet: -101n }, ['amount'], 'amount'],
    ['has another asset', { isOtherAsset: true }, ['amount'], 'amount'],
    ['has another fee', { fee: 1n, toldFee: 2n }, ['amount'], 'amount'],
    ['has a fee that only one side tells', { toldFee: 2n }, [], 'fees_untold'],
    ['was told too early', { firstAt: at(8) }, ['timing'], 'timing'],
    ['was told too late', { lastSettledAt: at(13), lastAt: at(13) }, ['timing'], 'timing'],
    ['has a later line that is not settled', { pending: 1, lastAt: at(20) }, [], 'agreed'],
    ['was told within the tolerance', { firstAt: at(9), lastSettledAt: at(12) }, [], 'agreed'],
    ['failed there', { ...UNTOLD, failed: 1, refs: ['R1'] }, ['state'], 'state'],
    ['failed there a moment ago', { ...UNTOLD, failed: 1, lastAt: at(22.5) }, [], 'in_flight'],
    ['was settled here after it failed there', { ...UNTOLD, failed: 1, until: at(21.5) }, [], 'in_flight'],
    ['failed here', { standing: 'void', net: 0n, expected: 0n, booked: 0n }, ['state'], 'state'],
    ['is open here, and just settled there', { standing: 'open', lastAt: at(20) }, [], 'in_flight'],
    ['is open here, and settled there long ago', { standing: 'open' }, ['state'], 'state'],
    ['is told twice', { settled: 2, copies: 2, toldNet: -200n }, ['duplicate'], 'duplicate'],
    ['is told by a line of another', { otherItem: 'refund:rfnd_2' }, ['duplicate'], 'duplicate'],
    ['is booked otherwise', { booked: -90n }, ['ledger'], 'ledger'],
    ['is not listed and not booked', { ...UNTOLD, booked: 0n }, ['missing_there', 'ledger'], 'missing_there'],
  ])('that %s', (_what, facts, classes, bucket) => {
    expect(judge({ ...AGREED, ...facts }, TERMS)).toEqual({ classes, bucket })
  })

  it('with several parts is never told twice', () => {
    const parts = { ...AGREED, item: 'dispute:pay_1', settled: 2, copies: 2 }
    expect(judge(parts, TERMS).classes).toEqual([])
    expect(judge({ ...parts, toldNet: -200n }, TERMS).classes).toEqual(['amount'])
    for (const young of [{ lastAt: at(22.5), lastSettledAt: at(22.5) }, { until: at(21.5) }])
      expect(judge({ ...parts, toldNet: -200n, ...young }, TERMS).bucket).toBe('in_flight')
  })
})

describe('a line of which we have nothing', () => {
  const line: ToldLine = {
    ref: 'E1',
    kind: 'receipt',
    asset: 'BRL/2',
    amount: 100n,
    fee: null,
    state: 'settled',
    occurredAt: at(12),
    item: null,
    otherItem: null,
    paymentId: null,
    isGone: false,
  }
  it.each<[string, Partial<ToldLine>, string]>([
    ['is missing here', {}, 'missing_here'],
    ['is early while it is young', { occurredAt: new Date(TERMS.at.getTime() - HOUR + 1) }, 'in_flight'],
    ['is due at the limit', { occurredAt: new Date(TERMS.at.getTime() - HOUR) }, 'missing_here'],
    ['is early while it is pending', { state: 'pending' }, 'in_flight'],
    ['is nothing when it failed', { state: 'failed' }, 'agreed'],
    ['is nothing when it is gone', { isGone: true }, 'agreed'],
    ["is nobody's when it is a fee", { kind: 'fee' }, 'other_lines'],
    ["is nobody's when it is something else", { kind: 'other' }, 'other_lines'],
  ])('%s', (_what, facts, bucket) => {
    expect(judgeLine({ ...line, ...facts }, TERMS).bucket).toBe(bucket)
  })
})

describe('the tables', () => {
  it('never find what is pending or unknown to both', () => {
    for (const row of Object.values(FINDINGS)) expect(row.pending).toBe('in_flight')
    expect(FINDINGS.absent.none).toBe('agreed')
  })

  it('leave to a person what no question can mend, and what has nothing to ask about', () => {
    for (const name of CLASS_NAMES) {
      expect(REPAIRS[name].posting).toBe('person')
      for (const kind of ['receipt', 'refund', 'dispute', 'payout', 'returned'] as const)
        expect(repairOf({ class: name, kind, paymentId: null, payoutId: null })).toBe('person')
    }
    for (const name of ['ledger', 'duplicate', 'timing'] as const)
      expect(new Set(Object.values(REPAIRS[name]))).toEqual(new Set(['person']))
  })
})
