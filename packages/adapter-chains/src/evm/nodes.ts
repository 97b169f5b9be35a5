import { createHttp, type Http, type HttpResult } from '@lastro/adapter-kit'
import { ProviderError, reveal } from '@lastro/core/spec'
import type { Endpoint } from '../endpoint.ts'
import { isPassing, kindOfTrouble, parseAnswer, type RpcAnswer } from '../json-rpc.ts'
import { kindOfRpcError, type RpcError } from './rpc-errors.ts'
import { misconfigured, unexpectedAnswer } from './trouble.ts'
import { quantity } from './wire.ts'

/** Calls one node. Both verbs throw `ProviderError` for trouble on the way. */
export interface Rpc {
  /** The provider's id, for errors about what the node answered. */
  readonly id: string
  /** @throws ProviderError also when the node refuses. */
  call(method: string, params: readonly unknown[]): Promise<unknown>
  /** A refusal is an answer here, for callers who read it. */
  ask(method: string, params: readonly unknown[]): Promise<RpcAnswer>
  /** The error for a refusal. */
  refusal(method: string, error: RpcError): ProviderError
}

/** One node. */
export interface Node {
  readonly name: string
  /** One call; trouble on the way is the kit's own result, for the caller who must know what may have been sent. */
  post(call: {
    readonly method: string
    readonly params: readonly unknown[]
    readonly signal?: AbortSignal | undefined
  }): Promise<RpcAnswer | HttpResult>
  rpc(signal?: AbortSignal): Rpc
}

/** The nodes of one network, in the host's order. */
export interface Nodes {
  readonly all: readonly Node[]
  /**
   * Runs a step of reads on one node, the first that can do all of it: nodes lag behind each other, and answers of
   * two of them may belong to two different branches.
   */
  read<T>(step: (rpc: Rpc) => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** Statuses with which a node may carry a JSON-RPC refusal; a 5xx says nothing, whatever its body says. */
const SPEAKS = (status: number) =>
  (status >= 200 && status < 300) || status === 400 || status === 404 || status === 405 || status === 422

function httpTrouble(id: string, node: string, result: HttpResult): ProviderError {
  const kind = kindOfTrouble(result)
  if (result.kind === 'failed') {
    const { cause } = result
    if (cause.code === 'BODY_TOO_LARGE')
      return unexpectedAnswer(id, `${node} answered more than maxBodyBytes.`)
    return new ProviderError(
      { provider: id, kind, message: `${node} did not answer: ${cause.code}.` },
      { cause },
    )
  }
  const what = `${node} answered with status ${result.status}`
  const message = kind === 'unexpected_answer' ? `${what}, and no JSON-RPC.` : `${what}.`
  return new ProviderError({ provider: id, kind, message })
}

function createNode(id: string, endpoint: Endpoint, http: Http): Node {
  const { name } = endpoint
  const post: Node['post'] = async ({ method, params, signal }) => {
    const authorization = endpoint.authorization
    const result = await http({
      method: 'POST',
      url: reveal(endpoint.url),
      json: { jsonrpc: '2.0', id: 1, method, params },
      ...(authorization === null ? {} : { headers: { authorization: reveal(authorization) } }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (result.kind === 'failed' || !SPEAKS(result.status)) return result
    return parseAnswer(result.json, endpoint.show) ?? result
  }
  const rpc = (signal?: AbortSignal): Rpc => {
    const ask: Rpc['ask'] = async (method, params) => {
      const answer = await post({ method, params, signal })
      if (answer.kind === 'result' || answer.kind === 'error') return answer
      throw httpTrouble(id, name, answer)
    }
    const refusal: Rpc['refusal'] = (method, error) => {
      const message = `${name} refused ${method}: ${error.message}`
      return new ProviderError({ provider: id, kind: kindOfRpcError(error), message })
    }
    const call: Rpc['call'] = async (method, params) => {
      const answer = await ask(method, params)
      if (answer.kind === 'result') return answer.value
      throw refusal(method, answer)
    }
    return { id, ask, call, refusal }
  }
  return { name, post, rpc }
}

/** The nodes at these addresses. Each proves once, before its first read, that it serves the right network. */
export function createNodes(facts: {
  readonly id: string
  readonly chainId: bigint
  readonly endpoints: readonly Endpoint[]
  readonly timeoutMs: number
  readonly maxBodyBytes: number
  readonly fetch: typeof globalThis.fetch | undefined
}): Nodes {
  const { id, chainId, timeoutMs, maxBodyBytes, fetch } = facts
  const http = createHttp({ timeoutMs, maxBodyBytes, ...(fetch === undefined ? {} : { fetch }) })
  const all = facts.endpoints.map((endpoint) => createNode(id, endpoint, http))
  const proven = new Set<Node>()
  // A test network's deposits would be credited as real money if a wrong address went unnoticed.
  const prove = async (node: Node, rpc: Rpc) => {
    if (proven.has(node)) return
    const served = quantity(await rpc.call('eth_chainId', []), { id, field: 'eth_chainId' })
    if (served !== chainId) {
      throw misconfigured(id, `${node.name} serves chain ${served}, not ${chainId}.`)
    }
    proven.add(node)
  }
  return {
    all,
    async read(step, signal) {
      let last: unknown
      for (const node of all) {
        const rpc = node.rpc(signal)
        try {
          await prove(node, rpc)
          return await step(rpc)
        } catch (error) {
          if (!isPassing(error)) throw error
          last = error
        }
      }
      throw last
    },
  }
}
