import type { HostTx } from '@lastro/core/storage'
import { hostTx, notInTransaction } from './host.ts'

interface RawQuery {
  readonly sql: string
  readonly parameters: readonly unknown[]
  readonly query: {
    readonly kind: 'RawNode'
    readonly sqlFragments: readonly string[]
    readonly parameters: readonly never[]
  }
  readonly queryId: { readonly queryId: string }
}

/** The part of a Kysely transaction that we use. */
export interface KyselyTransaction {
  readonly isTransaction: boolean
  /** Plugins may rename the columns of results. */
  withoutPlugins(): { executeQuery(query: RawQuery): Promise<{ readonly rows: readonly unknown[] }> }
}

/**
 * The `trx` of Kysely's `db.transaction().execute(async (trx) => …)`.
 * @throws LastroError `invalid_input` for the database itself.
 */
export function fromKysely(trx: KyselyTransaction): HostTx {
  if (!trx.isTransaction) throw notInTransaction()
  const plain = trx.withoutPlugins()
  return hostTx({
    key: trx,
    query: async (text, parameters) => (await plain.executeQuery(rawQuery(text, parameters))).rows as never,
  })
}

/** What Kysely's `CompiledQuery.raw` makes. */
function rawQuery(text: string, parameters: readonly unknown[]): RawQuery {
  const query = { kind: 'RawNode', sqlFragments: [text], parameters: [] } as const
  return { sql: text, parameters, query, queryId: { queryId: 'lastro' } }
}
