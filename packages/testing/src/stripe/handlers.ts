/** The fake behind msw: for a host's own suite. */
import { createRequire } from 'node:module'
import type { HttpHandler } from 'msw'
import { type Handle, toEfiRequest, toResponse } from '../efi/fetch.ts'

/** Handlers for msw 3, which the host brings: it is loaded only here. */
export function mswHandlers(handle: Handle, baseUrl: string): HttpHandler[] {
  const { http, HttpResponse } = createRequire(import.meta.url)('msw') as typeof import('msw')
  const answer = async ({ request }: { readonly request: Request }) => {
    const result = await handle(await toEfiRequest(request))
    return result === 'drop' ? HttpResponse.error() : toResponse(result)
  }
  return [http.all(`${baseUrl}/*`, answer)]
}
