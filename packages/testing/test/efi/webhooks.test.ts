import { describe, expect, test } from 'vitest'
import { createFakeEfi, type DeliverContext } from '../../src/efi/index.ts'
import { clientOf, HOOK, PAYER, setUp } from './client.ts'

const MINUTE = 60_000

describe('what is told', () => {
  test('a settled send', async () => {
    const { fake, client, told } = setUp()
    const { body } = await client.send('wd1')
    await fake.advance(5_000)
    expect(told.map(({ url }) => url)).toEqual([`${HOOK}/pix`])
    expect(JSON.parse(told[0]?.body ?? '')).toEqual({
      pix: [
        {
          endToEndId: body.e2eId,
          chave: PAYER,
          tipo: 'SOLICITACAO',
          status: 'REALIZADO',
          valor: '12.34',
          horario: '2026-11-22T14:10:43.905Z',
          infoPagador: 'Saque 77',
          gnExtras: { idEnvio: 'wd1' },
        },
      ],
    })
    expect(fake.webhooks).toMatchObject([
      {
        number: 1,
        topic: 'sent',
        idEnvio: 'wd1',
        state: 'delivered',
        attempts: [{ status: 200, error: null }],
      },
    ])
  })

  test.each(['erro', 'error'] as const)(
    'a rejected one, with its reason under %s',
    async (rejectionField) => {
      const { fake, client, told } = setUp({ rejectionField })
      await client.send('wd1')
      fake.reject('wd1')
      await fake.flushWebhooks()
      const [element] = JSON.parse(told[0]?.body ?? '').pix
      expect(element).toMatchObject({ status: 'NAO_REALIZADO', horario: null })
      expect(element.gnExtras[rejectionField]).toMatchObject({
        codigo: 'AC03',
        origem: 'PSP do usuário recebedor',
      })
    },
  )

  test.each([
    ['like_send', { tipo: 'SOLICITACAO', status: 'REALIZADO', gnExtras: { idEnvio: 'wd1' } }],
    ['like_refund', { chave: PAYER }],
  ] as const)('a return, %s', async (returnWebhook, form) => {
    const { fake, client, told } = setUp({ returnWebhook })
    await client.send('wd1')
    fake.settle('wd1')
    fake.returnPix('wd1', 200n)
    await fake.flushWebhooks()
    const [element] = JSON.parse(told[1]?.body ?? '').pix
    expect(element).toMatchObject({
      ...form,
      valor: '12.34',
      devolucoes: [{ valor: '2.00', status: 'DEVOLVIDO' }],
    })
    expect('tipo' in element).toBe(returnWebhook === 'like_send')
  })

  test('nothing of a return where that is the rule, and nothing without a webhook', async () => {
    const { fake, client, told } = setUp({ returnWebhook: 'none' })
    await client.send('wd1')
    fake.settle('wd1')
    await client.ask(`/v2/webhook/${PAYER}`, { method: 'DELETE' })
    fake.returnPix('wd1')
    await fake.flushWebhooks()
    expect(told).toHaveLength(1)
  })
})

describe('retries', () => {
  test('follow the table, ten times, and then no more', async () => {
    const { fake, client, told, host } = setUp()
    host.status = 503
    await client.send('wd1')
    fake.settle('wd1')
    await fake.advance(0)
    const after: number[] = []
    for (const minutes of [5, 10, 20, 40, 80, 160, 320, 640, 1280, 52560]) {
      await fake.advance(minutes * MINUTE - 1)
      after.push(told.length)
      await fake.advance(1)
    }
    expect(after).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
    expect(fake.webhooks[0]).toMatchObject({ state: 'given_up' })
    await fake.advance(1e10)
    expect(told).toHaveLength(11)
  })

  test('stop at the first 2xx', async () => {
    const { fake, client, told, host } = setUp()
    host.status = 429
    await client.send('wd1')
    fake.settle('wd1')
    await fake.flushWebhooks()
    host.status = 204
    await fake.advance(5 * MINUTE)
    await fake.advance(1e10)
    expect(told).toHaveLength(2)
    expect(fake.webhooks[0]?.attempts.map(({ status }) => status)).toEqual([429, 204])
  })

  test('by hand: one try for each that waits, without moving time', async () => {
    const { fake, client, told, host } = setUp()
    host.status = 500
    for (const id of ['wd1', 'wd2']) {
      await client.send(id)
      fake.settle(id)
    }
    expect(await fake.flushWebhooks()).toMatchObject([{ idEnvio: 'wd1' }, { idEnvio: 'wd2' }])
    // What was planned before is done by now: the next try of its own comes five minutes later.
    await fake.advance(5 * MINUTE - 1)
    expect(told).toHaveLength(2)
    host.status = 200
    expect(await fake.flushWebhooks()).toMatchObject([{ state: 'delivered' }, { state: 'delivered' }])
    expect(await fake.flushWebhooks()).toEqual([])
    await fake.advance(1e10)
    expect(told).toHaveLength(4)
  })

  test('an error of the host is written down', async () => {
    const { fake, client } = setUp({
      deliver: () => {
        throw Object.assign(new Error('no route'), { code: 'ECONNRESET' })
      },
    })
    await client.send('wd1')
    fake.settle('wd1')
    await fake.flushWebhooks()
    expect(fake.webhooks[0]?.attempts).toMatchObject([{ status: null, error: 'ECONNRESET' }])
  })
})

describe('faults', () => {
  test('duplicate', async () => {
    const { fake, client, told } = setUp()
    fake.faults.next('webhook.deliver', { kind: 'duplicate_webhook', copies: 2 })
    await client.send('wd1')
    fake.settle('wd1')
    await fake.flushWebhooks()
    expect(told).toHaveLength(3)
    expect(new Set(told.map(({ body }) => body)).size).toBe(1)
  })

  test('late', async () => {
    const { fake, client, told } = setUp()
    fake.faults.next('webhook.deliver', { kind: 'late_webhook', delayMs: MINUTE })
    await client.send('wd1')
    fake.settle('wd1')
    await fake.flushWebhooks()
    await fake.advance(MINUTE - 1)
    expect(told).toHaveLength(0)
    await fake.advance(1)
    expect(told).toHaveLength(1)
  })

  test('lost, until it is sent again', async () => {
    const { fake, client, told } = setUp({ tokenLifetimeSeconds: 1e7 })
    fake.faults.next('webhook.deliver', 'lost_webhook')
    const { body } = await client.send('wd1')
    fake.settle('wd1')
    await fake.flushWebhooks({ everything: true })
    await fake.advance(30 * 24 * 60 * MINUTE)
    expect([told.length, fake.webhooks[0]?.state]).toEqual([0, 'lost'])
    expect(await resend(client, 'PIX_ENVIADO', [body.e2eId])).toBe(202)
    await fake.flushWebhooks()
    expect(told).toHaveLength(1)
    await fake.advance(1)
    expect(await resend(client, 'PIX_ENVIADO', [body.e2eId])).toBe(400)
  })

  test('out of order: held until another one was tried', async () => {
    const { fake, client, told } = setUp()
    fake.faults.next('webhook.deliver', 'out_of_order_webhooks')
    for (const id of ['wd1', 'wd2']) {
      await client.send(id)
      fake.settle(id)
      await fake.flushWebhooks()
    }
    expect(told.map(({ body }) => JSON.parse(body).pix[0].gnExtras.idEnvio)).toEqual(['wd2', 'wd1'])
  })

  test.each([
    ['ten minutes', async (fake: ReturnType<typeof createFakeEfi>) => fake.advance(10 * MINUTE)],
    [
      'all are asked for',
      async (fake: ReturnType<typeof createFakeEfi>) => fake.flushWebhooks({ everything: true }),
    ],
  ])('a held one comes alone after %s', async (_, wait) => {
    const { fake, client, told } = setUp()
    fake.faults.next('webhook.deliver', 'out_of_order_webhooks')
    await client.send('wd1')
    fake.settle('wd1')
    await fake.flushWebhooks()
    expect(told).toHaveLength(0)
    await wait(fake)
    expect(told).toHaveLength(1)
  })

  test.each([
    [undefined, '12.35'],
    [1n, '0.01'],
  ])('wrong amount %s', async (amount, valor) => {
    const { fake, client, told } = setUp()
    fake.faults.next('webhook.deliver', { kind: 'wrong_amount_webhook', ...(amount ? { amount } : {}) })
    await client.send('wd1')
    fake.settle('wd1')
    await fake.flushWebhooks()
    expect(JSON.parse(told[0]?.body ?? '').pix[0].valor).toBe(valor)
    expect((await client.find('wd1')).body.valor).toBe('12.34')
  })
})

describe('re-send', () => {
  test('tells again, once, without retries', async () => {
    const { fake, client, told, host } = setUp()
    const { body } = await client.send('wd1')
    expect(await resend(client, 'PIX_ENVIADO', [body.e2eId])).toBe(202)
    fake.settle('wd1')
    fake.returnPix('wd1', 1n)
    await fake.flushWebhooks()
    host.status = 500
    expect(await resend(client, 'PIX_ENVIADO', [body.e2eId])).toBe(202)
    expect(await resend(client, 'DEVOLUCAO_RECEBIDA', [body.e2eId])).toBe(202)
    expect(await resend(client, 'PIX_RECEBIDO', [body.e2eId])).toBe(202)
    await fake.advance(1e9)
    expect(told).toHaveLength(4)
    expect(fake.webhooks.map(({ topic, state }) => `${topic} ${state}`)).toEqual([
      'sent delivered',
      'returned delivered',
      'sent given_up',
      'returned given_up',
    ])
  })

  test.each([
    ['PIX', ['E1']],
    ['PIX_ENVIADO', []],
    ['PIX_ENVIADO', Array.from({ length: 1001 }, () => 'E1')],
  ])('refuses %s', async (tipo, e2eids) => {
    const { client } = setUp()
    expect(await resend(client, tipo, e2eids)).toBe(400)
  })
})

describe('registration', () => {
  const register = (
    client: ReturnType<typeof clientOf>,
    options: { url?: unknown; chave?: string; skip?: string } = {},
  ) => {
    const { url = 'https://host.example/w', chave = PAYER, skip = 'true' } = options
    return client.ask(`/v2/webhook/${encodeURIComponent(chave)}`, {
      method: 'PUT',
      body: { webhookUrl: url },
      headers: { 'x-skip-mtls-checking': skip },
    })
  }

  test('tests the bare URL, then keeps it', async () => {
    const { fake, client, told } = setUp({ keys: [PAYER, '+5531999998888'] })
    const answer = await register(client, { chave: '+5531999998888' })
    expect([answer.status, answer.body]).toEqual([201, { webhookUrl: 'https://host.example/w' }])
    expect(told).toEqual([
      {
        url: 'https://host.example/w',
        body: '{"evento":"teste_webhook","data_criacao":"2026-11-22T14:10:42.905Z"}',
      },
    ])
    expect(fake.webhooks).toMatchObject([{ topic: 'test', state: 'delivered', idEnvio: null }])
    const kept = await client.ask('/v2/webhook/%2B5531999998888')
    expect(kept.body).toEqual({
      webhookUrl: 'https://host.example/w',
      chave: '+5531999998888',
      criacao: '2026-11-22T14:10:42.905Z',
    })
  })

  test('can be listed and deleted', async () => {
    const { client } = setUp()
    const range = 'inicio=2026-11-22T00:00:00Z&fim=2026-11-23T00:00:00Z'
    expect((await client.ask(`/v2/webhook?${range}`)).body.webhooks).toMatchObject([
      { chave: PAYER, webhookUrl: HOOK },
    ])
    expect((await client.ask('/v2/webhook')).body.nome).toBe('valor_invalido')
    expect((await client.ask(`/v2/webhook/${PAYER}`, { method: 'DELETE' })).status).toBe(204)
    for (const method of ['GET', 'DELETE']) {
      const gone = await client.ask(`/v2/webhook/${PAYER}`, { method })
      expect([gone.status, gone.body.nome]).toEqual([404, 'webhook_nao_encontrado'])
    }
  })

  test.each([
    ['no URL', { url: 'host/w' }, 'valor_invalido'],
    ['nothing', { url: null }, 'valor_invalido'],
    ['plain HTTP', { url: 'http://host.example/w' }, 'valor_invalido'],
    ['foreign key', { chave: 'other@example.com' }, 'chave_invalida'],
  ])('refuses: %s', async (_, options, nome) => {
    const { client, told } = setUp()
    const answer = await register(client, options)
    expect([answer.status, answer.body.nome]).toEqual([400, nome])
    expect(told).toEqual([])
  })

  test.each([
    [() => new Response(null, { status: 404 }), 'A URL informada respondeu com o código HTTP 404'],
    [fail({ code: 'ECONNREFUSED' }), 'A URL informada está inacessível'],
    [fail({ name: 'TimeoutError' }), 'A URL informada atingiu o tempo limite de resposta'],
    [fail({ cause: { code: 'ECONNRESET' } }), 'A requisição na URL informada falhou com o erro: ECONNRESET'],
  ])('a host that fails the test is refused: %#', async (deliver, mensagem) => {
    const fake = createFakeEfi({ deliver })
    const client = clientOf(fake)
    const answer = await register(client)
    expect([answer.status, answer.body]).toEqual([400, { nome: 'webhook_invalido', mensagem }])
    expect((await client.ask(`/v2/webhook/${PAYER}`)).status).toBe(404)
  })

  test.each([
    ['refuses strangers', 403, 201],
    ['lets anybody in', 200, 400],
  ])('mutual TLS: a host that %s', async (_, bareStatus, status) => {
    const calls: DeliverContext[] = []
    const fake = createFakeEfi({
      deliver: (_, context) => {
        calls.push(context)
        return new Response(null, { status: context.presentsCertificate ? 200 : bareStatus })
      },
    })
    const answer = await register(clientOf(fake), { skip: 'false' })
    expect(answer.status).toBe(status)
    expect(calls.map((call) => call.presentsCertificate)).toEqual(status === 201 ? [false, true] : [false])
    expect(calls[0]?.address).toBe('34.193.116.226')
  })
})

function fail(facts: object): () => never {
  return () => {
    throw Object.assign(new Error('failed'), facts)
  }
}

async function resend(client: ReturnType<typeof clientOf>, tipo: string, e2eids: readonly string[]) {
  const asked = { method: 'POST', body: { tipo, e2eids } }
  return (await client.ask('/v2/gn/webhook/reenviar', asked)).status
}
