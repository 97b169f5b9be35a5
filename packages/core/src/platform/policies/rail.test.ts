import { describe, expect, it } from 'vitest'
import { accepted, declined, ProviderError, unknown } from '../../spec/index.ts'
import { isLastroError } from '../errors/index.ts'
import { createRail, insideTransaction } from './index.ts'

const down = () =>
  Promise.reject(new ProviderError({ provider: 'efi', kind: 'unavailable', message: 'is down' }))

describe('a rail', () => {
  it('refuses any call inside a transaction, and does not make it', async () => {
    const rail = createRail('efi')
    let calls = 0
    const call = async () => {
      calls += 1
      return accepted(1)
    }
    const refused = insideTransaction(() => rail.send('payouts.submit', call))
    await expect(refused).rejects.toSatisfy((error) => isLastroError(error, 'network_in_transaction'))
    const alsoRefused = insideTransaction(async () => {
      await Promise.resolve()
      return rail.read('payouts.find', call)
    })
    await expect(alsoRefused).rejects.toThrow('called while a transaction was open')
    expect(calls).toBe(0)
    expect(await rail.send('payouts.submit', call)).toEqual(accepted(1))
  })

  it('hands every outcome through as it is', async () => {
    const rail = createRail('efi', { failuresToOpen: 100 })
    const cause = new Error('lost')
    expect(await rail.send('x', async () => declined('refused', 'no'))).toEqual({
      kind: 'declined',
      reason: 'refused',
      detail: 'no',
    })
    expect(await rail.send('x', async () => unknown(cause))).toEqual({ kind: 'unknown', cause })
    expect(await rail.send('x', async () => ({ kind: 'not_sent', cause, retryAfterMs: 7 }) as const)).toEqual(
      { kind: 'not_sent', cause, retryAfterMs: 7 },
    )
  })

  it('calls a throw while sending unknown: something may have been sent', async () => {
    const bug = new TypeError('bug in an adapter')
    const outcome = await createRail('efi').send('x', () => Promise.reject(bug))
    expect(outcome).toEqual({ kind: 'unknown', cause: bug })
  })

  it('rests after failures in a row: reads throw unavailable, sends are not sent, and nothing is called', async () => {
    const rail = createRail('efi', { failuresToOpen: 3, openMs: 60_000 })
    for (let index = 0; index < 3; index += 1)
      await rail.send('x', async () => unknown(new Error('time-out')))
    expect(rail.state()).toBe('open')
    let calls = 0
    const call = async () => {
      calls += 1
      return accepted(1)
    }
    expect(await rail.send('x', call)).toMatchObject({ kind: 'not_sent', retryAfterMs: 60_000 })
    await expect(rail.read('y', call)).rejects.toMatchObject({ kind: 'unavailable', retryAfterMs: 60_000 })
    expect(calls).toBe(0)
  })

  it('counts no refusal and no mistake of ours as a failure', async () => {
    const rail = createRail('efi', { failuresToOpen: 2 })
    for (let index = 0; index < 5; index += 1) {
      await rail.send('x', async () => declined('refused'))
      const wrong = new ProviderError({ provider: 'efi', kind: 'invalid_request', message: 'is wrong' })
      await rail.read('y', () => Promise.reject(wrong)).catch(() => undefined)
    }
    expect(rail.state()).toBe('closed')
  })

  it('tries one call after its rest, and closes when that works', async () => {
    const rail = createRail('efi', { failuresToOpen: 2, openMs: 20 })
    for (let index = 0; index < 2; index += 1) await rail.read('y', down).catch(() => undefined)
    expect(rail.state()).toBe('open')
    await expect.poll(() => rail.read('y', async () => 'back').catch(() => 'resting')).toBe('back')
    expect(rail.state()).toBe('closed')
  })

  it('keeps each rail to itself', async () => {
    const broken = createRail('efi', { failuresToOpen: 1 })
    const other = createRail('polygon', { failuresToOpen: 1 })
    await broken.read('y', down).catch(() => undefined)
    expect([broken.state(), other.state()]).toEqual(['open', 'closed'])
  })
})
