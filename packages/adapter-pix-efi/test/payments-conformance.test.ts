import { type CreatePayment, Money } from '@lastro/core/spec'
import { manualClock } from '@lastro/testing/clock'
import {
  type PaymentFault,
  type PaymentWorld,
  paymentCases,
  registerCases,
  type StatementWorld,
  statementCases,
} from '@lastro/testing/conformance'
import { createFakeEfi, type EfiSendFault, type FakeEfiOptions } from '@lastro/testing/efi'
import { describe, it } from 'vitest'
import { efi, pixIdOf } from '../src/index.ts'
import { certificates, optionsFor } from './setup.ts'

/** For how long Efí may not show a charge whose answer was lost, as far as the fake is concerned. */
const HIDDEN_MS = 30_000

/** What each fault is at the fake. It strikes whichever comes next, a charge or a refund. */
const STRIKES: Readonly<Record<Exclude<PaymentFault, 'unreachable' | 'lookup_trouble'>, EfiSendFault>> = {
  lost_reply: { kind: 'drop_after_effect', hiddenForMs: HIDDEN_MS },
  cut_reply: { kind: 'truncate', clean: true },
  server_error: { kind: 'refuse', status: 503 },
  server_error_after_effect: { kind: 'error_500_after' },
  refuse: { kind: 'refuse', status: 400, nome: 'documento_bloqueado' },
}

/** Which operation of the fake a call is, where it makes something. */
function makingOf({ method, url }: Request): 'charge.create' | 'refund.create' | null {
  if (method !== 'PUT') return null
  return /\/devolucao\//.test(url) ? 'refund.create' : /\/v2\/cobv?\//.test(url) ? 'charge.create' : null
}

const DUE = {
  method: 'pix_due',
  payer: { name: 'Maria Souza', document: '52998224725' },
  due: { dueDate: '2027-01-15', payableDaysAfter: 10, fine: { bps: 200 } },
} as const satisfies Partial<CreatePayment>

/** Over a real socket; an unreachable Efí is a port where nobody listens. */
async function createWorld(
  variant: Partial<CreatePayment>,
  options: FakeEfiOptions = {},
): Promise<PaymentWorld> {
  const clock = manualClock()
  const fake = createFakeEfi({ balance: 10n ** 15n, clock, certificates, ...options })
  const server = await fake.server()
  const gone = await createFakeEfi({ certificates }).server()
  await gone.close()
  let isDown = false
  let armed: EfiSendFault | null = null
  const fetchFrom: typeof fetch = (input, init) => {
    const request = new Request(input, init)
    const making = isDown ? null : makingOf(request)
    if (making !== null && armed !== null) {
      fake.faults.next(making, armed)
      armed = null
    }
    const url = isDown ? request.url.replace(server.url, gone.url) : request.url
    return fetch(new Request(url, request), init)
  }
  const instance = () => efi(optionsFor({ baseUrl: server.url, clock, fetch: fetchFrom })).payments
  const chargeOf = ({ idempotencyKey }: CreatePayment) =>
    fake.charges.find(({ txid }) => txid === pixIdOf(idempotencyKey))
  let count = 0
  return {
    provider: instance(),
    restarted: instance,
    request(amount = Money.of(49_90n, 'BRL/2')) {
      count += 1
      const idempotencyKey = `pay_${String(count).padStart(26, '0')}`
      return { idempotencyKey, amount, method: 'pix', ...variant }
    },
    smallest: Money.of(1n, 'BRL/2'),
    largest: Money.of(999_999_999_999n, 'BRL/2'),
    refusalReason: 'not_permitted',
    async made(request) {
      const charge = chargeOf(request)
      return charge === undefined ? [] : [Money.of(charge.amount, 'BRL/2')]
    },
    async pay(request, amount) {
      try {
        fake.payPix(pixIdOf(request.idempotencyKey), amount?.amount)
        return true
      } catch {
        return false
      }
    },
    async returned(request) {
      const refunds = chargeOf(request)?.receipts.flatMap((receipt) => receipt.refunds) ?? []
      return refunds
        .filter(({ status }) => status !== 'NAO_REALIZADO')
        .map(({ amount }) => Money.of(amount, 'BRL/2'))
    },
    fault(kind) {
      if (kind === 'unreachable') isDown = true
      else if (kind === 'lookup_trouble') {
        for (const operation of ['charge.find', 'refund.find'] as const)
          fake.faults.always(operation, 'error_500_before')
      } else armed = STRIKES[kind]
    },
    mend() {
      isDown = false
      fake.faults.clear()
    },
    pass: (ms) => fake.advance(ms),
    async close() {
      await server.close()
      fake.close()
    },
  }
}

describe.each([
  ['payable at once', {}, {}],
  ['with a due date', DUE, {}],
  ['refused in the ways of the Central Bank', {}, { errors: 'bcb', codeInLaterAnswers: false }],
] as const)('payments %s', (_name, variant, options) => {
  registerCases(it, { cases: paymentCases, createWorld: () => createWorld(variant, options) })
})

/** Each kind of movement in turn, so that every list of Efí's is read. */
function createStatementWorld(): StatementWorld {
  const clock = manualClock()
  const fake = createFakeEfi({ clock, balance: 10n ** 12n, settleAfterMs: null, refundAfterMs: null })
  let isDown = false
  const fetchFrom: typeof fetch = async (input, init) => {
    if (isDown)
      throw new TypeError('fetch failed', { cause: Object.assign(new Error(), { code: 'ECONNREFUSED' }) })
    return fake.fetch(input, init)
  }
  const { statements } = efi(optionsFor({ fetch: fetchFrom, clock }))
  return {
    source: statements,
    start: new Date(clock.now().getTime() + 86_400_000),
    async move(at) {
      await clock.advance(at.getTime() - clock.now().getTime())
      return fake.receivePix({ amount: 12_34n }).e2eId
    },
    fault(kind) {
      if (kind === 'unreachable') isDown = true
      else fake.faults.always('pix.list_received', { kind: 'error_500_before' })
    },
    mend() {
      isDown = false
      fake.faults.clear()
    },
    close: async () => fake.close(),
  }
}

describe('statements', () => registerCases(it, { cases: statementCases, createWorld: createStatementWorld }))
