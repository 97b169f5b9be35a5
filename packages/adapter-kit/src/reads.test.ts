import { ProviderError, type ProviderErrorKind } from '@lastro/core/spec'
import { describe, expect, it, vi } from 'vitest'
import { transportError } from './causes.ts'
import type { HttpResult } from './http.ts'
import { readError, retryRead } from './reads.ts'

const clock = { now: () => new Date('2026-11-22T12:00:00Z') }
const answer = (status: number, headers: Record<string, string> = {}): HttpResult => ({
  kind: 'answered',
  status,
  headers,
  bytes: new Uint8Array(0),
  text: '',
  json: undefined,
})
const failure = (code: string): HttpResult => ({
  kind: 'failed',
  stage: 'after_send_or_unknown',
  cause: transportError(Object.assign(new Error('x'), { code })),
})
const errorOf = (result: HttpResult) => readError({ provider: 'efi', subject: 'the balance', result, clock })

describe('readError', () => {
  it.each<[HttpResult, ProviderErrorKind]>([
    [failure('ECONNRESET'), 'unavailable'],
    [failure('CERT_HAS_EXPIRED'), 'misconfigured'],
    [failure('REQUEST_NOT_BUILT'), 'misconfigured'],
    [answer(200), 'unexpected_answer'],
    [answer(302), 'unexpected_answer'],
    [answer(400), 'invalid_request'],
    [answer(401), 'unauthorized'],
    [answer(403), 'unauthorized'],
    [answer(404), 'invalid_request'],
    [answer(408), 'unavailable'],
    [answer(429), 'rate_limited'],
    [answer(500), 'unavailable'],
    [answer(503), 'unavailable'],
  ])('%#', (result, kind) => {
    expect(errorOf(result)).toMatchObject({ provider: 'efi', kind })
  })

  it('carries the status and the delay', () => {
    const error = errorOf(answer(429, { 'retry-after': '3' }))
    expect(error).toMatchObject({ status: 429, retryAfterMs: 3_000 })
    expect(error.message).toBe('efi: asking for the balance met status 429.')
  })
})

describe('retryRead', () => {
  const trouble = (kind: ProviderErrorKind, retryAfterMs?: number): ProviderError =>
    new ProviderError({
      provider: 'x',
      kind,
      message: 'down',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    })
  const options = { retries: 2, baseMs: 0, random: () => 0.5 }

  it('tries again until it works', async () => {
    const read = vi.fn<() => Promise<string>>()
    read
      .mockRejectedValueOnce(trouble('unavailable'))
      .mockRejectedValueOnce(trouble('rate_limited'))
      .mockResolvedValue('ok')
    await expect(retryRead(options, read)).resolves.toBe('ok')
    expect(read).toHaveBeenCalledTimes(3)
  })

  it('stops at its bound with the last error', async () => {
    const read = vi.fn(() => Promise.reject(trouble('unavailable')))
    await expect(retryRead(options, read)).rejects.toMatchObject({ kind: 'unavailable' })
    expect(read).toHaveBeenCalledTimes(3)
  })

  it.each([
    trouble('unauthorized'),
    trouble('invalid_request'),
    trouble('rate_limited', 60_000),
    new Error('bug'),
  ])('does not try again what cannot help', async (error) => {
    const read = vi.fn(() => Promise.reject(error))
    await expect(retryRead(options, read)).rejects.toBe(error)
    expect(read).toHaveBeenCalledTimes(1)
  })
})
