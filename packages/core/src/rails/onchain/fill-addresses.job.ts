import { refuse } from '../../platform/input.ts'
import { handle, type JobHandler } from '../../platform/jobs/index.ts'
import type { ChainProvider } from '../../spec/index.ts'
import { type OnchainAddress, SYSTEM_INDEX } from './address.ts'
import { chainOf, type OnchainContext, type OnchainParts, type OnchainWork, signerOf } from './context.ts'
import { fillAddressesJob } from './jobs.ts'

/** Makes addresses until enough are free: derives outside of transactions, and writes each in one of its own. */
export function fillAddresses<T extends OnchainWork>(context: OnchainContext<T>): JobHandler {
  return handle(fillAddressesJob, async ({ provider }, { signal }) => {
    const chain = chainOf(context, provider)
    for (;;) {
      const { index, free } = await context.storage.read(async (tx) => ({
        index: await tx.onchain.addresses.nextIndex(provider),
        free: await tx.onchain.addresses.countFree(provider),
      }))
      if (index > SYSTEM_INDEX && free >= context.options.freeAddresses) return
      if (signal.aborted) return
      const address = await derive(context, { chain, index })
      await add(context, { provider, chain, index, address })
    }
  })
}

async function derive(context: OnchainParts, at: { chain: ChainProvider; index: number }): Promise<string> {
  const { chain, index } = at
  return chain.addressOf(await signerOf(context).publicKey(chain.keyRef(index)))
}

/** When another process took the index meanwhile, nothing is written, and the loop goes on with the next one. */
function add<T extends OnchainWork>(
  context: OnchainContext<T>,
  made: {
    readonly provider: string
    readonly chain: ChainProvider
    readonly index: number
    readonly address: string
  },
): Promise<void> {
  const { provider, chain, index, address } = made
  return context.storage.transaction(async (tx) => {
    const at = context.clock.now()
    const cursor = await tx.onchain.blocks.cursor(provider)
    const isSystem = index === SYSTEM_INDEX
    const row: OnchainAddress = {
      provider,
      network: chain.network.id,
      address,
      index,
      purpose: isSystem ? 'system' : 'deposit',
      state: isSystem ? 'assigned' : 'free',
      owner: null,
      watchedFrom: cursor?.tip == null ? null : cursor.tip.height + 1n,
      createdAt: at,
      assignedAt: isSystem ? at : null,
    }
    if (await tx.onchain.addresses.add(row)) return
    // The index was taken meanwhile, which is fine; the address under another index is not.
    const holder = await tx.onchain.addresses.get({ provider, address })
    if (holder !== null && holder.index !== index) {
      refuse('signer', `gives the key of index ${holder.index} for index ${index} of ${provider} too`)
    }
  })
}
