/** Calls one JSON-RPC method. @throws Error with the node's words. */
export type Rpc = <T = unknown>(method: string, ...params: readonly unknown[]) => Promise<T>

/** A caller of the node at this address. */
export function createRpc(url: string): Rpc {
  return async <T>(method: string, ...params: readonly unknown[]): Promise<T> => {
    const answer = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
    })
    const body = (await answer.json()) as { result: T; error?: { message: string; code: number } }
    if (body.error) throw new Error(`${method}: ${body.error.message} (${body.error.code})`)
    return body.result
  }
}
