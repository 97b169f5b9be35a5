import { match } from '../efi/route.ts'
import { errorAnswer, type StripeAnswer, type StripeRequest } from './answers.ts'
import type { StripeFaultPlan } from './faults.ts'
import { parseForm } from './form.ts'
import { inject } from './inject.ts'
import { STRIPE_API_URL } from './options.ts'
import type { Mutable, StripeCall } from './records.ts'
import { versionOf } from './render.ts'
import type { Call, Route } from './route.ts'
import { intentRoutes } from './routes/intents.ts'
import { readRoutes } from './routes/read.ts'
import { refundRoutes } from './routes/refunds.ts'
import { sessionRoutes } from './routes/sessions.ts'
import { checkNames } from './routes/validate.ts'
import { NO_REQUEST, type StripeContext } from './state.ts'

const ROUTES: readonly Route[] = [...sessionRoutes, ...intentRoutes, ...refundRoutes, ...readRoutes]

interface Found {
  readonly route: Route
  readonly call: Call
  readonly text: string
}

type Headers = Readonly<Record<string, string | undefined>>

function lowerCase(headers: StripeRequest['headers'] = {}): Headers {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]))
}

const textOf = (body: StripeRequest['body']): string =>
  typeof body === 'object' ? new TextDecoder().decode(body) : (body ?? '')

function findRoute({ method, url, body }: StripeRequest, headers: Headers): Found | null {
  const { pathname, search } = new URL(url, STRIPE_API_URL)
  const text = textOf(body)
  for (const route of ROUTES) {
    const params = route.method === method.toUpperCase() ? match(route.path, pathname) : null
    if (params === null) continue
    const query = parseForm(search.slice(1))
    return { route, call: { params, query, body: parseForm(text), version: versionOf(headers) }, text }
  }
  return null
}

/** All that a call made, by how much there was before. */
function sizesOf({ state }: StripeContext): readonly number[] {
  return [state.sessions, state.intents, state.refunds].map(({ size }) => size)
}

function hideNew(
  context: StripeContext,
  { before, ms }: { readonly before: readonly number[]; readonly ms: number },
): void {
  const { state, scheduler } = context
  const until = new Date(scheduler.now().getTime() + ms)
  for (const [at, map] of [state.sessions, state.intents, state.refunds].entries())
    for (const id of [...map.keys()].slice(before[at])) state.hiddenUntil.set(id, until)
}

/** One request in, one answer out. */
export async function handle(
  context: StripeContext,
  { request, faults }: { readonly request: StripeRequest; readonly faults: StripeFaultPlan },
): Promise<StripeAnswer | 'drop'> {
  const { state, scheduler, ids, settings } = context
  const headers = lowerCase(request.headers)
  const found = findRoute(request, headers)
  const key = request.method.toUpperCase() === 'POST' ? (headers['idempotency-key'] ?? null) : null
  const path = new URL(request.url, STRIPE_API_URL).pathname
  const entry: Mutable<StripeCall> = {
    at: scheduler.now(),
    operation: found?.route.operation ?? 'unknown',
    method: request.method,
    path,
    idempotencyKey: key,
    status: 'waiting',
    isReplay: false,
    fault: null,
  }
  state.calls.push(entry)
  const close = (answer: StripeAnswer | 'drop', isReplay = false): StripeAnswer | 'drop' => {
    entry.status = answer === 'drop' ? 'drop' : answer.status
    entry.isReplay = isReplay
    return answer
  }
  // A call that may not pass uses up no fault.
  if (headers.authorization !== `Bearer ${settings.apiKey}`)
    return close(errorAnswer(401, { message: 'Invalid API Key provided.' }))
  if (found === null)
    return close(errorAnswer(404, { message: `Unrecognized request URL (${request.method}: ${path}).` }))
  if (key !== null && key.length > 255) return close(errorAnswer(400, { message: 'The key is too long.' }))
  const { route, call, text } = found
  const fault = faults.take(route.operation, call.params.id ?? key)
  entry.fault = fault?.kind ?? null
  const before = sizesOf(context)
  const run = () => {
    const refusal =
      route.takes === undefined ? null : checkNames(call.body, { takes: route.takes, version: call.version })
    if (refusal !== null) return refusal
    state.request = { id: ids.next('req_', 14), idempotency_key: key }
    const outcome = route.run(context, call)
    state.request = NO_REQUEST
    return outcome
  }
  const result = await inject(context, {
    fault,
    keyed: { key, asked: `${request.method} ${path} ${text}`, run },
    hide: (ms) => hideNew(context, { before, ms }),
  })
  return result === 'drop' ? close('drop') : close(result.answer, result.isReplay)
}
