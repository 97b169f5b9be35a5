import { expect, test } from 'vitest'
import { resolveOptions } from './options.ts'

test('defaults are filled in, and an undefined option counts as left out', () => {
  expect(resolveOptions()).toMatchObject({ freeAddresses: 20, maxVersions: 5, chains: {} })
  const given = { freeAddresses: undefined, maxVersions: 2 } as never
  expect(resolveOptions(given)).toMatchObject({ freeAddresses: 20, maxVersions: 2 })
})

test.each([
  { options: { freeAddresses: 0 }, field: 'freeAddresses', rule: 'must be at least 1' },
  { options: { blocksPerRun: 1.5 }, field: 'blocksPerRun', rule: 'must be a whole number' },
  { options: { maxVersions: 100 }, field: 'maxVersions', rule: 'must be at most 20' },
  { options: { pollMs: 1 }, field: 'pollMs', rule: 'is not a known field' },
  {
    options: { chains: { a: { startHeight: -1n } } },
    field: 'chains.a.startHeight',
    rule: 'must not be negative',
  },
  {
    options: { chains: { a: { finality: { by: 'depth', blocks: 0 } } } },
    field: 'chains.a.finality.blocks',
    rule: 'must be at least 1',
  },
])('refuses $field: $rule', ({ options, field, rule }) => {
  expect(() => resolveOptions(options as never)).toThrowError(
    expect.objectContaining({ code: 'invalid_input', details: { field, rule } }),
  )
})
