import { Money, type ProviderEvent } from '@lastro/core/spec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import recorded from '../fixtures/webhooks.json' with { type: 'json' }
import { efi } from '../src/index.ts'
import { optionsFor } from './setup.ts'

const BODIES = recorded.bodies
const { webhooks } = efi(optionsFor())
const translate = (body: unknown): readonly ProviderEvent[] =>
  webhooks.translate(Buffer.from(JSON.stringify(body)))
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
        providerRef: 'E18236120202611221405s0f3a1b2c4d',
        reference: '9d36b84fc70b478fb95c12729b90ca25',
        state: 'received',
        amount: brl(4990n),
        occurredAt: new Date('2026-11-22T14:05:31.000Z'),
      },
    ])
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
    const about = { kind: 'payment', providerRef: RECEIVED?.endToEndId, reference: RECEIVED?.txid }
    expect(translate(BODIES.refunded)).toMatchObject([
      {
        ...about,
        state: 'refunded',
        refundRef: 'RF1',
        amount: brl(2000n),
        occurredAt: new Date('2026-11-23T10:00:00Z'),
      },
      { ...about, state: 'refund_failed', refundRef: 'RF2', amount: brl(2000n) },
    ])
  })

  it('Pix Automático and the test call are known, and nothing to do', () => {
    expect(translate(BODIES.rec)).toEqual([{ kind: 'ignored', topic: 'rec' }])
    expect(translate(BODIES.cobr)).toEqual([{ kind: 'ignored', topic: 'cobr' }])
    expect(translate(BODIES.test)).toEqual([{ kind: 'ignored', topic: 'test' }])
  })

  it('several kinds in one call, in their order', () => {
    const events = translate({ pix: [SENT, RECEIVED, REFUNDED, REJECTED] })
    const told = events.map((event) => ('state' in event ? `${event.kind} ${event.state}` : event.kind))
    expect(told).toEqual([
      'payout paid',
      'payment received',
      'payment refunded',
      'payment refund_failed',
      'payout failed',
    ])
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
    expect(webhooks.translate(Buffer.from('{'))).toMatchObject([{ kind: 'unrecognised', topic: 'malformed' }])
    expect(translate({ pix: [] })).toEqual([])
  })

  it('a refund under way changes nothing yet', () => {
    const devolucoes = [{ id: 'R', valor: '1.00', status: 'EM_PROCESSAMENTO' }]
    expect(translate({ pix: [{ ...REFUNDED, devolucoes }] })).toEqual([
      { kind: 'ignored', topic: 'pix.refund.pending' },
    ])
  })

  it('a send under way is told as pending', () => {
    expect(translate({ pix: [{ ...SENT, status: 'EM_PROCESSAMENTO' }] })).toMatchObject([
      { state: 'pending' },
    ])
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
