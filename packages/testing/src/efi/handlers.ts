/** The fake behind msw: for a host's own suite. */
import { createRequire } from 'node:module'
import type { HttpHandler } from 'msw'
import { type Handle, toEfiRequest, toResponse } from './fetch.ts'

/** Efí's two addresses for Pix: production and homologation. */
export const EFI_BASE_URLS: readonly string[] = [
  'https://pix.api.efipay.com.br',
  'https://pix-h.api.efipay.com.br',
]

/** Handlers for msw 3, which the host brings: it is loaded only here. */
export function mswHandlers(handle: Handle, baseUrls: readonly string[]): HttpHandler[] {
  const { http, HttpResponse } = createRequire(import.meta.url)('msw') as typeof import('msw')
  return baseUrls.map((baseUrl) =>
    http.all(`${baseUrl.replace(/\/+$/, '')}/*`, async ({ request }) => {
      const answer = await handle(await toEfiRequest(request))
      return answer === 'drop' ? HttpResponse.error() : toResponse(answer)
    }),
  )
}
