import { setupServer } from 'msw/node'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { type Answer, HEADER, HOOK, type Script, SECRETS, scripted, setUp } from './setup.ts'

const network = setupServer()
beforeAll(() => network.listen({ onUnhandledFrame: 'error' }))
afterEach(() => network.resetHandlers())
afterAll(() => network.close())

const LIST = 'GET /webhooks'
const CREATE = 'POST /webhooks'
const UPDATE = 'PATCH /webhooks/w-1'
const headers = { [HEADER]: SECRETS[0] }
const page = (...results: unknown[]): Answer => ({
  json: { page: 1, total: results.length, totalPages: 1, results },
})
const there = (event: string, given: object = {}) => ({
  id: 'w-1',
  url: HOOK,
  event,
  disabledAt: null,
  ...given,
})

function start(script: Script, events?: readonly string[]) {
  const fake = scripted(script)
  network.use(fake.handler)
  const { webhooks, probe } = setUp({
    webhook: { header: HEADER, secrets: SECRETS, ...(events === undefined ? {} : { events }) },
  })
  const written = () => fake.asked.filter(({ method, path }) => method !== 'GET' && path !== '/auth')
  return { register: (url = HOOK) => webhooks.register({ url }), probe, written }
}

describe('register', () => {
  it('subscribes to everything with the first secret', async () => {
    const { register, written } = start({ [LIST]: [page()], [CREATE]: [{ status: 201, json: there('all') }] })
    await register()
    expect(written()).toMatchObject([
      { method: 'POST', path: '/webhooks', body: { url: HOOK, event: 'all', headers } },
    ])
  })

  it('writes the header again where the subscription is there, so that a new secret arrives', async () => {
    const disabled = there('all', { disabledAt: '2026-01-01T00:00:00Z' })
    const { register, written } = start({ [LIST]: [page(disabled)], [UPDATE]: [{ json: disabled }] })
    await register()
    expect(written()).toMatchObject([
      { method: 'PATCH', path: '/webhooks/w-1', body: { headers, enabled: true } },
    ])
  })

  it('makes one subscription for each event', async () => {
    const { register, written } = start(
      {
        [LIST]: [page(there('item/updated'))],
        [UPDATE]: [{ json: {} }],
        [CREATE]: [{ status: 201, json: {} }],
      },
      ['item/updated', 'item/error', 'item/error'],
    )
    await register()
    expect(written().map(({ method, body }) => [method, Reflect.get(Object(body), 'event')])).toEqual([
      ['PATCH', undefined],
      ['POST', 'item/error'],
    ])
  })

  it('takes "twice the same" for being there', async () => {
    const { register, written } = start({
      [LIST]: [page(), page(there('all'))],
      [CREATE]: [{ status: 400, json: { code: 400, message: 'Webhook already exists' } }],
      [UPDATE]: [{ json: {} }],
    })
    await register()
    expect(written().map(({ method }) => method)).toEqual(['POST', 'PATCH'])
  })

  it('tells of a refusal that is no duplicate', async () => {
    const { register } = start({
      [LIST]: [page()],
      [CREATE]: [{ status: 400, json: { code: 400, message: 'no' } }],
    })
    await expect(register()).rejects.toMatchObject({ kind: 'invalid_request', status: 400 })
  })

  it('asks for room when five are there', async () => {
    const others = [1, 2, 3, 4, 5].map((n) =>
      there('all', { id: `o-${n}`, url: `https://other.example/${n}` }),
    )
    const { register, written } = start({ [LIST]: [page(...others)] })
    await expect(register()).rejects.toMatchObject({
      kind: 'misconfigured',
      message: expect.stringContaining('has 5 webhooks'),
    })
    expect(written()).toEqual([])
  })

  it.each([
    ['http:', 'http://shop.example/x'],
    ['another port', 'https://shop.example:8443/x'],
    ['an IPv4 address', 'https://93.184.216.34/x'],
    ['an IPv6 address', 'https://[2606:2800:220:1::1]/x'],
    ['this machine', 'https://localhost/x'],
    ['a name inside', 'https://api.internal/x'],
    ['a bare name', 'https://shop/x'],
    ['credentials', 'https://user:pass@shop.example/x'],
    ['no URL', 'shop.example'],
  ])('refuses %s before anything is asked', async (_name, url) => {
    const { register, written } = start({})
    await expect(register(url)).rejects.toMatchObject({ kind: 'invalid_request' })
    expect(written()).toEqual([])
  })
})

describe('the probe', () => {
  it('counts what is disabled', async () => {
    const { probe } = start({
      [LIST]: [page(there('all'), there('item/error', { disabledAt: '2026-01-01T00:00:00Z' }))],
    })
    expect(await probe.probe()).toEqual({
      ok: true,
      detail: 'pluggy: an API key was given; 2 webhooks, 1 of them disabled.',
    })
  })

  it('tells of trouble and does not throw', async () => {
    const { probe } = start({ [LIST]: [{ status: 500 }] })
    expect(await probe.probe()).toEqual({
      ok: false,
      detail: 'pluggy: asking for the webhooks met status 500.',
    })
  })
})
