import { createHttp, type Http, type HttpResult } from '@lastro/adapter-kit'
import { ProviderError, type ProviderErrorKind, reveal, type Secret } from '@lastro/core/spec'
import type { Endpoint } from '../endpoint.ts'
import { kindOfTrouble, parseAnswer, type RpcAnswer } from '../json-rpc.ts'
import type { ResolvedStellarOptions } from './options.ts'

/** One node. */
export interface RpcNode {
  /** How errors name it: `node 1 of 2`. */
  readonly name: string
  /** A refusal is an answer. @throws ProviderError for trouble on the way. */
  ask(call: RpcCall): Promise<RpcAnswer>
  /** @throws ProviderError also when the node refuses. */
  call(call: RpcCall): Promise<unknown>
}

/** One call. Its parameters are always an object. */
export interface RpcCall {
  readonly method: string
  readonly params?: object
  readonly signal?: AbortSignal | undefined
}

/** The codes of stellar-rpc 27.1.1, and those of JSON-RPC 2.0. */
export const RPC_CODES = {
  invalidRequest: -32600,
  methodUnknown: -32601,
  invalidParams: -32602,
  internal: -32603,
  tooLong: -32001,
} as const

/** What a refusal means for a read. Also what an unhealthy node says is `internal`: another one may do better. */
const KINDS: ReadonlyMap<number, ProviderErrorKind> = new Map([
  [RPC_CODES.invalidRequest, 'invalid_request'],
  [RPC_CODES.methodUnknown, 'misconfigured'],
  [RPC_CODES.invalidParams, 'invalid_request'],
  [RPC_CODES.internal, 'unavailable'],
  [RPC_CODES.tooLong, 'unavailable'],
])

/** The error for a refusal. */
export function refusal(
  id: string,
  about: { readonly node: string; readonly method: string; readonly code: number; readonly message: string },
): ProviderError {
  const { node, method, code, message } = about
  const kind = KINDS.get(code) ?? 'unexpected_answer'
  return new ProviderError({ provider: id, kind, message: `${node} refused ${method} (${code}): ${message}` })
}

function trouble(id: string, node: string, result: HttpResult): ProviderError {
  const kind = kindOfTrouble(result)
  if (result.kind === 'failed') {
    const message = `${node} gave no whole answer: ${result.cause.code}.`
    return new ProviderError({ provider: id, kind, message }, { cause: result.cause })
  }
  const what = `${node} answered with status ${result.status}`
  const message = kind === 'unexpected_answer' ? `${what}, and no JSON-RPC.` : `${what}.`
  return new ProviderError({ provider: id, kind, message, status: result.status })
}

function headersOf(
  endpoint: Endpoint,
  headers: Readonly<Record<string, Secret>>,
): Readonly<Record<string, string>> {
  const shown = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, reveal(value)]))
  return endpoint.authorization === null ? shown : { authorization: reveal(endpoint.authorization), ...shown }
}

/** A 5xx says nothing, whatever its body says. */
const speaks = (status: number) => status < 500 && status !== 401 && status !== 403 && status !== 429

function createNode(
  options: ResolvedStellarOptions,
  { endpoint, http }: { readonly endpoint: Endpoint; readonly http: Http },
): RpcNode {
  const { id, headers } = options
  const { name } = endpoint
  const hidden = Object.values(headers).map((value) => reveal(value))
  const show = (text: string) =>
    endpoint.show(hidden.reduce((shown, value) => shown.replaceAll(value, '[secret]'), text))
  const ask: RpcNode['ask'] = async ({ method, params = {}, signal }) => {
    const result = await http({
      method: 'POST',
      url: reveal(endpoint.url),
      headers: headersOf(endpoint, headers),
      json: { jsonrpc: '2.0', id: 1, method, params },
      ...(signal === undefined ? {} : { signal }),
    })
    const isSpoken = result.kind === 'answered' && speaks(result.status)
    const answer = isSpoken ? parseAnswer(result.json, show) : null
    if (answer === null) throw trouble(id, name, result)
    return answer
  }
  const call: RpcNode['call'] = async (about) => {
    const answer = await ask(about)
    if (answer.kind === 'result') return answer.value
    throw refusal(id, { node: name, method: about.method, ...answer })
  }
  return { name, ask, call }
}

/** The nodes of a network, in the host's order. */
export interface RpcNodes {
  readonly all: readonly RpcNode[]
  /** Asks a node once, before its first use, which network it serves. @throws ProviderError where it is another one. */
  prove(node: RpcNode, signal?: AbortSignal): Promise<void>
}

/** The nodes at these addresses. */
export function createNodes(
  options: ResolvedStellarOptions,
  parts: { readonly endpoints: readonly Endpoint[]; readonly fetch: typeof globalThis.fetch | undefined },
): RpcNodes {
  const { id, network, timeoutMs, maxBodyBytes } = options
  const { fetch } = parts
  const http = createHttp({ timeoutMs, maxBodyBytes, ...(fetch === undefined ? {} : { fetch }) })
  const proven = new Set<RpcNode>()
  return {
    all: parts.endpoints.map((endpoint) => createNode(options, { endpoint, http })),
    // Events of a test network would be taken for real ones if a wrong address went unnoticed.
    async prove(node, signal) {
      if (proven.has(node)) return
      const answer = await node.call({ method: 'getNetwork', signal })
      const passphrase: unknown =
        typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'passphrase') : undefined
      if (passphrase !== network.passphrase) {
        const message = `${node.name} serves another network than "${network.passphrase}".`
        throw new ProviderError({ provider: id, kind: 'misconfigured', message })
      }
      proven.add(node)
    },
  }
}
