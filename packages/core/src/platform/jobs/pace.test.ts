import { describe, expect, it } from 'vitest'
import { createPace, createSlots } from './pace.ts'

describe('slots', () => {
  it('are given to those who wait, in their order, and never to more than there are', async () => {
    const slots = createSlots(2)
    const order: number[] = []
    const waiting = [1, 2, 3, 4].map(async (number) => {
      await slots.take()
      order.push(number)
    })
    await Promise.all(waiting.slice(0, 2))
    expect(order).toEqual([1, 2])
    slots.give()
    await waiting[2]
    expect(order).toEqual([1, 2, 3])
    slots.give()
    slots.give()
    await Promise.all([waiting[3], slots.take()])
    expect(order).toEqual([1, 2, 3, 4])
  })
})

describe('the pace of a worker', () => {
  it('takes no more than may run while jobs are slow, or nothing more is due', () => {
    const pace = createPace(8)
    expect([pace.room(0), pace.room(5), pace.room(8)]).toEqual([8, 3, 0])
    pace.claimed({ limit: 8, count: 8 })
    expect(pace.room(8)).toBe(0)
    pace.ended(2_000)
    expect(pace.room(8)).toBe(0)
    for (let job = 0; job < 20; job += 1) pace.ended(1)
    pace.claimed({ limit: 8, count: 7 })
    expect([pace.room(6), pace.room(20)]).toEqual([2, 0])
  })

  it('takes ahead while more is due and jobs end quickly, many at a time', () => {
    const pace = createPace(8)
    pace.ended(3)
    pace.claimed({ limit: 8, count: 8 })
    expect([pace.room(8), pace.room(16), pace.room(17), pace.room(24)]).toEqual([16, 8, 0, 0])
    pace.ended(10_000)
    expect(pace.room(8)).toBe(0)
  })
})
