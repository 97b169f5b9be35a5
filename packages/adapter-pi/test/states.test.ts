import { describe, expect, it } from 'vitest'
import { PI_STATES } from '../src/index.ts'
import { stateOf } from '../src/states.ts'

const TX = { txid: 'a'.repeat(64), verified: true }

/** All sixty-four combinations of five flags and a transaction. */
const ALL = Array.from({ length: 64 }, (_, bits) => {
  const flag = (place: number): boolean => (bits & (1 << place)) !== 0
  return {
    status: {
      developer_approved: flag(0),
      transaction_verified: flag(1),
      developer_completed: flag(2),
      cancelled: flag(3),
      user_cancelled: flag(4),
    },
    transaction: flag(5) ? TX : null,
  }
})

const named = (name: string) => ALL.filter((payment) => stateOf(payment)?.name === name)

describe('the flags of a payment', () => {
  it.each([
    ['created', 'FFFFF', false],
    ['approved', 'TFFFF', false],
    ['sent', 'TFFFF', true],
    ['verified', 'TTFFF', true],
    ['completed', 'TTTFF', true],
    ['canceled', 'FFFTF', false],
    ['canceled', 'TFFTF', false],
    ['canceled_by_user', 'TFFFT', false],
    ['canceled_by_user', 'TFFTT', false],
    ['completed_untold', 'TTTFF', false],
    // Contradictions: verified or completed and canceled, a transaction and canceled, completed and not verified.
    [undefined, 'TTFTF', true],
    [undefined, 'TTFFT', true],
    [undefined, 'TTTTF', true],
    [undefined, 'TFFTF', true],
    [undefined, 'TFTFF', true],
  ])('%s: %s, transaction %s', (name, flags, isTold) => {
    const [approved, verified, completed, cancelled, user] = [...flags].map((flag) => flag === 'T')
    const status = {
      developer_approved: approved === true,
      transaction_verified: verified === true,
      developer_completed: completed === true,
      cancelled: cancelled === true,
      user_cancelled: user === true,
    }
    expect(stateOf({ status, transaction: isTold ? TX : null })?.name).toBe(name)
  })

  it('are paid by one row alone: completed, verified, not canceled, transaction told', () => {
    const paid = ALL.filter((payment) => stateOf(payment)?.payment === 'paid')
    expect(paid).toEqual(
      ALL.filter(
        ({ status, transaction }) =>
          status.developer_completed &&
          status.transaction_verified &&
          !status.cancelled &&
          !status.user_cancelled &&
          transaction !== null,
      ),
    )
    const untrue = paid.map((payment) => ({ ...payment, transaction: { ...TX, verified: false } }))
    expect(untrue.map(stateOf)).toEqual(paid.map(() => null))
  })

  it('reach every row of the table, and each combination fits one row at most', () => {
    for (const { name } of PI_STATES) expect(named(name).length).toBeGreaterThan(0)
    expect(new Set(PI_STATES.map(({ name }) => name)).size).toBe(PI_STATES.length)
    const known = PI_STATES.reduce((sum, { name }) => sum + named(name).length, 0)
    expect(known + ALL.filter((payment) => stateOf(payment) === null).length).toBe(ALL.length)
  })
})
