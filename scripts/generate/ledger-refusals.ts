import { REFUSALS } from '../../packages/core/src/index.ts'
import { code, type GeneratedPage, page, table } from './markdown.ts'

/** The rules by which the ledger refuses a transfer. */
export const ledgerRefusals: GeneratedPage = {
  path: 'docs/reference/ledger-refusals.md',
  render: () =>
    page(
      'Refusals of the ledger',
      'A refused transfer is a result of `ledger.post`, with one of these rules. Where the engine itself books, it is an error `ledger_refused` that names the rule. A refused transfer leaves no row, so its id stays free. A rule is added, never renamed.',
      table(
        ['Rule', 'Means'],
        Object.entries(REFUSALS).map(([rule, says]) => [code(rule), says]),
      ),
    ),
}
