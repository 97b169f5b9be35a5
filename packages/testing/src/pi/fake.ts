import { fetchFrom } from '../efi/fetch.ts'
import { match } from '../efi/route.ts'
import { createScheduler } from '../efi/scheduler.ts'
import { createFaultPlan } from '../faults.ts'
import type { PiAnswer, PiRequest } from './answers.ts'
import { problem, refusal } from './answers.ts'
import { createChain } from './chain.ts'
import type { PiFaultPlan, PiFaults } from './faults.ts'
import { mswHandlers } from './handlers.ts'
import { inject } from './inject.ts'
import { type FakePiOptions, PI_API_URL, type Settings, withDefaults } from './options.ts'
import type { PiCall, PiDelivery, PiPayment, PiTransaction } from './records.ts'
import type { Call, Route } from './route.ts'
import { chainRoutes } from './routes/chain.ts'
import { paymentRoutes } from './routes/payments.ts'
import { addressOf, type Held, type PiContext, userAddress } from './state.ts'
import { stellar } from './stellar.ts'
import {
  type BrowserPayment,
  cancelInBrowser,
  createInBrowser,
  type Signing,
  signInBrowser,
} from './wallet.ts'
import { createOutbox } from './webhooks.ts'

/** A fake Pi: ask it as an adapter would, make it fail as networks do, and look at what it really did. */
export interface FakePi {
  /** One request to the API or to Horizon in, one answer out; `drop` is a connection that dies. */
  handle(request: PiRequest): Promise<PiAnswer | 'drop'>
  /** A `fetch` for an adapter's `fetch` option. */
  readonly fetch: typeof fetch
  /** Handlers for msw 3, which the host installs: Pi's API and Horizon. */
  handlers(): ReturnType<typeof mswHandlers>
  /** Nothing listens any more, or again: `ECONNREFUSED` for whoever uses `fetch`. */
  reachable(isReachable: boolean): void
  /** What goes wrong, and what went wrong. */
  readonly faults: PiFaultPlan

  /** A user's wallet makes a payment, as `Pi.createPayment` does. Answers Pi's id of it. */
  createPayment(payment: BrowserPayment): string
  /** The user signs what was approved. Answers the transaction's id, or false where the wallet does not let them. */
  signs(identifier: string, instead?: Signing): string | false
  /** The user gives up. False when it is signed or over. */
  cancels(identifier: string): boolean
  /** Pi has verified what the user signed, where `verifyAfterMs` is null. */
  verifies(identifier: string): void

  /** Every payment, in order. */
  readonly payments: readonly PiPayment[]
  /** Everything on the chain, in order, whatever Horizon shows: the witness against which an adapter is judged. */
  readonly transactions: readonly PiTransaction[]
  /** What the app's wallet sent to a user. */
  sentTo(uid: string): readonly PiTransaction[]
  /** Units in a wallet now: the app's, or a user's. */
  balance(uid?: string): bigint | null
  /** Every call, in order of arrival. No secrets are kept. */
  readonly calls: readonly PiCall[]
  /** All news for the host, in the order in which it arose. */
  readonly webhooks: readonly PiDelivery[]
  /** Brings to the host what was not brought yet. */
  flushWebhooks(): Promise<readonly PiDelivery[]>
  /** Horizon does not show a transaction for a while, nor what it changed: it is that far behind. */
  hide(hash: string, ms: number): void
  /** Horizon shows everything that is on the chain, what was hidden too. */
  catchUp(): void
  /** Moves the fake's time ahead and does what falls due. */
  advance(ms: number): Promise<void>
  close(): void

  readonly apiKey: string
  /** The seed of the app's wallet, `S…`: of this fake alone, and worth nothing. */
  readonly walletSeed: string
  readonly appAddress: string
  readonly apiUrl: string
  readonly horizonUrl: string
}

const ROUTES: readonly Route[] = [...paymentRoutes, ...chainRoutes]

/**
 * A fake of Pi's platform API and of its chain, with the app's wallet and users' wallets. It shares no code with the
 * adapter; both read transactions with the Stellar SDK.
 *
 * @example
 * const fake = createFakePi()
 * const id = fake.createPayment({ uid: 'user-1', amount: 31_400_000n, metadata: { lastro: 'pay_1' } })
 * // … the server approves …
 * const txid = fake.signs(id)
 */
export function createFakePi(options: FakePiOptions = {}): FakePi {
  const settings = withDefaults(options)
  const scheduler = createScheduler(settings)
  const faults: PiFaultPlan = createFaultPlan<PiFaults>()
  const chain = createChain(settings, scheduler)
  const outbox = createOutbox({ settings, scheduler, faults })
  const appAddress = addressOf(settings.appSeed)
  if (settings.appBalance !== null) chain.open(appAddress, settings.appBalance)
  const kept = { payments: new Map<string, Held>(), users: new Set<string>(), calls: [] }
  const context: PiContext = { settings, scheduler, chain, outbox, appAddress, ...kept }
  const handle = (request: PiRequest) => answer(context, { request, faults })
  const fetchNow = fetchFrom(handle)
  let isUp = true

  const known = (identifier: string): Held => paymentOf(context, identifier)
  return {
    handle,
    fetch: async (input, init) => {
      if (isUp) return fetchNow(input, init)
      throw refusedConnection()
    },
    handlers: () => mswHandlers(handle, [PI_API_URL, settings.horizonUrl]),
    reachable: (isReachable) => {
      isUp = isReachable
    },
    faults,
    createPayment: (payment) => createInBrowser(context, payment),
    signs: (identifier, instead) => signInBrowser(context, known(identifier), instead),
    cancels: (identifier) => cancelInBrowser(context, known(identifier)),
    verifies: (identifier) => {
      known(identifier).verified = true
    },
    get payments() {
      return [...context.payments.values()].map((payment) => ({ ...payment }))
    },
    get transactions() {
      return [...chain.applied]
    },
    sentTo: (uid) => {
      const address = userAddress(context, uid)
      return chain.applied.filter(({ source, to }) => source === appAddress && to === address)
    },
    balance: (uid) => chain.balance(uid === undefined ? appAddress : userAddress(context, uid)),
    get calls() {
      return context.calls.map((call) => ({ ...call }))
    },
    get webhooks() {
      return [...outbox.log]
    },
    flushWebhooks: () => outbox.flush(),
    hide: chain.hide,
    catchUp: chain.catchUp,
    advance: (ms) => scheduler.advance(ms),
    close: () => scheduler.close(),
    apiKey: settings.apiKey,
    walletSeed: stellar().Keypair.fromRawEd25519Seed(Buffer.from(settings.appSeed)).secret(),
    appAddress,
    apiUrl: PI_API_URL,
    horizonUrl: settings.horizonUrl,
  }
}

function paymentOf({ payments }: PiContext, identifier: string): Held {
  const payment = payments.get(identifier)
  if (payment === undefined) throw new Error(`The fake Pi has no payment ${identifier}.`)
  return payment
}

function refusedConnection(): TypeError {
  const facts = { code: 'ECONNREFUSED', syscall: 'connect' }
  return new TypeError('fetch failed', { cause: Object.assign(new Error('connect ECONNREFUSED'), facts) })
}

async function answer(
  context: PiContext,
  { request, faults }: { readonly request: PiRequest; readonly faults: PiFaultPlan },
): Promise<PiAnswer | 'drop'> {
  const { scheduler, settings, chain } = context
  const found = findRoute(request, settings)
  const entry = {
    at: scheduler.now(),
    operation: found?.route.operation ?? 'unknown',
    method: request.method,
    path: new URL(request.url).pathname,
    status: 'waiting' as PiCall['status'],
    fault: null as string | null,
  }
  context.calls.push(entry)
  const close = (result: PiAnswer | 'drop') => {
    entry.status = result === 'drop' ? 'drop' : result.status
    return result
  }
  if (found === null) return close(problem(404, 'not_found'))
  const { route, call } = found
  // A call that may not pass uses up no fault.
  if (route.side === 'api' && headerOf(request, 'authorization') !== `Key ${settings.apiKey}`)
    return close(refusal(401, 'unauthorized'))
  const fault = faults.take(route.operation, call.params.id ?? null)
  entry.fault = fault?.kind ?? null
  const before = chain.applied.length
  const hide = (ms: number) => {
    for (const one of chain.applied.slice(before)) one.visibleAt = new Date(scheduler.now().getTime() + ms)
  }
  return close(await inject({ fault, scheduler, hide, run: () => route.run(context, call) }))
}

function findRoute(
  request: PiRequest,
  settings: Settings,
): { readonly route: Route; readonly call: Call } | null {
  const { pathname, searchParams: query, origin } = new URL(request.url)
  const isChain = origin === new URL(settings.horizonUrl).origin
  const path = isChain ? pathname : pathname.replace(/^\/v2(?=\/)/, '')
  for (const route of ROUTES) {
    if (route.method !== request.method || (route.side === 'chain') !== isChain) continue
    const params = match(route.path, path)
    if (params !== null) return { route, call: { params, query, body: text(request.body) } }
  }
  return null
}

const headerOf = ({ headers = {} }: PiRequest, name: string): string | undefined =>
  Object.entries(headers).find(([key]) => key.toLowerCase() === name)?.[1]

function text(body: PiRequest['body']): string {
  return typeof body === 'object' ? new TextDecoder().decode(body) : (body ?? '')
}
