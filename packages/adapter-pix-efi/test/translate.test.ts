import { Money, type ProviderEvent } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import recorded from '../fixtures/webhooks.json' with { type: 'json' }
import { efi } from '../src/index.ts'
import { HMAC_SECRET, optionsFor } from './setup.ts'

const BODIES = recorded.bodies
const { webhooks } = efi(optionsFor())
const bytes = (body: unknown): Uint8Array =>
  Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
const translate = (body: unknown): readonly ProviderEvent[] =>
  webhooks.translate({ body: bytes(body), topic: 'pix', subject: null })
const brl = (cents: bigint) => Money.of(cents, 'BRL/2')

const [RECEIVED] = BODIES.received.pix
const [SENT] = BODIES.sent.pix
const [REJECTED] = BODIES.rejected.pix
const [REFUNDED] = BODIES.refunded.pix

describe('the documented bodies', () => {
  it('money received', () => {
    expect(translate(BODIES.received)).toEqual([
      {
        kind: 'payment',
        providerRef: '9d36b84fc70b478fb95c12729b90ca25',
        state: 'paid',
        receipts: [
          {
            ref: 'E18236120202611221405s0f3a1b2c4d',
            amount: brl(4990n),
            fee: brl(1n),
            receivedAt: new Date('2026-11-22T14:05:31.000Z'),
          },
        ],
        occurredAt: new Date('2026-11-22T14:05:31.000Z'),
      },
    ])
  })

  it('money received for a charge of ours names our key', () => {
    const txid = 'pay01k0000000000000000000000a'
    expect(translate({ pix: [{ ...RECEIVED, txid }] })).toMatchObject([
      { providerRef: txid, idempotencyKey: 'pay_01k0000000000000000000000a' },
    ])
  })

  it('money received by a static code or a bare key pays no charge by itself', () => {
    const [byCode] = translate({ pix: [{ ...RECEIVED, txid: 'LOJA1' }] })
    expect(byCode).toMatchObject({ kind: 'payment', providerRef: 'LOJA1' })
    expect(byCode).not.toHaveProperty('state')
    const [byKey] = translate({ pix: [{ ...RECEIVED, txid: undefined }] })
    expect(byKey).not.toHaveProperty('providerRef')
    expect(byKey).toMatchObject({ receipts: [{ ref: RECEIVED?.endToEndId }] })
  })

  it('money sent', () => {
    expect(translate(BODIES.sent)).toEqual([
      {
        kind: 'payout',
        idempotencyKey: null,
        providerRef: 'wd20261122A001',
        state: 'paid',
        amount: brl(1234n),
        endToEndId: 'E09089356202611221410APIa1b2c3d4',
        occurredAt: new Date('2026-11-22T14:10:47.000Z'),
      },
    ])
  })

  it('money that could not be sent, with the reason', () => {
    expect(translate(BODIES.rejected)).toEqual([
      {
        kind: 'payout',
        idempotencyKey: null,
        providerRef: 'wd20261122A002',
        state: 'failed',
        amount: brl(1500n),
        endToEndId: 'E09089356202611221411APIe5f6a7b8',
        reason: 'invalid_destination',
        detail: 'AC03 Conta inexistente',
      },
    ])
  })

  it('refunds we made, done and not done', () => {
    expect(translate(BODIES.refunded)).toEqual([
      {
        kind: 'payment',
        providerRef: RECEIVED?.txid,
        state: 'paid',
        receipts: [
          { ref: RECEIVED?.endToEndId, amount: brl(4990n), receivedAt: new Date('2026-11-22T14:05:31.000Z') },
        ],
        refunds: [
          { ref: 'RF1', receiptRef: RECEIVED?.endToEndId, state: 'succeeded', amount: brl(2000n) },
          {
            ref: 'RF2',
            receiptRef: RECEIVED?.endToEndId,
            state: 'failed',
            amount: brl(2000n),
            detail: 'Saldo insuficiente',
          },
        ],
        occurredAt: new Date('2026-11-23T10:01:00Z'),
      },
    ])
  })

  it('a refund under way is told as pending', () => {
    const devolucoes = [{ id: 'R', valor: '1.00', status: 'EM_PROCESSAMENTO' }]
    expect(translate({ pix: [{ ...REFUNDED, devolucoes }] })).toMatchObject([
      { refunds: [{ ref: 'R', state: 'pending', amount: brl(100n) }] },
    ])
  })

  it.each([
    ['EM_PROCESSAMENTO', 'blocked', 2000n],
    ['DEVOLVIDO', 'lost', 2000n],
    ['NAO_REALIZADO', 'closed', 0n],
  ])('what a fraud claim takes back is a dispute: %s', (status, state, withdrawn) => {
    const own = REFUNDED?.devolucoes[0]
    const taken = { ...own, id: 'MED1', status, natureza: 'MED_FRAUDE' }
    const [event] = translate({ pix: [{ ...REFUNDED, devolucoes: [own, taken] }] })
    const ref = `${RECEIVED?.endToEndId}:med`
    expect(event).toMatchObject({
      refunds: [{ ref: 'RF1' }],
      disputes: [
        { ref, receiptRef: RECEIVED?.endToEndId, state, amount: brl(2000n), withdrawn: brl(withdrawn) },
      ],
    })
  })

  it('a recurring consent that changed', () => {
    expect(translate(BODIES.rec)).toEqual([
      {
        kind: 'changed',
        object: 'recurring_consent',
        ref: 'RN0908935620261122aBcDeFgHiJk',
        change: 'APROVADA',
        status: 'APROVADA',
        facts: { journey: 'JORNADA_2' },
        occurredAt: new Date('2026-11-22T09:12:00Z'),
      },
    ])
  })

  it('a recurring payment that was taken, with and without its receipts', () => {
    const [charge] = BODIES.cobr.cobsr
    const changed = {
      kind: 'changed',
      object: 'recurring_payment',
      ref: charge?.txid,
      change: 'CONCLUIDA',
      facts: { idRec: charge?.idRec, attempt: 'PAGA', endToEndId: charge?.tentativas[0]?.endToEndId },
    }
    expect(translate(BODIES.cobr)).toMatchObject([
      changed,
      { kind: 'hint', topic: 'cobr', ref: charge?.txid },
    ])
    const receipt = { endToEndId: 'E1823612020261205120000000000001', horario: '2026-12-05T12:00:00Z' }
    for (const valor of ['29.90', { original: { valor: '29.90' } }]) {
      const body = { cobsr: [{ ...charge, pix: [{ ...receipt, txid: charge?.txid, valor }] }] }
      expect(translate(body)).toMatchObject([
        changed,
        {
          kind: 'payment',
          providerRef: charge?.txid,
          state: 'paid',
          receipts: [{ ref: receipt.endToEndId, amount: brl(2990n) }],
        },
      ])
    }
    const odd = { ...receipt, valor: { original: { valor: '29.90' }, juros: { valor: '1.00' } } }
    expect(translate({ cobsr: [{ ...charge, pix: [odd] }] })).toMatchObject([changed, { kind: 'hint' }])
  })

  it('a recurring payment that was not taken keeps the codes, and no words', () => {
    const [charge] = BODIES.cobr.cobsr
    const rejeicao = { codigo: 'AM02', descricao: 'Maria Souza, CPF 529.982.247-25' }
    const body = { cobsr: [{ ...charge, status: 'REJEITADA', encerramento: { rejeicao } }] }
    const events = translate(body)
    expect(events).toMatchObject([{ kind: 'changed', status: 'REJEITADA', facts: { code: 'AM02' } }])
    expect(JSON.stringify(events)).not.toContain('Maria')
  })

  it('the test call is known, and nothing to do', () => {
    expect(translate(BODIES.test)).toEqual([{ kind: 'ignored', topic: 'teste_webhook' }])
  })

  it('several kinds in one call, in their order', () => {
    const events = translate({ pix: [SENT, RECEIVED, REFUNDED, REJECTED] })
    const told = events.map((event) => ('state' in event ? `${event.kind} ${event.state}` : event.kind))
    expect(told).toEqual(['payout paid', 'payment paid', 'payment paid', 'payout failed'])
  })
})

describe('a sent Pix is never read as received', () => {
  it.each([
    { tipo: 'SOLICITACAO' },
    { status: 'REALIZADO' },
    { gnExtras: { idEnvio: 'wd1' } },
    { tipo: 'SOLICITACAO', devolucoes: REFUNDED?.devolucoes },
    { tipo: '' },
    { status: 7 },
  ])('%j', (mark) => {
    const kinds = translate({ pix: [{ ...RECEIVED, ...mark }] }).map(({ kind }) => kind)
    expect(kinds).not.toContain('payment')
    expect(kinds).toHaveLength(1)
  })

  it('reads the error under either name, the documented one first', () => {
    const other = { codigo: 'AM09', motivo: 'Valor' }
    const { erro } = REJECTED?.gnExtras ?? {}
    const read = (gnExtras: object) =>
      translate({ pix: [{ ...REJECTED, gnExtras: { idEnvio: 'wd1', ...gnExtras } }] })
    expect(read({ error: other })).toMatchObject([{ reason: 'invalid_amount', detail: 'AM09 Valor' }])
    expect(read({ erro, error: other })).toMatchObject([{ reason: 'invalid_destination' }])
    expect(read({})).toMatchObject([{ reason: 'refused' }])
    expect(read({ erro: { codigo: 'ZZ99' } })).toMatchObject([{ reason: 'refused', detail: 'ZZ99' }])
  })

  it('keeps documents, addresses and line breaks out of the detail', () => {
    const erro = { codigo: 'BE01', motivo: 'CPF 529.982.247-25\nde maria@example.com conta 1234567 inválido' }
    const [event] = translate({ pix: [{ ...REJECTED, gnExtras: { idEnvio: 'wd1', erro } }] })
    expect(event).toMatchObject({ detail: 'BE01 CPF … de … conta … inválido' })
  })
})

describe('what fits no rule is kept and asked about', () => {
  it.each([
    ['no idEnvio', { ...SENT, gnExtras: {} }, SENT?.endToEndId],
    ['a kind never seen', { ...SENT, tipo: 'DEVOLUCAO' }, 'wd20261122A001'],
    ['a status never seen', { ...SENT, status: 'CONCLUIDA' }, 'wd20261122A001'],
    [
      'money returned, in the form of a send',
      { ...SENT, devolucoes: REFUNDED?.devolucoes },
      'wd20261122A001',
    ],
    ['an amount as a number', { ...SENT, valor: 12.34 }, 'wd20261122A001'],
    ['an amount with one place', { ...RECEIVED, valor: '49.9' }, RECEIVED?.endToEndId],
    ['an amount as an object', { ...RECEIVED, valor: { original: '49.90' } }, RECEIVED?.endToEndId],
    ['no end-to-end id', { ...RECEIVED, endToEndId: null }, undefined],
    [
      'a refund with a status never seen',
      { ...REFUNDED, devolucoes: [{ id: 'R', valor: '1.00', status: 'NOVO' }] },
      REFUNDED?.endToEndId,
    ],
    // The Pix began at Efí and no charge is named: it may be ours, and the refund then came to us.
    [
      'money returned, in the form of a refund',
      {
        ...REFUNDED,
        endToEndId: SENT?.endToEndId,
        txid: undefined,
        devolucoes: REFUNDED?.devolucoes.slice(0, 1),
      },
      SENT?.endToEndId,
    ],
    [
      'a refund without an id',
      { ...REFUNDED, devolucoes: [{ valor: '1.00', status: 'DEVOLVIDO' }] },
      REFUNDED?.endToEndId,
    ],
    ['no object', 'x', undefined],
    ['null', null, undefined],
  ])('%s', (_name, element, providerRef) => {
    const [event, ...more] = translate({ pix: [element] })
    expect(more).toEqual([])
    expect(event).toMatchObject({ kind: 'unrecognised' })
    expect(event && 'providerRef' in event ? event.providerRef : undefined).toBe(providerRef)
  })

  it('one odd element does not hide the others', () => {
    expect(translate({ pix: [null, SENT] })).toMatchObject([{ kind: 'unrecognised' }, { kind: 'payout' }])
  })

  it('a body without a known part', () => {
    expect(translate({ novidade: [] })).toMatchObject([{ kind: 'unrecognised' }])
    expect(translate('{')).toMatchObject([{ kind: 'unrecognised', topic: 'malformed' }])
    expect(translate({ pix: [] })).toEqual([])
  })

  it('a send under way is told as pending', () => {
    expect(translate({ pix: [{ ...SENT, status: 'EM_PROCESSAMENTO' }] })).toMatchObject([
      { state: 'pending' },
    ])
  })
})

describe('the table of event types', () => {
  /** Of each row a body, and what the row says of it. */
  const SAMPLES: Readonly<Record<string, unknown>> = {
    PIX_RECEBIDO: BODIES.received,
    PIX_ENVIADO: BODIES.sent,
    DEVOLUCAO_ENVIADA: BODIES.refunded,
    DEVOLUCAO_RECEBIDA: { pix: [{ ...SENT, devolucoes: REFUNDED?.devolucoes }] },
    pix: { pix: [SENT, RECEIVED] },
    rec: BODIES.rec,
    cobr: BODIES.cobr,
    teste_webhook: BODIES.test,
  }
  const KINDS: Readonly<Record<string, readonly ProviderEvent['kind'][]>> = {
    applied: ['payout', 'payment', 'hint', 'changed'],
    asked: ['unrecognised', 'hint'],
    handed_on: ['changed'],
    ignored: ['ignored'],
  }

  it.each(webhooks.eventTypes)('$type: $does', async ({ type, does }) => {
    const body = bytes(SAMPLES[type])
    const url = `/webhooks/efi?hmac=${HMAC_SECRET}&ignorar=/pix`
    const peer = { address: '34.193.116.226' }
    const receivedAt = new Date('2026-11-22T14:10:48Z')
    const verdict = await webhooks.verify({ method: 'POST', url, headers: {}, body, receivedAt, peer })
    expect(verdict).toMatchObject({ kind: 'authentic', topic: type })
    const events = webhooks.translate({ body, topic: type, subject: null })
    expect(events.length).toBeGreaterThan(0)
    for (const { kind } of events) expect(KINDS[does]).toContain(kind)
  })

  it.each([
    [BODIES.received, RECEIVED?.txid],
    [BODIES.refunded, RECEIVED?.txid],
    [BODIES.sent, 'wd20261122A001'],
    [BODIES.rec, 'RN0908935620261122aBcDeFgHiJk'],
    [BODIES.cobr, BODIES.cobr.cobsr[0]?.txid],
    [{ pix: [SENT, RECEIVED] }, undefined],
    [BODIES.test, undefined],
  ])('names the one object that a body is about (%#)', async (body, subject) => {
    const verdict = await webhooks.verify({
      method: 'POST',
      url: `/x?hmac=${HMAC_SECRET}`,
      headers: {},
      body: bytes(body),
      receivedAt: new Date('2026-11-22T14:10:48Z'),
      peer: { address: '34.193.116.226' },
    })
    expect('subject' in verdict ? verdict.subject : undefined).toBe(subject)
  })
})

describe('any element whatever', () => {
  const word = fc.constantFrom(
    'SOLICITACAO',
    'REALIZADO',
    'DEVOLVIDO',
    'wd1',
    '1.00',
    '',
    'x',
    null,
    undefined,
    7,
    {},
  )
  const returned = fc.record({ id: word, valor: word, status: word, horario: word }, { requiredKeys: [] })
  const element = fc.record(
    {
      endToEndId: word,
      txid: word,
      valor: word,
      horario: word,
      tipo: word,
      status: word,
      gnExtras: fc.oneof(
        word,
        fc.record({ idEnvio: word, erro: fc.oneof(word, fc.record({ codigo: word })) }),
      ),
      devolucoes: fc.oneof(word, fc.array(returned, { maxLength: 3 })),
    },
    { requiredKeys: [] },
  )

  it('gives the same events for the same bytes, never throws, and never credits a marked send', () => {
    fc.assert(
      fc.property(element, (pix) => {
        const events = translate({ pix: [pix] })
        expect(translate({ pix: [pix] })).toEqual(events)
        const isMarked = typeof pix.tipo === 'string' || typeof pix.status === 'string'
        if (isMarked) expect(events.map(({ kind }) => kind)).not.toContain('payment')
      }),
    )
  })
})
