import { createFaultPlan } from '../faults.ts'
import { type EfiAnswer, type EfiRequest, problem } from './answers.ts'
import { createCertificates, type EfiCertificates } from './certificates.ts'
import { deliverOverHttp } from './deliver.ts'
import type { EfiFaultPlan, EfiFaults } from './faults.ts'
import { fetchFrom } from './fetch.ts'
import { EFI_BASE_URLS, mswHandlers } from './handlers.ts'
import { createHelpers, type FakeEfiCharges } from './helpers.ts'
import { createIds } from './identifiers.ts'
import { inject } from './inject.ts'
import { type EfiCredentials, type FakeEfiOptions, withDefaults } from './options.ts'
import type { EfiCall, EfiRejection, Movement, SentPix } from './records.ts'
import { type Call, type EfiContext, match, type Route } from './route.ts'
import { ROUTES } from './routes/index.ts'
import { authorise } from './routes/oauth.ts'
import { createScheduler } from './scheduler.ts'
import { type FakeEfiServer, type FakeEfiServerOptions, listen } from './server.ts'
import { giveBack, leftOf, reject, settle } from './settlement.ts'
import { createState, hideable, move, type SendRecord, snapshot } from './state.ts'
import { createOutbox, type WebhookDelivery } from './webhooks.ts'

/** A fake Efí: ask it as an adapter would, make it fail as networks do, and look at what it really did. */
export interface FakeEfi extends FakeEfiCharges {
  /** One request in, one answer out; `drop` is a connection that dies. The fronts below all come here. */
  handle(request: EfiRequest): Promise<EfiAnswer | 'drop'>
  /** A `fetch` for an adapter's `fetch` option: no socket, no msw. */
  readonly fetch: typeof fetch
  /** Handlers for msw 3, which the host installs. Default: both of Efí's addresses. */
  handlers(baseUrl?: string | readonly string[]): ReturnType<typeof mswHandlers>
  /** Listens on loopback over mutual TLS, or plain HTTP with `{ tls: false }`. Close the server, then the fake. */
  server(options: FakeEfiServerOptions & { readonly tls: false }): Promise<FakeEfiServer>
  server(options?: FakeEfiServerOptions): Promise<FakeEfiServer & { readonly certificates: EfiCertificates }>

  /** What goes wrong, and what went wrong. */
  readonly faults: EfiFaultPlan

  /** Every Pix that was sent, in order: the witness against which an adapter is judged. */
  readonly sent: readonly SentPix[]
  /** Every change of the balance, in order. */
  readonly movements: readonly Movement[]
  /** Money on the account now, in cents. */
  balance(): bigint
  /** Every call to the API, in order of arrival. No secrets are kept. */
  readonly calls: readonly EfiCall[]
  /** Every webhook and what the host answered, in the order in which they arose. */
  readonly webhooks: readonly WebhookDelivery[]

  /** A send is done: the payee has the money. @throws Error unless it is EM_PROCESSAMENTO. */
  settle(idEnvio: string): void
  /** A send failed and the money is back. @throws Error unless it is EM_PROCESSAMENTO. */
  reject(idEnvio: string, rejection?: EfiRejection): void
  /**
   * Cents of a settled send come back. Default: all that is left.
   * @throws Error unless it is REALIZADO.
   * @throws RangeError when more would come back than was sent.
   */
  returnPix(idEnvio: string, amount?: bigint): void
  /** Puts cents on the account. */
  deposit(amount: bigint): void
  /** Every token given so far stops working. */
  expireTokens(): void
  /** Moves the fake's time ahead and does what falls due: settlements, webhooks, retries, delayed answers. */
  advance(ms: number): Promise<void>
  /**
   * Calls the host once for every webhook that waits for a try, retries included, without moving time. Late and held
   * ones stay away, unless `everything` is set. Answers with what was tried.
   */
  flushWebhooks(options?: { readonly everything?: boolean }): Promise<readonly WebhookDelivery[]>
  /** Forgets what was to happen later. Needed where timers are real, or they keep the process alive. */
  close(): void

  readonly credentials: EfiCredentials
  /** The account's own Pix keys. */
  readonly keys: readonly string[]
}

/**
 * A fake Efí Pix API with an account, sends, webhooks and faults. It shares no code with the adapter.
 *
 * @example
 * const efi = createFakeEfi({ webhookUrl: 'https://shop.example/webhooks/efi?ignorar=' })
 * efi.faults.next('pix.send', 'drop_after_effect')
 * // … the adapter sends, and does not learn what became of it …
 * efi.sent.length // 1: the money left all the same
 */
export function createFakeEfi(options: FakeEfiOptions = {}): FakeEfi {
  const settings = withDefaults(options)
  const scheduler = createScheduler(settings)
  const state = createState(settings, scheduler.now())
  const faults: EfiFaultPlan = createFaultPlan<EfiFaults>()
  let certificates = settings.certificates
  const { deliverTimeoutMs: timeoutMs, webhookCa } = settings
  const deliver =
    settings.deliver ?? deliverOverHttp({ timeoutMs, webhookCa, certificates: () => certificates })
  const outbox = createOutbox({ scheduler, faults, deliver })
  const context: EfiContext = { settings, state, scheduler, ids: createIds(settings.seed), outbox }
  const handle = (request: EfiRequest) => answer(context, { request, faults })

  const server = async ({ tls = true, port }: FakeEfiServerOptions = {}) => {
    if (!tls) return listen(handle, { certificates: null, port })
    certificates ??= await createCertificates()
    return { ...(await listen(handle, { certificates, port })), certificates }
  }

  const own: Omit<FakeEfi, keyof FakeEfiCharges> = {
    handle,
    fetch: fetchFrom(handle),
    handlers: (baseUrl = EFI_BASE_URLS) =>
      mswHandlers(handle, typeof baseUrl === 'string' ? [baseUrl] : baseUrl),
    server: server as FakeEfi['server'],
    faults,
    get sent() {
      return [...state.sends.values()].map((record) => snapshot(state, record))
    },
    get movements() {
      return [...state.movements]
    },
    balance: () => state.balance,
    get calls() {
      return state.calls.map((call) => ({ ...call }))
    },
    get webhooks() {
      return outbox.log
    },
    settle: (idEnvio) => settle(context, known(context, idEnvio)),
    reject: (idEnvio, rejection) => reject(context, { record: known(context, idEnvio), rejection }),
    returnPix: (idEnvio, amount) => {
      const record = known(context, idEnvio)
      giveBack(context, { record, amount: amount ?? leftOf(record) })
    },
    deposit: (amount) => move(state, { at: scheduler.now(), reason: 'deposited', idEnvio: null, amount }),
    expireTokens: () => state.tokens.clear(),
    advance: (ms) => scheduler.advance(ms),
    flushWebhooks: ({ everything = false } = {}) => outbox.flush({ everything }),
    close: () => scheduler.close(),
    credentials: settings.credentials,
    keys: settings.keys,
  }
  // With its getters as they are: a spread would read them once and for all.
  return Object.defineProperties(
    own,
    Object.getOwnPropertyDescriptors(createHelpers(context)),
  ) as typeof own & FakeEfiCharges
}

async function answer(
  context: EfiContext,
  { request, faults }: { request: EfiRequest; faults: EfiFaultPlan },
): Promise<EfiAnswer | 'drop'> {
  const { state, scheduler } = context
  const { pathname, searchParams: query } = new URL(request.url, EFI_BASE_URLS[0])
  const path = pathname.replace(/(?<=.)\/$/, '')
  const found = findRoute(request.method, path)
  const subject = subjectOf(found)
  const entry = {
    at: scheduler.now(),
    operation: found?.route.operation ?? 'unknown',
    method: request.method,
    path,
    subject,
    status: 'waiting' as EfiCall['status'],
    fault: null as string | null,
  }
  state.calls.push(entry)
  const close = (result: EfiAnswer | 'drop') => {
    entry.status = result === 'drop' ? 'drop' : result.status
    return result
  }
  if (found === null) return close(noRoute(request.method, path))
  const { route, params } = found
  const call: Call = { params, query, headers: lowerCase(request.headers ?? {}), body: text(request.body) }
  if (route.operation === 'pix.send' && subject !== null) {
    state.attempts.set(subject, (state.attempts.get(subject) ?? 0) + 1)
  }
  // A call that may not pass uses up no fault: a fault asked for strikes a call that would have had an effect.
  const denied =
    route.scope === null ? null : authorise(context, { headers: call.headers, scope: route.scope })
  if (denied) return close(denied)
  const fault = faults.take(route.operation, subject)
  entry.fault = fault?.kind ?? null
  const isKnown = hideable(state, subject ?? '') !== undefined
  const hide = (ms: number) => {
    // What was seen before does not vanish because it was asked for again.
    const record = isKnown ? undefined : hideable(state, subject ?? '')
    if (record) record.visibleAt = new Date(scheduler.now().getTime() + ms)
  }
  return close(await inject({ fault, scheduler, hide, run: () => route.run(context, call) }))
}

function subjectOf(found: ReturnType<typeof findRoute>): string | null {
  if (found === null) return null
  const { route, params } = found
  return route.subject?.(params) ?? Object.values(params)[0] ?? null
}

function findRoute(method: string, path: string): { route: Route; params: Call['params'] } | null {
  for (const route of ROUTES) {
    const params = route.method === method.toUpperCase() ? match(route.path, path) : null
    if (params) return { route, params }
  }
  return null
}

function noRoute(method: string, path: string): EfiAnswer {
  const detail = `The fake Efí does not serve ${method} ${path}.`
  return problem(404, { type: 'NaoEncontrado', title: 'Não Encontrado', detail })
}

function known({ state }: EfiContext, idEnvio: string): SendRecord {
  const record = state.sends.get(idEnvio)
  if (record) return record
  throw new Error(
    `Nothing was sent as ${idEnvio}: ${[...state.sends.keys()].join(', ') || 'nothing was sent at all'}.`,
  )
}

function lowerCase(headers: NonNullable<EfiRequest['headers']>): Call['headers'] {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

function text(body: EfiRequest['body']): string {
  return typeof body === 'object' ? new TextDecoder().decode(body) : (body ?? '')
}
