import { isProviderError } from '@lastro/core/spec'
import { describe, expect, it } from 'vitest'
import { statusTable } from './status.ts'

const table = statusTable({
  provider: 'efi',
  field: 'status',
  table: { REALIZADO: 'paid', NAO_REALIZADO: 'failed' },
})

describe('statusTable', () => {
  it('knows what the table says', () => {
    expect(table.find('REALIZADO')).toEqual({ kind: 'known', value: 'paid' })
    expect(table.get('NAO_REALIZADO')).toBe('failed')
  })

  it.each(['realizado', 'CONCLUIDA', 'constructor', '__proto__', 'toString', '', 1, null, undefined, {}])(
    'reports %j as unseen',
    (value) => {
      expect(table.find(value)).toMatchObject({ kind: 'unseen', field: 'status' })
      expect(() => table.get(value)).toThrow(/^efi: status is .* which this adapter does not know/)
    },
  )

  it('shows plain words only', () => {
    expect(table.find('CONCLUIDA')).toMatchObject({ shown: '"CONCLUIDA"' })
    expect(table.find('Maria Souza 529')).toMatchObject({ shown: 'no plain word (string)' })
  })

  it('throws a provider error of the right kind', () => {
    try {
      table.get('CONCLUIDA')
      expect.unreachable()
    } catch (error) {
      expect(isProviderError(error) && error.kind).toBe('unexpected_answer')
    }
  })
})
