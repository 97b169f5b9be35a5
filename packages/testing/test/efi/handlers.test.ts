import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createFakeEfi, EFI_BASE_URLS, type FakeEfi } from '../../src/efi/index.ts'
import { clientOf, HOOK } from './client.ts'

const network = setupServer()
let fake: FakeEfi

beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
beforeEach(() => {
  fake = createFakeEfi({ webhookUrl: HOOK })
})
afterEach(() => network.resetHandlers())
afterAll(() => network.close())

describe('behind msw', () => {
  test.each(EFI_BASE_URLS)('%s answers the global fetch', async (baseUrl) => {
    network.use(...fake.handlers())
    const client = clientOf(fake, { fetch, baseUrl })
    expect((await client.send('wd1')).status).toBe(201)
    expect((await client.find('wd1')).body.valor).toBe('12.34')
    expect((await client.ask('/v2/webhook/%2B55', { method: 'DELETE' })).status).toBe(404)
    expect(fake.calls.at(-1)?.subject).toBe('+55')
  })

  test('an address of your own', async () => {
    network.use(...fake.handlers('https://proxy.example/'))
    const client = clientOf(fake, { fetch, baseUrl: 'https://proxy.example' })
    expect((await client.ask('/v2/gn/saldo')).status).toBe(200)
  })

  test.each([
    ['drop_before_send', 0],
    ['drop_after_effect', 1],
    ['truncate', 1],
  ] as const)('%s is an error to the caller and leaves %d', async (kind, count) => {
    network.use(...fake.handlers())
    const client = clientOf(fake, { fetch })
    fake.faults.next('pix.send', kind)
    await expect(client.send('wd1')).rejects.toThrow(TypeError)
    expect(fake.sent).toHaveLength(count)
  })

  test('a caller who gives up on a slow answer', async () => {
    network.use(...fake.handlers())
    const client = clientOf(fake, { fetch })
    await client.ask('/v2/gn/saldo')
    fake.faults.next('pix.send', 'slow')
    const caller = new AbortController()
    const answer = client.ask('/v3/gn/pix/wd1', { method: 'PUT', body: {}, signal: caller.signal })
    const gone = expect(answer).rejects.toThrow('gave up')
    await expect.poll(() => fake.calls.at(-1)?.operation).toBe('pix.send')
    caller.abort(new Error('gave up'))
    await gone
  })
})
