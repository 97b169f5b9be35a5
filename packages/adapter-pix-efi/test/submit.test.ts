import { type DeclineReason, Money } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { efi } from '../src/index.ts'
import { ID_ENVIO, optionsFor, PIX_KEY, payout, scripted, setUp } from './setup.ts'

const E2E = 'E09089356202611221410APIa1b2c3d4'
const SENT = { idEnvio: ID_ENVIO, e2eId: E2E, valor: '12.34', status: 'EM_PROCESSAMENTO' }
const ABSENT = { status: 404, body: { type: 'https://pix.bcb.gov.br/api/v2/error/PixEnviadoNaoEncontrado' } }

const scriptedProvider = (answers: Parameters<typeof scripted>[0]) => {
  const script = scripted(answers)
  return { ...script, provider: efi(optionsFor({ fetch: script.fetch })) }
}

describe('a send', () => {
  it('asks for exactly what was given, and is accepted', async () => {
    const { provider, asked } = scriptedProvider([{ status: 201, body: SENT }])
    const outcome = await provider.payouts.submit(payout({ description: 'Saque 77' }))
    expect(asked).toEqual([
      {
        method: 'PUT',
        path: `/v3/gn/pix/${ID_ENVIO}`,
        body: {
          valor: '12.34',
          pagador: { chave: PIX_KEY, infoPagador: 'Saque 77' },
          favorecido: { chave: '+5531999998888' },
        },
      },
    ])
    expect(outcome).toEqual({
      kind: 'accepted',
      value: {
        idempotencyKey: payout().idempotencyKey,
        providerRef: ID_ENVIO,
        state: 'pending',
        amount: Money.of(1234n, 'BRL/2'),
        endToEndId: E2E,
      },
    })
  })

  it('reads the end-to-end id by either name', async () => {
    const { e2eId, ...rest } = SENT
    const { provider } = scriptedProvider([{ status: 201, body: { ...rest, endToEndId: e2eId } }])
    expect(await provider.payouts.submit(payout())).toMatchObject({ value: { endToEndId: E2E } })
  })

  it('writes a bank account, and an owner to be checked', async () => {
    const { provider, asked } = scriptedProvider([
      { status: 201, body: SENT },
      { status: 201, body: SENT },
    ])
    const account = {
      name: 'Maria Souza',
      document: '52998224725',
      ispb: '60701190',
      branch: '1',
      number: '12345X',
    }
    await provider.payouts.submit(
      payout({ destination: { kind: 'bank_account', ...account, type: 'savings' } }),
    )
    const owned = { kind: 'pix_key', key: 'maria@example.com', ownerDocument: '11222333000181' } as const
    await provider.payouts.submit(payout({ destination: owned }))
    expect(asked.map(({ body }) => (body as { favorecido: unknown }).favorecido)).toEqual([
      {
        contaBanco: {
          nome: 'Maria Souza',
          cpf: '52998224725',
          codigoBanco: '60701190',
          agencia: '1',
          conta: '12345X',
          tipoConta: 'svgs',
        },
      },
      { chave: 'maria@example.com', cnpj: '11222333000181' },
    ])
  })

  it('uses the version of the path that was chosen', async () => {
    const script = scripted([{ status: 201, body: SENT }])
    await efi(optionsFor({ fetch: script.fetch, sendApiVersion: 'v2' })).payouts.submit(payout())
    expect(script.asked[0]?.path).toBe(`/v2/gn/pix/${ID_ENVIO}`)
  })

  it.each([1n, 10n, 99n, 100n, 1_000_00n, 999_999_999_999n])('asks for %i cents exactly', async (cents) => {
    const { fake, provider } = setUp({ fake: { balance: 10n ** 13n } })
    const outcome = await provider.payouts.submit(payout({ amount: Money.of(cents, 'BRL/2') }))
    expect(outcome.kind).toBe('accepted')
    expect(fake.sent.map(({ amount }) => amount)).toEqual([cents])
  })
})

describe('what is refused before anything is sent', () => {
  it.each([
    ['', 'refused'],
    ['___', 'refused'],
    ['a.b', 'refused'],
    ['é', 'refused'],
    ['x'.repeat(36), 'refused'],
  ] as const)('the key %j', async (idempotencyKey, reason) => {
    const { fake, provider } = setUp()
    expect(await provider.payouts.submit(payout({ idempotencyKey }))).toMatchObject({
      kind: 'declined',
      reason,
    })
    expect(await provider.payouts.find({ idempotencyKey })).toBeNull()
    expect(fake.calls).toEqual([])
  })

  it.each([
    [{ amount: Money.of(0n, 'BRL/2') }, 'invalid_amount'],
    [{ amount: Money.of(-1n, 'BRL/2') }, 'invalid_amount'],
    [{ amount: Money.of(1_000_000_000_000n, 'BRL/2') }, 'invalid_amount'],
    [{ amount: Money.of(100n, 'USD/2') }, 'invalid_amount'],
    [{ amount: Money.of(100n, 'BRL/8') }, 'invalid_amount'],
    [{ destination: { kind: 'pix_key', key: '11111111111' } }, 'invalid_destination'],
    [{ destination: { kind: 'address', network: 'polygon', address: '0x0' } }, 'invalid_destination'],
    [{ description: 'x'.repeat(141) }, 'refused'],
  ] as const)('%#', async (given, reason) => {
    const { fake, provider } = setUp()
    expect(await provider.payouts.submit(payout(given))).toMatchObject({ kind: 'declined', reason })
    expect(fake.calls).toEqual([])
  })

  it('takes 35 letters and digits, hyphens and underscores besides', async () => {
    const { fake, provider } = setUp()
    const idempotencyKey = `${'x'.repeat(30)}_${'y'.repeat(5)}-`
    expect(await provider.payouts.submit(payout({ idempotencyKey }))).toMatchObject({ kind: 'accepted' })
    expect(fake.sent[0]?.idEnvio).toBe(`${'x'.repeat(30)}${'y'.repeat(5)}`)
  })
})

describe('an answer that cannot be believed is doubt', () => {
  it.each([
    ['no JSON', { status: 201, body: '<html>' }],
    ['an empty body', { status: 201, body: '' }],
    ['null', { status: 200, body: null }],
    ['another id', { status: 201, body: { ...SENT, idEnvio: 'other' } }],
    ['no id', { status: 201, body: { ...SENT, idEnvio: undefined } }],
    ['another amount', { status: 201, body: { ...SENT, valor: '12.35' } }],
    ['an amount as a number', { status: 201, body: { ...SENT, valor: 12.34 } }],
    ['a status never seen', { status: 201, body: { ...SENT, status: 'CONCLUIDA' } }],
    ['a redirect', { status: 302 }],
    ['404 of any kind', ABSENT],
    ['403 without a statement', { status: 403, body: '<html>' }],
    ['403 of shape A', { status: 403, body: { nome: 'acesso_negado', mensagem: '' } }],
    ['400 without a statement', { status: 400, body: '<html>' }],
    ['400 of shape C', { status: 400, body: { error: 'invalid_token' } }],
    ['400 that speaks of an inner error', { status: 400, body: { nome: 'erro_aplicacao', mensagem: '' } }],
    ['413', { status: 413, body: { nome: 'valor_invalido', mensagem: '' } }],
    ['500 with the name of a refusal', { status: 500, body: { nome: 'chave_invalida', mensagem: '' } }],
    ['429', { status: 429, body: { type: 'https://x/BaldeFichasVazio' } }],
  ])('%s', async (_name, answer) => {
    const { provider, left, asked } = scriptedProvider([answer])
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    expect(left).toEqual([])
    expect(asked).toHaveLength(1)
  })
})

describe('a refusal', () => {
  it.each<[number, string, DeclineReason]>([
    [400, 'documento_bloqueado', 'not_permitted'],
    [400, 'chave_invalida', 'invalid_destination'],
    [400, 'chave_nao_pertence_ao_documento', 'invalid_destination'],
    [400, 'valor_invalido', 'invalid_amount'],
    [400, 'webhook_invalido', 'not_permitted'],
    [422, 'pagamento_negado', 'refused'],
    [400, 'um_nome_que_ninguem_viu', 'refused'],
  ])('%i %s is declined as %s, once Efí holds nothing under the id', async (status, nome, reason) => {
    const { fake, provider } = setUp()
    fake.faults.next('pix.send', { kind: 'refuse', status, nome, mensagem: 'CPF 529.982.247-25' })
    const outcome = await provider.payouts.submit(payout())
    expect(outcome).toEqual({ kind: 'declined', reason, detail: nome })
    expect(fake.calls.map(({ operation }) => operation)).toEqual([
      'oauth.token',
      'pix.send',
      'pix.find_by_id',
    ])
  })

  it('of shape B is declined with the fields it names', async () => {
    const violacoes = [{ razao: 'CPF 52998224725', propriedade: 'favorecido.chave' }, { propriedade: 'x y' }]
    const body = { type: 'https://pix.bcb.gov.br/api/v2/error/RequisicaoInvalida', title: '', violacoes }
    const { provider } = scriptedProvider([{ status: 400, body }, ABSENT])
    const detail = 'RequisicaoInvalida: favorecido.chave'
    expect(await provider.payouts.submit(payout())).toEqual({ kind: 'declined', reason: 'refused', detail })
  })

  it('is doubt while Efí cannot be asked about an earlier attempt', async () => {
    const { fake, provider } = setUp()
    fake.faults.next('pix.send', 'refuse')
    fake.faults.next('pix.find_by_id', 'error_500_before')
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
  })

  it('does not hide an earlier attempt that arrived', async () => {
    const { fake, provider } = setUp()
    fake.faults.next('pix.send', 'drop_after_effect')
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    fake.faults.next('pix.send', { kind: 'refuse', nome: 'pagamento_negado' })
    const again = await provider.payouts.submit(payout())
    expect(again).toMatchObject({ kind: 'accepted', value: { providerRef: ID_ENVIO, state: 'pending' } })
    expect(fake.sent).toHaveLength(1)
  })

  it('is final when the earlier attempt failed', async () => {
    const { fake, provider } = setUp()
    await provider.payouts.submit(payout())
    fake.reject(ID_ENVIO)
    fake.faults.next('pix.send', { kind: 'refuse', nome: 'pagamento_negado' })
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'declined' })
  })
})

describe('an id that exists', () => {
  it('is accepted as what became of the first attempt', async () => {
    const { fake, provider } = setUp()
    await provider.payouts.submit(payout())
    fake.settle(ID_ENVIO)
    const again = await provider.payouts.submit(payout())
    expect(again).toMatchObject({
      kind: 'accepted',
      value: { state: 'paid', endToEndId: fake.sent[0]?.e2eId },
    })
    expect(fake.sent).toHaveLength(1)
    expect(fake.movements.filter(({ amount }) => amount < 0n)).toHaveLength(1)
  })

  it('is doubt while it cannot be seen, or not be asked for', async () => {
    const { fake, provider } = setUp()
    fake.faults.next('pix.send', { kind: 'drop_after_effect', hiddenForMs: 30_000 })
    await provider.payouts.submit(payout())
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    await fake.advance(30_000)
    fake.faults.next('pix.find_by_id', 'drop_before_send')
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
  })

  it('is doubt when it was sent with another amount', async () => {
    const { fake, provider } = setUp()
    await provider.payouts.submit(payout())
    const other = await provider.payouts.submit(payout({ amount: Money.of(12_35n, 'BRL/2') }))
    expect(other).toMatchObject({ kind: 'unknown' })
    expect(fake.sent).toHaveLength(1)
  })
})

describe('trouble on the way', () => {
  it.each([
    'drop_before_send',
    'drop_after_effect',
    'error_500_before',
    'error_500_after',
    'truncate',
    { kind: 'truncate', clean: true },
    'rate_limited',
  ] as const)('%o is doubt', async (fault) => {
    const { fake, provider } = setUp()
    fake.faults.next('pix.send', fault)
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    expect(fake.calls.filter(({ operation }) => operation === 'pix.send')).toHaveLength(1)
  })

  it('no answer in time is doubt', async () => {
    const { fake, provider } = setUp({ options: { timeoutMs: 100 } })
    fake.faults.next('pix.send', 'slow')
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'unknown' })
    expect(await provider.payouts.find(payout())).toMatchObject({ state: 'pending' })
    fake.close()
  })

  it('a connection that was refused is not sent', async () => {
    const cause = Object.assign(new Error('connect ECONNREFUSED'), {
      code: 'ECONNREFUSED',
      syscall: 'connect',
    })
    const { fake, provider } = setUp({
      options: { fetch: () => Promise.reject(new TypeError('fetch failed', { cause })) },
    })
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'not_sent' })
    expect(fake.calls).toEqual([])
  })

  it.each(['drop_after_effect', 'error_500_after', 'rate_limited', 'truncate'] as const)(
    'a token that cannot be had (%s) means not sent',
    async (fault) => {
      const { fake, provider } = setUp()
      fake.faults.next('oauth.token', fault)
      expect(await provider.payouts.submit(payout())).toMatchObject({
        kind: 'not_sent',
        cause: { because: 'prerequisite' },
      })
      expect(fake.calls.map(({ operation }) => operation)).toEqual(['oauth.token'])
      expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
    },
  )

  it('a token that Efí no longer takes means not sent, and the next attempt has a new one', async () => {
    const { fake, provider } = setUp()
    await provider.payouts.balance('BRL/2')
    fake.expireTokens()
    expect(await provider.payouts.submit(payout())).toMatchObject({
      kind: 'not_sent',
      cause: { because: 'unauthorized' },
    })
    expect(fake.sent).toEqual([])
    expect(await provider.payouts.submit(payout())).toMatchObject({ kind: 'accepted' })
  })

  it('a missing scope means not sent', async () => {
    const { fake, provider } = setUp({ fake: { scopes: ['gn.pix.send.read'] } })
    expect(await provider.payouts.submit(payout())).toMatchObject({
      kind: 'not_sent',
      cause: { because: 'unauthorized' },
    })
    expect(fake.sent).toEqual([])
  })

  it('a caller who gave up before the call means not sent', async () => {
    const { fake, provider } = setUp()
    const outcome = await provider.payouts.submit(payout({ signal: AbortSignal.abort() }))
    expect(outcome).toMatchObject({ kind: 'not_sent' })
    expect(fake.sent).toEqual([])
  })
})

describe('tokens', () => {
  it('are asked for once, also by many calls at once', async () => {
    const { fake, provider } = setUp()
    const keys = ['a', 'b', 'c', 'd']
    await Promise.all(keys.map((idempotencyKey) => provider.payouts.find({ idempotencyKey })))
    await provider.payouts.balance('BRL/2')
    expect(fake.calls.filter(({ operation }) => operation === 'oauth.token')).toHaveLength(1)
  })

  it('are replaced once when a read finds them refused', async () => {
    const { fake, provider } = setUp()
    await provider.payouts.balance('BRL/2')
    fake.expireTokens()
    expect(await provider.payouts.balance('BRL/2')).toEqual(Money.of(1_000_000n, 'BRL/2'))
  })
})
