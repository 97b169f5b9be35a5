import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  BANK,
  bytes,
  CONSENT,
  delivery,
  institution,
  PATHS,
  PAYMENT,
  readSpec,
  SUBJECT,
  setUp,
  urlOf,
} from './setup.ts'

const { webhooks } = setUp()
const rejected = (reason: string) => ({ kind: 'rejected', reason })
const OID_HEX = Buffer.concat([Buffer.from([0x0c, 42]), Buffer.from(`OFBBR-${BANK}`)]).toString('hex')

const from = (certificateSubject: string, source = webhooks) =>
  source.verify(delivery(undefined, { peer: { certificateVerified: true, certificateSubject } }))

describe('the certificate', () => {
  it.each([
    ['RFC 4514', SUBJECT],
    ['RFC 4514 with spaces', `C = BR, organizationIdentifier = OFBBR-${BANK.toUpperCase()}, CN = x`],
    ['an OID', `2.5.4.97=OFBBR-${BANK},CN=x`],
    ['an OID and DER', `CN=x,2.5.4.97=#${OID_HEX}`],
    ['quotes', `O="Banco, S.A.",organizationIdentifier="OFBBR-${BANK}"`],
    ["Node's lines", `CN=x\nO=Banco, S.A.\norganizationIdentifier=OFBBR-${BANK}`],
  ])('names its organisation by %s', async (_name, subject) => {
    expect(await from(subject)).toMatchObject({ kind: 'authentic' })
  })

  it.each([
    ['no organisation', 'CN=webhook.banco.example'],
    ['the organisation in another attribute', `CN=organizationIdentifier OFBBR-${BANK}`],
    ['an attribute inside of a value', `O=x\\,organizationIdentifier=OFBBR-${BANK}`],
    ['an attribute inside of quotes', `O="x,organizationIdentifier=OFBBR-${BANK}"`],
    ['two organisations', `${SUBJECT},organizationIdentifier=OFBBR-${BANK}`],
    ['the form with slashes', `/O=x/organizationIdentifier=OFBBR-${BANK}`],
    ['more than the organisation', `organizationIdentifier=OFBBR-${BANK}-x`],
    ['another prefix', `organizationIdentifier=PSDBR-${BANK}`],
    ['DER of another length', `2.5.4.97=#${OID_HEX}00`],
    ['nothing', ''],
  ])('is foreign with %s', async (_name, subject) => {
    expect(await from(subject)).toEqual(rejected('foreign'))
  })

  it('may have to be of a software statement', async () => {
    const only = (id: string) =>
      setUp({ institutions: [institution({ softwareStatementIds: [id] })] }).webhooks
    expect(await from(SUBJECT, only('ss-1'))).toMatchObject({ kind: 'authentic' })
    expect(await from(SUBJECT, only('ss-2'))).toEqual(rejected('foreign'))
  })

  it('is asked for before path and body are read', async () => {
    const verdict = await webhooks.verify(delivery('x', { body: bytes('x'), peer: {} }))
    expect(verdict).toEqual(rejected('bad_signature'))
  })

  it('never throws, whatever the subject', async () => {
    const text = fc.oneof(
      fc.string(),
      fc.array(fc.constantFrom('\\', '"', ',', '+', '=', '#', 'UID', SUBJECT)).map((all) => all.join('')),
    )
    await fc.assert(
      fc.asyncProperty(text, async (subject) => {
        expect(['authentic', 'rejected']).toContain((await from(subject)).kind)
      }),
    )
  })
})

describe('the path', () => {
  it.each(Object.keys(PATHS))('is the type: %s', async (topic) => {
    expect(await webhooks.verify(delivery(topic))).toMatchObject({ kind: 'authentic', topic })
  })

  it('has the id percent-decoded, once', async () => {
    const id = 'urn:bancoex:a%2Fb/c'
    const verdict = await webhooks.verify(
      delivery('x', { url: urlOf(`payments/v4/consents/${encodeURIComponent(id)}`) }),
    )
    expect(verdict).toMatchObject({ topic: 'payments/consents', subject: `${BANK}:v4:${id}` })
  })

  it('may stand below any other path, and may have a query', async () => {
    const url = `/open-banking/webhook/v1/payments/v4/pix/payments/${PAYMENT}?via=proxy`
    expect(await webhooks.verify(delivery('x', { url }))).toMatchObject({ subject: `${BANK}:v4:${PAYMENT}` })
  })

  it.each([
    ['no webhook of theirs', '/webhooks/open-finance'],
    ['no id', urlOf('payments/v4/consents/')],
    ['an id that is no URN', urlOf('payments/v4/consents/C1DD33123')],
    ['an id that climbs', urlOf('payments/v4/pix/payments/..')],
    ['more than an id', urlOf(`payments/v4/pix/payments/${PAYMENT}/more`)],
    ['a broken escape', urlOf('payments/v4/consents/urn:x:%E0%A4%A')],
  ])('is malformed with %s', async (_name, url) => {
    expect(await webhooks.verify(delivery('x', { url }))).toEqual(rejected('malformed'))
  })

  it.each(['insurance/v1/policies/1', 'payments/v0/pix/payments/1', 'payments/v4/refunds/1'])(
    'is kept for a person where it is new: %s',
    async (path) => {
      const verdict = await webhooks.verify(delivery('x', { url: urlOf(path) }))
      expect(verdict).toMatchObject({ kind: 'authentic', topic: 'unrecognised' })
      const events = webhooks.translate({ body: delivery().body, topic: 'unrecognised', subject: null })
      expect(events).toMatchObject([{ kind: 'unrecognised' }])
    },
  )
})

describe('the delivery id', () => {
  const idOf = async (topic: string, given: Parameters<typeof delivery>[1] = {}) => {
    const verdict = await webhooks.verify(delivery(topic, given))
    return verdict.kind === 'rejected' ? verdict : verdict.deliveryId
  }

  it('is the same for every attempt, and another for everything else', async () => {
    const first = await idOf('payments/pix/payments')
    expect(await idOf('payments/pix/payments', { headers: { 'x-webhook-interaction-id': 'b-2' } })).toBe(
      first,
    )
    const others = await Promise.all([
      idOf('automatic-payments/pix/recurring-payments'),
      idOf('x', { url: urlOf(`payments/v4/pix/payments/${PAYMENT}`) }),
      idOf('x', { url: urlOf(`payments/v5/pix/payments/${PAYMENT}x`) }),
      idOf('payments/pix/payments', { body: bytes({ data: { timestamp: '2026-08-01T15:03:09Z' } }) }),
      idOf('payments/pix/payments', {
        body: bytes({ data: { timestamp: '2026-08-01T15:03:08Z', eventType: 'DATA_CHANGED' } }),
      }),
    ])
    expect(new Set([first, ...others]).size).toBe(6)
  })
})

describe('the answer to a notification', () => {
  it('is 202 and the interaction id', () => {
    expect(webhooks.acknowledge(delivery())).toEqual({
      status: 202,
      headers: { 'x-webhook-interaction-id': 'a1b2-1' },
    })
  })

  it.each(['', 'a\r\nset-cookie: x', 'é'])('does not send back what is no id (%j)', (id) => {
    const headers = { 'x-webhook-interaction-id': id }
    expect(webhooks.acknowledge(delivery(undefined, { headers }))).toEqual({ status: 202 })
  })
})

describe('translate', () => {
  it('gives a hint that names all that is needed to ask', async () => {
    const verdict = await webhooks.verify(delivery('payments/consents'))
    const subject = verdict.kind === 'rejected' ? null : (verdict.subject ?? null)
    const body = bytes({ data: { timestamp: '2026-08-01T15:03:08Z', eventType: 'DATA_CHANGED' } })
    expect(webhooks.translate({ body, topic: 'payments/consents', subject })).toEqual([
      {
        kind: 'hint',
        topic: 'payments/consents',
        ref: CONSENT,
        facts: {
          organisationId: BANK,
          version: 'v4',
          timestamp: '2026-08-01T15:03:08Z',
          eventType: 'DATA_CHANGED',
        },
      },
    ])
  })

  it('agrees with the table: every type is asked about', () => {
    const { body } = delivery()
    for (const { type, does } of webhooks.eventTypes) {
      const [event] = webhooks.translate({ body, topic: type, subject: `${BANK}:v4:${PAYMENT}` })
      expect([type, does, event?.kind]).toEqual([type, 'asked', 'hint'])
    }
  })

  it('never throws', () => {
    const subject = fc.oneof(fc.constant(null), fc.string(), fc.constant(`${BANK}:v4:${PAYMENT}`))
    const topic = fc.oneof(fc.string(), fc.constantFrom(...Object.keys(PATHS)))
    const body = fc.oneof(fc.uint8Array(), fc.json().map(bytes), fc.constant(delivery().body))
    fc.assert(
      fc.property(fc.record({ body, topic, subject }), (stored) => {
        expect(webhooks.translate(stored)).toHaveLength(1)
      }),
      { numRuns: 500 },
    )
  })
})

describe('mutated notifications', () => {
  it('are never believed without a certificate, and never throw with one', async () => {
    const urls = Object.values(PATHS).map(urlOf)
    const change = fc.record({
      url: fc.constantFrom(...urls),
      at: fc.nat(120),
      byte: fc.nat(127),
      isKnown: fc.boolean(),
    })
    await fc.assert(
      fc.asyncProperty(change, async ({ url, at, byte, isKnown }) => {
        const changed = `${url.slice(0, at)}${String.fromCharCode(byte)}${url.slice(at + 1)}`
        const body = delivery().body.map((old, index) => (index === at ? byte : old))
        const peer = { certificateVerified: isKnown, certificateSubject: SUBJECT }
        const verdict = await webhooks.verify(delivery('x', { url: changed, body, peer }))
        if (!isKnown) expect(verdict).toEqual(rejected('bad_signature'))
      }),
      { numRuns: 2_000 },
    )
  })
})

const specs = ['ofb-webhook-1.2.0.openapi.yaml', 'ofb-webhook-1.3.0.openapi.yaml'].map(readSpec)
describe.skipIf(specs.includes(null))('the table of types', () => {
  it.each(specs)('is that of the specification', (spec) => {
    const paths = Object.keys(Object(Reflect.get(Object(spec), 'paths')))
    const types = paths.map((path) => path.replace(/\/\{\w+\}/g, '').slice(1))
    expect(webhooks.eventTypes.map(({ type }) => type).sort()).toEqual(types.sort())
  })
})
