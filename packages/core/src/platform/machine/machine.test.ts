import { describe, expect, it } from 'vitest'
import { accountMachine } from '../../books/ledger/account.ts'
import { tradeMachine } from '../../products/trades/trade.ts'
import { depositMachine } from '../../rails/onchain/deposit.ts'
import { transferMachine } from '../../rails/onchain/transfer.ts'
import { payoutMachine } from '../../rails/payouts/payout.ts'
import { isLastroError } from '../errors/index.ts'
import { isFinal, type Machine, move, next, statesOf } from './index.ts'

const machines: readonly Machine<string, string>[] = [
  payoutMachine,
  tradeMachine,
  depositMachine,
  transferMachine,
  accountMachine,
]

describe.each(machines.map((machine) => [machine.name, machine] as const))(
  'the table of a %s',
  (_name, machine) => {
    const events = [...new Set(Object.values(machine.states).flatMap((row) => Object.keys(row)))]

    it('leads only to states that exist', () => {
      for (const row of Object.values(machine.states)) {
        for (const to of Object.values(row)) expect(statesOf(machine)).toContain(to)
      }
    })

    it('reaches every state from the first', () => {
      const reached = new Set([machine.initial])
      for (const state of reached)
        for (const to of Object.values(machine.states[state] ?? {})) if (to !== undefined) reached.add(to)
      expect([...reached].sort()).toEqual([...statesOf(machine)].sort())
    })

    it('allows what the table says for every state and event, and refuses everything else by name', () => {
      for (const state of statesOf(machine)) {
        for (const event of events) {
          const to = next(machine, state, event)
          const act = () => move(machine, { id: 'x_1', state }, event)
          if (to !== null) expect(act()).toBe(to)
          else expect(act).toThrow(`${machine.name} x_1 is ${state}, which does not allow ${event}.`)
        }
      }
    })

    it('ends somewhere', () => {
      expect(statesOf(machine).some((state) => isFinal(machine, state))).toBe(true)
    })
  },
)

it('an illegal move carries its facts', () => {
  try {
    move(payoutMachine, { id: 'pout_1', state: 'paid' }, 'submit')
    expect.unreachable()
  } catch (error) {
    expect(isLastroError(error, 'illegal_transition') && error.details).toEqual({
      machine: 'payout',
      id: 'pout_1',
      state: 'paid',
      event: 'submit',
    })
  }
})
