import { createServer } from 'node:net'

/** What a fake node does with one method: a result, or a whole answer for what no result can say. */
export type Handler = (params: readonly unknown[]) => unknown

/** A refusal in JSON-RPC's form. */
export interface Refusal {
  readonly error: { readonly code: number; readonly message: string }
}

/** A refusal in the node's words. */
export const refusal = (code: number, message: string): Refusal => ({ error: { code, message } })

const isRefusal = (value: unknown): value is Refusal =>
  typeof value === 'object' && value !== null && 'error' in value

/**
 * A `fetch` that answers JSON-RPC from a table. A handler may return a `Response` or a `Refusal`, or throw. Methods
 * that are not in the table are refused as unknown.
 */
export function fakeNode(table: Readonly<Record<string, Handler>>): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { method, params } = (await request.json()) as { method: string; params: unknown[] }
    const handler = table[method]
    const value = handler === undefined ? refusal(-32_601, `no method ${method}`) : await handler(params)
    if (value instanceof Response) return value
    const body = isRefusal(value) ? value : { result: value }
    return Response.json({ jsonrpc: '2.0', id: 1, ...body })
  }
}

/** A `fetch` that asks a node, and lets handlers replace the answers to some methods. */
export function alteredNode(
  table: Readonly<Record<string, (params: readonly unknown[], ask: () => Promise<unknown>) => unknown>>,
  node: typeof fetch = fetch,
): typeof fetch {
  return async (input, init) => {
    const request = new Request(input, init)
    const { method, params } = (await request.clone().json()) as { method: string; params: unknown[] }
    const ask = async () => {
      const body: unknown = await (await node(request.clone())).json()
      return isRefusal(body) ? body : (body as { result: unknown }).result
    }
    return fakeNode({ [method]: (given) => table[method]?.(given, ask) ?? ask() })(request.url, {
      method: 'POST',
      body: JSON.stringify({ method, params }),
    })
  }
}

/** An address where nothing listens. */
export async function refusingUrl(): Promise<string> {
  const server = createServer()
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as { port: number }).port))
  })
  await new Promise((resolve) => server.close(resolve))
  return `http://127.0.0.1:${port}`
}
