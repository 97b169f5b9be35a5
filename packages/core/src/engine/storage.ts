import { insideTransaction } from '../platform/policies/index.ts'
import type { LastroStorage } from '../storage.ts'

/** The storage with every transaction marked, so that a provider call inside one is refused. */
export function guardStorage(storage: LastroStorage): LastroStorage {
  return {
    ...storage,
    transaction: (work, options) => storage.transaction((tx) => insideTransaction(() => work(tx)), options),
  }
}
