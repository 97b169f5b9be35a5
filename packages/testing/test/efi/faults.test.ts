import { describe, expect, test } from 'vitest'
import type { EfiCallFault } from '../../src/efi/index.ts'
import { type Asked, order, setUp } from './client.ts'

/** What the caller saw: a status, or the code of the error. */
async function seen(work: Promise<{ status: number }>): Promise<number | string> {
  try {
    return (await work).status
  } catch (error) {
    return (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).name
  }
}

describe('what the caller sees and what was done', () => {
  const cases: readonly (readonly [EfiCallFault, number | string, number])[] = [
    [{ kind: 'drop_before_send' }, 'UND_ERR_SOCKET', 0],
    [{ kind: 'drop_after_effect' }, 'UND_ERR_SOCKET', 1],
    [{ kind: 'error_500_before' }, 500, 0],
    [{ kind: 'error_500_before', status: 502, html: true }, 502, 0],
    [{ kind: 'error_500_after' }, 500, 1],
    [{ kind: 'error_500_after', status: 504 }, 504, 1],
    [{ kind: 'truncate' }, 'UND_ERR_SOCKET', 1],
    [{ kind: 'truncate', clean: true }, 'SyntaxError', 1],
    [{ kind: 'rate_limited' }, 429, 0],
    [{ kind: 'refuse' }, 422, 0],
    [{ kind: 'refuse', status: 400, nome: 'chave_invalida' }, 400, 0],
  ]

  test.each(cases)('%j', async (fault, answer, count) => {
    const { fake, client } = setUp()
    fake.faults.next('pix.send', fault)
    expect(await seen(client.send('wd1'))).toBe(answer)
    expect(fake.sent).toHaveLength(count)
    expect(fake.balance()).toBe(1_000_000n - 1_234n * BigInt(count))
    expect(fake.calls.at(-1)).toMatchObject({ operation: 'pix.send', subject: 'wd1', fault: fault.kind })
    expect(fake.faults.log).toMatchObject([{ operation: 'pix.send', fault, subject: 'wd1' }])
    // The fault is spent: the same id now tells the truth.
    expect((await client.send('wd1')).status).toBe(count === 0 ? 201 : 409)
    expect(fake.sent).toMatchObject([{ attempts: 2, movements: 1 }])
  })

  test('every operation can be struck', async () => {
    const { fake, client } = setUp()
    const { body } = await client.send('wd1')
    const range = 'inicio=2026-11-22T00:00:00Z&fim=2026-11-23T00:00:00Z'
    const hook = `/v2/webhook/${fake.keys[0]}`
    const calls: readonly (readonly [Parameters<typeof fake.faults.next>[0], string, Asked?])[] = [
      ['pix.find_by_id', '/v2/gn/pix/enviados/id-envio/wd1'],
      ['pix.find_by_e2e', `/v2/gn/pix/enviados/${body.e2eId}`],
      ['pix.list_sent', `/v2/gn/pix/enviados?${range}`],
      ['balance.read', '/v2/gn/saldo'],
      ['webhook.get', hook],
      ['webhook.list', `/v2/webhook/?${range}`],
      [
        'webhook.put',
        hook,
        { method: 'PUT', body: { webhookUrl: 'https://h/w' }, headers: { 'x-skip-mtls-checking': 'true' } },
      ],
      [
        'webhook.resend',
        '/v2/gn/webhook/reenviar',
        { method: 'POST', body: { tipo: 'PIX_ENVIADO', e2eids: ['E1'] } },
      ],
      ['webhook.delete', hook, { method: 'DELETE' }],
    ]
    for (const [operation, path, asked] of calls) {
      fake.faults.next(operation as 'balance.read', 'drop_before_send')
      expect(await seen(client.ask(path, asked)), operation).toBe('UND_ERR_SOCKET')
      expect((await client.ask(path, asked)).status, operation).toBeLessThan(300)
    }
    fake.faults.next('oauth.token', 'error_500_before')
    expect((await fake.fetch('https://h/oauth/token', { method: 'POST' })).status).toBe(500)
  })

  test('a wait that the caller asked for is told, and no other', async () => {
    const { fake, client } = setUp()
    fake.faults.next('pix.send', { kind: 'rate_limited', retryAfterSeconds: 3 })
    fake.faults.next('pix.send', 'rate_limited')
    expect((await client.send('wd1')).headers.get('retry-after')).toBe('3')
    const plain = await client.send('wd1')
    expect([plain.headers.get('retry-after'), plain.body.type]).toEqual([
      null,
      'https://pix.bcb.gov.br/api/v2/error/BaldeFichasVazio',
    ])
  })
})

describe('time', () => {
  test('slow: done at once, answered later', async () => {
    const { fake, client } = setUp()
    await client.ask('/v2/gn/saldo')
    fake.faults.next('pix.send', { kind: 'slow', delayMs: 60_000 })
    const answer = client.send('wd1')
    await expect.poll(() => fake.sent.length).toBe(1)
    expect(fake.calls.at(-1)?.status).toBe('waiting')
    await fake.advance(60_000)
    expect((await answer).status).toBe(201)
    expect(fake.calls.at(-1)?.status).toBe(201)
  })

  test('late effect: the caller is gone when it happens', async () => {
    const { fake, client } = setUp()
    await client.ask('/v2/gn/saldo')
    fake.faults.next('pix.send', { kind: 'late_effect', delayMs: 60_000 })
    const caller = new AbortController()
    const asked = { method: 'PUT', body: order('12.34'), signal: caller.signal }
    const answer = client.ask('/v3/gn/pix/wd1', asked)
    const gone = expect(answer).rejects.toThrow('gave up')
    await expect.poll(() => fake.calls.at(-1)?.status).toBe('waiting')
    caller.abort(new Error('gave up'))
    await gone
    expect((await client.find('wd1')).status).toBe(404)
    await fake.advance(60_000)
    expect((await client.find('wd1')).status).toBe(200)
    expect(fake.sent).toMatchObject([{ movements: 1 }])
  })

  test('late visibility: accepted, and not found for a while', async () => {
    const { fake, client } = setUp()
    fake.faults.next('pix.send', 'late_visibility')
    const { status, body } = await client.send('wd1')
    const range = 'inicio=2026-11-22T00:00:00Z&fim=2026-11-23T00:00:00Z'
    const look = async () => [
      (await client.find('wd1')).status,
      (await client.ask(`/v2/gn/pix/enviados/${body.e2eId}`)).status,
      (await client.ask(`/v2/gn/pix/enviados?${range}`)).body.pix.length,
    ]
    expect([status, ...(await look())]).toEqual([201, 404, 404, 0])
    await fake.advance(29_999)
    expect(await look()).toEqual([404, 404, 0])
    await fake.advance(1)
    expect(await look()).toEqual([200, 200, 1])
  })

  test('the worst: answer lost, and not found for a while either', async () => {
    const { fake, client } = setUp()
    fake.faults.next('pix.send', { kind: 'drop_after_effect', hiddenForMs: 5_000 })
    expect(await seen(client.send('wd1'))).toBe('UND_ERR_SOCKET')
    expect((await client.find('wd1')).status).toBe(404)
    // Whoever takes that for absence and sends under another id pays twice; the same id is refused.
    expect((await client.send('wd1')).status).toBe(409)
    await fake.advance(5_000)
    expect((await client.find('wd1')).status).toBe(200)
  })

  test('a send that was seen does not vanish because it was asked for again', async () => {
    const { fake, client } = setUp()
    await client.send('wd1')
    fake.faults.next('pix.send', 'late_visibility')
    expect((await client.send('wd1')).status).toBe(409)
    expect((await client.find('wd1')).status).toBe(200)
  })

  test('time only moves forward', async () => {
    const { fake } = setUp()
    await expect(fake.advance(-1)).rejects.toThrow(RangeError)
  })
})

test('no log keeps a secret', async () => {
  const { fake, client } = setUp()
  await client.send('wd1')
  const { body } = await client.ask('/oauth/token', { method: 'POST', body: {} })
  expect(body.error).toBe('invalid_client')
  const written = JSON.stringify([fake.calls, fake.faults.log, fake.webhooks])
  expect(written).not.toContain(fake.credentials.clientSecret)
  expect(written).not.toContain('fake-token')
})
