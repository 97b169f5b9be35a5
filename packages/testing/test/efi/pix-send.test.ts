import { describe, expect, test } from 'vitest'
import { manualClock } from '../../src/clock.ts'
import { createFakeEfi, EFI_SCOPES } from '../../src/efi/index.ts'
import { clientOf, order, PAYER, setUp, signIn } from './client.ts'

describe('tokens', () => {
  test('a token comes with its lifetime and scopes', async () => {
    const { fake } = setUp()
    const answer = await fake.fetch('https://pix-h.api.efipay.com.br/oauth/token', request(signIn(fake)))
    expect(answer.status).toBe(200)
    expect(await answer.json()).toEqual({
      access_token: expect.any(String),
      token_type: 'Bearer',
      expires_in: 3600,
      scope: EFI_SCOPES.join(' '),
    })
  })

  test.each([
    ['no credentials', {}, 401, 'invalid_client'],
    ['wrong ones', { authorization: 'Basic eDp5' }, 401, 'invalid_client'],
  ])('%s are refused', async (_, headers, status, error) => {
    const { fake } = setUp()
    const asked = { ...signIn(fake), headers }
    const answer = await fake.fetch('https://pix.api.efipay.com.br/oauth/token', request(asked))
    expect([answer.status, await answer.json()]).toMatchObject([status, { error }])
  })

  test('only client credentials are granted', async () => {
    const { fake } = setUp()
    const asked = { ...signIn(fake), body: { grant_type: 'password' } }
    const answer = await fake.fetch('https://pix.api.efipay.com.br/oauth/token', request(asked))
    expect([answer.status, await answer.json()]).toMatchObject([400, { error: 'unsupported_grant_type' }])
  })

  test('a token works until it expires, to the second', async () => {
    const { fake, client } = setUp({ tokenLifetimeSeconds: 60 })
    expect((await client.ask('/v2/gn/saldo')).status).toBe(200)
    await fake.advance(59_999)
    expect((await client.ask('/v2/gn/saldo')).status).toBe(200)
    await fake.advance(1)
    const late = await client.ask('/v2/gn/saldo')
    expect([late.status, late.body.error]).toEqual([401, 'invalid_token'])
  })

  test('tokens can be taken back', async () => {
    const { fake, client } = setUp()
    await client.ask('/v2/gn/saldo')
    fake.expireTokens()
    expect((await client.ask('/v2/gn/saldo')).status).toBe(401)
  })

  test('each call needs its scope', async () => {
    const { fake, client } = setUp({ scopes: ['gn.balance.read'] })
    const refused = await client.send('wd1')
    expect([refused.status, refused.body]).toEqual([
      403,
      { error: 'insufficient_scope', error_description: 'Access token has insufficient scope' },
    ])
    expect((await client.ask('/v2/gn/saldo')).status).toBe(200)
    expect(fake.sent).toEqual([])
  })

  test('a call that may not pass uses up no fault', async () => {
    const { fake, client } = setUp()
    fake.faults.next('pix.send', 'drop_after_effect')
    await client.ask('/v2/gn/saldo')
    fake.expireTokens()
    expect((await client.send('wd1')).status).toBe(401)
    expect(fake.faults.pending).toBe(1)
  })
})

describe('sending', () => {
  test.each(['/v3/gn/pix/wd1', '/v2/gn/pix/wd1'])('%s accepts and takes the money', async (path) => {
    const { fake, client } = setUp()
    const { status, body } = await client.ask(path, { method: 'PUT', body: order('12.34') })
    expect(status).toBe(201)
    expect(body).toEqual({
      idEnvio: 'wd1',
      e2eId: expect.stringMatching(/^E09089356202611221410API[0-9a-f]{8}$/),
      valor: '12.34',
      horario: { solicitacao: '2026-11-22T14:10:42.905Z' },
      status: 'EM_PROCESSAMENTO',
    })
    expect(fake.balance()).toBe(1_000_000n - 1_234n)
    expect(fake.sent).toMatchObject([
      { idEnvio: 'wd1', amount: 1_234n, attempts: 1, movements: 1, payerKey: PAYER, description: 'Saque 77' },
    ])
  })

  test('the answer may name the end-to-end id as the SDK does', async () => {
    const { client } = setUp({ endToEndField: 'endToEndId' })
    const { body } = await client.send('wd1')
    expect(body).toHaveProperty('endToEndId')
    expect(body).not.toHaveProperty('e2eId')
  })

  test('a used id is refused, whatever it asks for and whatever became of it', async () => {
    const { fake, client } = setUp()
    await client.send('wd1')
    const again = await client.send('wd1')
    expect([again.status, again.body.nome]).toEqual([409, 'id_envio_duplicado'])
    fake.reject('wd1')
    expect((await client.send('wd1', '99.00')).status).toBe(409)
    expect(fake.sent).toMatchObject([{ amount: 1_234n, attempts: 3, movements: 0 }])
  })

  test('a refused id stays free', async () => {
    const { fake, client } = setUp({ balance: 100n })
    expect((await client.send('wd1', '1.01')).body.nome).toBe('pagamento_negado')
    fake.deposit(1n)
    expect((await client.send('wd1', '1.01')).status).toBe(201)
    expect(fake.balance()).toBe(0n)
  })

  test.each([
    ['id with a dash', 'wd-1', {}, 400, 'valor_invalido'],
    ['id of 36 characters', 'a'.repeat(36), {}, 400, 'valor_invalido'],
    ['number for an amount', 'wd1', { valor: 12.34 }, 400, 'valor_invalido'],
    ['one decimal', 'wd1', { valor: '12.3' }, 400, 'valor_invalido'],
    ['three decimals', 'wd1', { valor: '12.345' }, 400, 'valor_invalido'],
    ['comma', 'wd1', { valor: '12,34' }, 400, 'valor_invalido'],
    ['sign', 'wd1', { valor: '-1.00' }, 400, 'valor_invalido'],
    ['line end', 'wd1', { valor: '1.00\n' }, 400, 'valor_invalido'],
    ['eleven digits', 'wd1', { valor: '12345678901.00' }, 400, 'valor_invalido'],
    ['nothing', 'wd1', { valor: '0.00' }, 400, 'valor_invalido'],
    ['no payer', 'wd1', { pagador: undefined }, 400, 'valor_invalido'],
    ['foreign payer', 'wd1', { pagador: { chave: 'other@example.com' } }, 400, 'chave_invalida'],
    ['long text', 'wd1', { pagador: { chave: PAYER, infoPagador: 'x'.repeat(141) } }, 400, 'valor_invalido'],
    ['no payee', 'wd1', { favorecido: undefined }, 400, 'valor_invalido'],
    ['empty payee', 'wd1', { favorecido: {} }, 400, 'valor_invalido'],
    ['phone without plus', 'wd1', { favorecido: { chave: '5531999998888' } }, 400, 'chave_invalida'],
    ['bad CPF', 'wd1', { favorecido: { chave: 'a@b.co', cpf: '52998224726' } }, 400, 'valor_invalido'],
    [
      'key of somebody else',
      'wd1',
      { favorecido: { chave: '52998224725', cpf: '11144477735' } },
      400,
      'chave_nao_pertence_ao_documento',
    ],
  ])('refuses: %s', async (_, idEnvio, change, status, nome) => {
    const { fake, client } = setUp()
    const body = { ...order('12.34'), ...change }
    const answer = await client.ask(`/v3/gn/pix/${idEnvio}`, { method: 'PUT', body })
    expect([answer.status, answer.body.nome]).toEqual([status, nome])
    expect(answer.body.mensagem).toEqual(expect.any(String))
    expect([fake.sent, fake.balance()]).toEqual([[], 1_000_000n])
  })

  test('refuses what is no JSON', async () => {
    const { client } = setUp()
    const answer = await client.ask('/v3/gn/pix/wd1', { method: 'PUT', body: '{"valor":' })
    expect([answer.status, answer.body.nome]).toEqual([400, 'valor_invalido'])
  })

  test('the directory and blocked documents decide who can be paid', async () => {
    const directory = { 'a@b.co': { nome: 'Ana', cpf: '52998224725' } }
    const { client, fake } = setUp({ directory, blockedDocuments: ['11144477735'] })
    expect((await client.send('wd1')).body.nome).toBe('chave_invalida')
    const known = { ...order('1.00'), favorecido: { chave: 'a@b.co', cpf: '52998224725' } }
    expect((await client.ask('/v3/gn/pix/wd2', { method: 'PUT', body: known })).status).toBe(201)
    const blocked = { ...order('1.00'), favorecido: account({ cpf: '11144477735' }) }
    const refused = await client.ask('/v3/gn/pix/wd3', { method: 'PUT', body: blocked })
    expect([refused.status, refused.body.nome]).toEqual([400, 'documento_bloqueado'])
    expect(fake.sent.map((sent) => sent.payee.nome)).toEqual(['Ana'])
  })

  test.each([
    ['branch', { agencia: '12345' }],
    ['bank', { codigoBanco: '341' }],
    ['kind', { tipoConta: 'corrente' }],
    ['owner', { cpf: undefined }],
    ['two owners', { cnpj: '11222333000181' }],
  ])('refuses a bank account with a wrong %s', async (_, change) => {
    const { client } = setUp()
    const body = { ...order('1.00'), favorecido: account(change) }
    const answer = await client.ask('/v3/gn/pix/wd1', { method: 'PUT', body })
    expect([answer.status, answer.body.nome]).toEqual([400, 'valor_invalido'])
  })

  test('a key without a webhook cannot pay, unless the option says so', async () => {
    const strict = clientOf(createFakeEfi())
    expect((await strict.send('wd1')).status).toBe(400)
    const lenient = clientOf(createFakeEfi({ requireWebhook: false }))
    expect((await lenient.send('wd1')).status).toBe(201)
  })

  test('serial sends wait for one another', async () => {
    const { fake, client } = setUp({ serialSends: true })
    await client.send('wd1')
    expect((await client.send('wd2')).body.nome).toBe('pagamento_negado')
    fake.settle('wd1')
    expect((await client.send('wd2')).status).toBe(201)
  })
})

describe('settlement', () => {
  test('comes by itself after a while', async () => {
    const { fake, client } = setUp({ settleAfterMs: 5_000 })
    await client.send('wd1')
    await fake.advance(4_999)
    expect(fake.sent[0]?.status).toBe('EM_PROCESSAMENTO')
    await fake.advance(1)
    expect(fake.sent[0]).toMatchObject({
      status: 'REALIZADO',
      settledAt: new Date('2026-11-22T14:10:47.905Z'),
    })
  })

  test('or by hand only, and only once', async () => {
    const { fake, client } = setUp({ settleAfterMs: null })
    await client.send('wd1')
    await fake.advance(86_400_000)
    expect(fake.sent[0]?.status).toBe('EM_PROCESSAMENTO')
    fake.settle('wd1')
    expect(() => fake.settle('wd1')).toThrow('is REALIZADO')
    expect(() => fake.reject('wd1')).toThrow('is REALIZADO')
    expect(() => fake.settle('wd9')).toThrow('Nothing was sent as wd9')
  })

  test('what was settled by hand is left alone when its time comes', async () => {
    const { fake, client, told } = setUp()
    await client.send('wd1')
    fake.reject('wd1', { codigo: 'AC03', motivo: 'Conta inexistente' })
    await fake.advance(60_000)
    expect(fake.sent).toMatchObject([
      {
        status: 'NAO_REALIZADO',
        movements: 0,
        rejection: { codigo: 'AC03', motivo: 'Conta inexistente', origem: 'PSP do usuário recebedor' },
      },
    ])
    expect(fake.balance()).toBe(1_000_000n)
    expect(told).toHaveLength(1)
  })

  test('money comes back in parts and never more than was sent', async () => {
    const { fake, client } = setUp()
    await client.send('wd1', '10.00')
    expect(() => fake.returnPix('wd1', 1n)).toThrow('is EM_PROCESSAMENTO')
    fake.settle('wd1')
    fake.returnPix('wd1', 400n)
    expect(() => fake.returnPix('wd1', 601n)).toThrow(RangeError)
    expect(() => fake.returnPix('wd1', 0n)).toThrow(RangeError)
    fake.returnPix('wd1')
    expect(fake.sent[0]?.returns.map(({ amount }) => amount)).toEqual([400n, 600n])
    expect(fake.sent[0]?.returns[0]?.rtrId).toHaveLength(32)
    expect(fake.balance()).toBe(1_000_000n)
  })

  test('an outcome of your own', async () => {
    const { fake, client } = setUp({
      outcome: ({ idEnvio }) =>
        idEnvio === 'bad' ? { status: 'NAO_REALIZADO' } : { status: 'REALIZADO', returns: [100n] },
    })
    await client.send('bad')
    await client.send('good')
    await fake.advance(10_000)
    expect(fake.sent).toMatchObject([
      { status: 'NAO_REALIZADO', rejection: { codigo: 'AC03' } },
      { status: 'REALIZADO', returns: [{ amount: 100n }] },
    ])
  })

  test.each([
    ['0.01', 'REALIZADO', []],
    ['4.00', 'REALIZADO', [200n, 200n]],
    ['5.00', 'REALIZADO', [500n]],
    ['10.00', 'REALIZADO', []],
    ['10.01', 'NAO_REALIZADO', []],
    ['20.00', 'NAO_REALIZADO', []],
  ])('sandbox: %s becomes %s', async (valor, status, returns) => {
    const { fake, client } = setUp({ homologation: true })
    const body = { ...order(valor), favorecido: { chave: 'efipay@sejaefi.com.br' } }
    expect((await client.ask('/v3/gn/pix/wd1', { method: 'PUT', body })).status).toBe(201)
    await fake.advance(10_000)
    expect(fake.sent[0]?.status).toBe(status)
    expect(fake.sent[0]?.returns.map(({ amount }) => amount)).toEqual(returns)
  })

  test('sandbox: other keys and greater amounts are refused at once', async () => {
    const { fake, client } = setUp({ homologation: true })
    expect((await client.send('wd1', '1.00')).body.nome).toBe('chave_invalida')
    const body = { ...order('20.01'), favorecido: { chave: 'efipay@sejaefi.com.br' } }
    expect((await client.ask('/v3/gn/pix/wd1', { method: 'PUT', body })).status).toBe(422)
    expect(fake.sent).toEqual([])
  })

  test('a clock that others move too is followed, and moved', async () => {
    const clock = manualClock('2026-11-22T14:10:42.905Z')
    const { fake, client } = setUp({ clock, settleAfterMs: 5_000 })
    await client.send('wd1')
    await client.send('wd2')
    await clock.advance(60_000)
    expect(fake.sent.map(({ settledAt }) => settledAt?.toISOString())).toEqual([
      '2026-11-22T14:10:47.905Z',
      '2026-11-22T14:10:47.905Z',
    ])
    await client.send('wd3')
    await fake.advance(5_000)
    expect(fake.sent[2]?.status).toBe('REALIZADO')
    expect(clock.now().toISOString()).toBe('2026-11-22T14:11:47.905Z')
    await client.send('wd4')
    fake.close()
    await clock.advance(60_000)
    expect(fake.sent[3]?.status).toBe('EM_PROCESSAMENTO')
  })

  test('with real timers it needs nobody', async () => {
    const { fake, client, told } = setUp({
      timers: 'real',
      clock: { now: () => new Date() },
      settleAfterMs: 5,
    })
    await client.send('wd1')
    await expect.poll(() => told.length).toBe(1)
    expect(fake.sent[0]?.status).toBe('REALIZADO')
    fake.close()
  })
})

describe('looking up', () => {
  test('by either id, with the payee masked', async () => {
    const { fake, client } = setUp()
    const sent = await client.ask('/v3/gn/pix/wd1', {
      method: 'PUT',
      body: { ...order('12.34'), favorecido: { chave: '52998224725' } },
    })
    fake.settle('wd1')
    fake.returnPix('wd1')
    const byId = await client.find('wd1')
    expect([byId.status, byId.body]).toEqual([
      200,
      {
        endToEndId: sent.body.e2eId,
        idEnvio: 'wd1',
        valor: '12.34',
        chave: PAYER,
        status: 'REALIZADO',
        infoPagador: 'Saque 77',
        horario: { solicitacao: '2026-11-22T14:10:42.905Z', liquidacao: '2026-11-22T14:10:42.905Z' },
        favorecido: {
          chave: '52998224725',
          identificacao: { nome: 'Favorecido de Teste', cpf: '***.982.247-**' },
        },
        devolucoes: [{ rtrId: expect.any(String), valor: '12.34', horario: '2026-11-22T14:10:42.905Z' }],
      },
    ])
    expect((await client.ask(`/v2/gn/pix/enviados/${sent.body.e2eId}`)).body).toEqual(byId.body)
  })

  test('a bank account comes back in other words', async () => {
    const { client } = setUp()
    const body = { ...order('1.00'), favorecido: account({ cpf: undefined, cnpj: '11222333000181' }) }
    await client.ask('/v3/gn/pix/wd1', { method: 'PUT', body })
    expect((await client.find('wd1')).body.favorecido.contaBanco).toMatchObject({
      cnpj: '**.222.333/0001-**',
      tipoConta: 'corrente',
    })
  })

  test.each(['/v2/gn/pix/enviados/id-envio/wd9', '/v2/gn/pix/enviados/E123'])(
    '%s is not there',
    async (path) => {
      const { client } = setUp()
      const answer = await client.ask(path)
      expect(answer.status).toBe(404)
      expect(answer.body).toMatchObject({
        type: 'https://pix.bcb.gov.br/api/v2/error/PixEnviadoNaoEncontrado',
        title: 'Não Encontrado',
        status: 404,
      })
    },
  )

  test('pages through the list, by time and by status', async () => {
    const { fake, client } = setUp()
    for (const id of ['a1', 'a2', 'a3', 'a4', 'a5']) {
      await client.send(id)
      await fake.advance(60_000)
    }
    await client.send('a6')
    const list = async (query: string) =>
      client.ask(`/v2/gn/pix/enviados?inicio=2026-11-22T14:11:00Z&fim=2026-11-22T23:59:59-03:00${query}`)
    const page = (await list('&paginacao.itensPorPagina=2&paginacao.paginaAtual=1')).body
    expect(page.parametros.paginacao).toEqual({
      paginaAtual: 1,
      itensPorPagina: 2,
      quantidadeDePaginas: 3,
      quantidadeTotalDeItens: 5,
    })
    expect(page.pix.map((sent: { idEnvio: string }) => sent.idEnvio)).toEqual(['a4', 'a5'])
    expect((await list('&paginacao.paginaAtual=9')).body.pix).toEqual([])
    expect((await list('&status=EM_PROCESSAMENTO')).body.pix).toMatchObject([{ idEnvio: 'a6' }])
    expect((await list('&cpf=52998224725')).body.pix).toEqual([])
  })

  test.each([
    'fim=2026-11-22T00:00:00Z',
    'inicio=2026-11-22&fim=2026-11-23',
    'inicio=2026-11-23T00:00:00Z&fim=2026-11-22T00:00:00Z',
    'inicio=2026-11-22T00:00:00Z&fim=2026-11-23T00:00:00Z&paginacao.itensPorPagina=1001',
    'inicio=2026-11-22T00:00:00Z&fim=2026-11-23T00:00:00Z&paginacao.paginaAtual=x',
  ])('refuses the list %s', async (query) => {
    const { client } = setUp()
    const answer = await client.ask(`/v2/gn/pix/enviados?${query}`)
    expect([answer.status, answer.body.violacoes.length]).toEqual([400, 1])
  })

  test('the balance, with and without what is blocked', async () => {
    const { client } = setUp({ balance: 5n })
    expect((await client.ask('/v2/gn/saldo')).body).toEqual({ saldo: '0.05' })
    expect((await client.ask('/v2/gn/saldo?bloqueios=true')).body).toEqual({
      saldo: '0.05',
      bloqueios: { judicial: '0.00', med: '0.00', total: '0.00' },
    })
  })

  test('what the fake does not serve is said to be so', async () => {
    const { fake } = setUp()
    const answer = await clientOf(fake).ask('/v2/lotecobv', { method: 'POST', body: {} })
    expect([answer.status, answer.body.detail]).toEqual([
      404,
      'The fake Efí does not serve POST /v2/lotecobv.',
    ])
  })
})

function request({ method, headers, body }: ReturnType<typeof signIn>): RequestInit {
  return { method: method ?? 'GET', headers: headers ?? {}, body: JSON.stringify(body) }
}

function account(change: object) {
  const contaBanco = {
    nome: 'Maria Souza',
    cpf: '52998224725',
    codigoBanco: '60701190',
    agencia: '1',
    conta: '12345678',
    tipoConta: 'cacc',
  }
  return { contaBanco: { ...contaBanco, ...change } }
}
