import type { OnchainStore } from '@lastro/core/storage'
import type { Sql } from '../sql.ts'
import { addressStore } from './onchain-addresses.ts'
import { blockStore } from './onchain-blocks.ts'
import { depositStore } from './onchain-deposits.ts'
import { transferStore } from './onchain-transfers.ts'
import { walletStore } from './onchain-wallets.ts'

/** Addresses, blocks, deposits, transfers and sequences in PostgreSQL. */
export function onchainStore(sql: Sql): OnchainStore {
  return {
    addresses: addressStore(sql),
    blocks: blockStore(sql),
    deposits: depositStore(sql),
    transfers: transferStore(sql),
    wallets: walletStore(sql),
  }
}
