import { describe, expect, it } from 'vitest'
import { describeSafely, showBody } from './scrub.ts'

const bytes = (text: string) => new TextEncoder().encode(text)
const CANARY = 'canary5f2b9c77aa'

describe('an error about a body', () => {
  it.each([
    ['a secret of the body', JSON.stringify({ object: { client_secret: CANARY } }), `refused ${CANARY}!`],
    ['a piece of it', JSON.stringify({ token: CANARY }), `Unexpected token in "${CANARY.slice(2, 13)}"`],
    ['all of a hidden object', JSON.stringify({ certificate: { anything: CANARY } }), CANARY],
    ['a number', JSON.stringify({ token: 5577006791 }), 'got 5577006791'],
    ['a secret of a form', `id=1&signature=${CANARY}`, `signature ${CANARY} is odd`],
    ['anything of what cannot be read', `{"id": "${CANARY}`, `is not JSON: {"id": "${CANARY}`],
    ['a bearer in a header field', '{}', `authorization: Bearer ${CANARY}`],
  ])('does not repeat %s', (_what, body, message) => {
    const line = describeSafely(new SyntaxError(message), bytes(body))
    for (let from = 0; from + 8 <= CANARY.length; from += 1)
      expect(line).not.toContain(CANARY.slice(from, from + 8))
    expect(line).not.toContain('5577006791')
    expect(line).toMatch(/^SyntaxError: /)
  })

  it('keeps what helps: ids and words that are no secrets', () => {
    const body = bytes(JSON.stringify({ id: 'pi_123456789', token: CANARY }))
    expect(describeSafely(new Error('pi_123456789 is paid already'), body)).toBe(
      'Error: pi_123456789 is paid already',
    )
    expect(describeSafely(new Error('plain'), null)).toBe('Error: plain')
  })
})

it('a body is shown parsed, without its secrets', () => {
  expect(showBody(bytes(`{"id":"a","client_secret":"${CANARY}","at":{"token":"${CANARY}"}}`))).toEqual({
    id: 'a',
    client_secret: '[secret]',
    at: { token: '[secret]' },
  })
  expect(showBody(bytes(`id=a&sign=b&signature=${CANARY}`))).toEqual({
    id: 'a',
    sign: 'b',
    signature: '[secret]',
  })
  expect(showBody(bytes('<xml>hello</xml>'))).toBeNull()
})
