import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Money, type TransactionStatus } from '../../spec/index.ts'
import { type Decision, type DecisionLimits, decide, type Observed } from './decide.ts'
import type { OnchainTransfer, SignedVersion } from './transfer.ts'

const START = new Date('2026-03-02T12:00:00.000Z')
const LIMITS: DecisionLimits = {
  now: new Date(START.getTime() + 1_000),
  replaceAfterMs: 60_000,
  maxVersions: 3,
}
const LATE: DecisionLimits = { ...LIMITS, now: new Date(START.getTime() + 60_000) }
const ABSENT = { kind: 'absent' } as const
const PENDING = { kind: 'pending' } as const
const MINED = {
  kind: 'mined',
  block: { height: 7n, hash: 'block' },
  succeeded: true,
  fee: Money.of(1n, 'ETH/18'),
} as const

function version(number: number): SignedVersion {
  return {
    transferId: 'otx_1',
    sequence: 5n,
    number,
    raw: '',
    hash: `hash ${number}`,
    fee: { max: Money.of(1n, 'ETH/18'), parameters: {} },
    calls: 1,
    refusals: 0,
    isDead: false,
    createdAt: START,
  }
}

const observe = (...statuses: readonly TransactionStatus[]): readonly Observed[] =>
  statuses.map((status, index) => ({ version: version(index + 1), status }))

type Facts = Parameters<typeof decide>[0]

const facts = (state: OnchainTransfer['state'], more: Partial<Facts> = {}): Facts => ({
  state,
  sequence: 5n,
  block: null,
  transactionHash: 'hash 1',
  unfundedSince: null,
  ...more,
})
const noted = facts('mined', { block: { height: 7n, hash: 'block' } })

describe('decide', () => {
  test.each<{
    title: string
    transfer: Facts
    statuses: readonly TransactionStatus[]
    next?: bigint
    limits?: DecisionLimits
    kind: Decision['kind']
  }>([
    { title: 'mined and not noted', transfer: facts('sent'), statuses: [MINED], next: 6n, kind: 'mine' },
    {
      title: 'an older version mined',
      transfer: facts('sent'),
      statuses: [MINED, ABSENT],
      next: 6n,
      kind: 'mine',
    },
    { title: 'mined where it was noted', transfer: noted, statuses: [MINED], next: 6n, kind: 'settle' },
    {
      title: 'mined in another block',
      transfer: facts('mined', { block: { height: 7n, hash: 'other' } }),
      statuses: [MINED],
      next: 6n,
      kind: 'mine',
    },
    {
      title: 'another version mined in the noted block',
      transfer: { ...noted, transactionHash: 'hash 2' },
      statuses: [MINED, ABSENT],
      next: 6n,
      kind: 'mine',
    },
    { title: 'its block is gone', transfer: noted, statuses: [ABSENT], next: 6n, kind: 'unmine' },
    { title: 'its block is gone, back in the pool', transfer: noted, statuses: [PENDING], kind: 'unmine' },
    { title: 'used by others', transfer: facts('sent'), statuses: [ABSENT], next: 6n, kind: 'suspect' },
    {
      title: 'used by others, a stale pool',
      transfer: facts('sent'),
      statuses: [PENDING],
      next: 6n,
      kind: 'suspect',
    },
    {
      title: 'in the pool unknown to us',
      transfer: facts('prepared'),
      statuses: [PENDING],
      kind: 'acknowledge',
    },
    { title: 'in the pool', transfer: facts('sent'), statuses: [PENDING], kind: 'wait' },
    { title: 'nowhere', transfer: facts('prepared'), statuses: [ABSENT], kind: 'resend' },
    { title: 'nowhere any more', transfer: facts('sent'), statuses: [ABSENT], kind: 'resend' },
    {
      title: 'next in line for long',
      transfer: facts('sent'),
      statuses: [PENDING],
      limits: LATE,
      kind: 'replace',
    },
    {
      title: 'behind others for long',
      transfer: facts('sent'),
      statuses: [PENDING],
      next: 4n,
      limits: LATE,
      kind: 'wait',
    },
    {
      title: 'replaced often enough',
      transfer: facts('sent'),
      statuses: [ABSENT, ABSENT, PENDING],
      limits: LATE,
      kind: 'wait',
    },
    {
      title: 'too poor for a higher fee',
      transfer: facts('prepared', { unfundedSince: START }),
      statuses: [ABSENT],
      limits: LATE,
      kind: 'resend',
    },
    { title: 'without versions', transfer: facts('prepared'), statuses: [], kind: 'wait' },
  ])('$title: $kind', ({ transfer, statuses, next = 5n, limits = LIMITS, kind }) => {
    expect(decide(transfer, { observed: observe(...statuses), chainSequence: next }, limits).kind).toBe(kind)
  })

  test('resends and replaces from the last version, and mines the one that is mined', () => {
    const seen = { observed: observe(ABSENT, ABSENT), chainSequence: 5n }
    expect(decide(facts('sent'), seen, LIMITS)).toMatchObject({ kind: 'resend', version: { number: 2 } })
    expect(decide(facts('sent'), seen, LATE)).toMatchObject({ kind: 'replace', version: { number: 2 } })
    const mined = { observed: observe(ABSENT, MINED), chainSequence: 6n }
    expect(decide(facts('sent'), mined, LIMITS)).toMatchObject({ kind: 'mine', version: { number: 2 } })
  })

  test('never makes or sends bytes while a version is mined, or the sequence is used', () => {
    const status = fc.constantFrom<TransactionStatus>(ABSENT, PENDING, MINED)
    const state = fc.constantFrom<OnchainTransfer['state']>('prepared', 'sent', 'mined')
    const property = fc.property(
      state,
      fc.array(status, { minLength: 1, maxLength: 4 }),
      fc.bigInt({ min: 4n, max: 7n }),
      fc.boolean(),
      (from, statuses, chainSequence, isLate) => {
        const observed = observe(...statuses)
        const { kind } = decide(facts(from), { observed, chainSequence }, isLate ? LATE : LIMITS)
        const isMined = statuses.some((told) => told.kind === 'mined')
        if (isMined || chainSequence > 5n || from === 'mined')
          expect(['resend', 'replace']).not.toContain(kind)
      },
    )
    fc.assert(property)
  })
})
