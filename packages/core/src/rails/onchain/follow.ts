import { LastroError } from '../../platform/errors/index.ts'
import { chainOf, type OnchainContext, type OnchainWork } from './context.ts'
import type { KnownAddresses } from './known-addresses.ts'
import { type ReadBlock, readChain, readDeposits } from './read-blocks.ts'
import { seeDeposit } from './see-deposit.ts'
import type { ChainCursor } from './store.ts'
import type { ChainLook } from './watch-look.ts'

/** Reads and stores new blocks with their deposits. Answers true when more may be read at once. */
export async function follow<T extends OnchainWork>(
  context: OnchainContext<T>,
  look: ChainLook,
  known: KnownAddresses,
): Promise<boolean> {
  const { provider } = look
  const chain = chainOf(context, provider)
  const { blocksPerRun, blocksPerTransaction } = context.options
  let cursor = await ensureCursor(context, look)
  for (let left = blocksPerRun; left > 0; ) {
    const limit = Math.min(left, blocksPerTransaction)
    const blocks = await readChain(chain, look, { ...cursor, limit })
    if (blocks.length === 0 || look.signal.aborted) return false
    const addresses = await known.load(provider)
    const read = await readDeposits(chain, look, { blocks, addresses })
    const moved = await context.storage.transaction((tx) => storeBlocks(context, tx, { cursor, read }))
    if (read.length < limit || moved === null) return false
    cursor = moved
    left -= read.length
  }
  return (cursor.tip?.height ?? cursor.startHeight) < look.head.latest.height
}

/** @throws LastroError `invalid_input` when the provider's name stood for another network before. */
async function ensureCursor<T extends OnchainWork>(
  context: OnchainContext<T>,
  look: ChainLook,
): Promise<ChainCursor> {
  const { provider } = look
  const { network } = chainOf(context, provider)
  const found = await context.storage.read((tx) => tx.onchain.blocks.cursor(provider))
  const cursor = found ?? (await context.storage.transaction((tx) => addCursor(context, tx, look)))
  if (cursor.network === network.id) return cursor
  const rule = `is ${network.id}, and was ${cursor.network} in this database: use another name for another network`
  throw new LastroError('invalid_input', { field: `chains.${provider}`, rule })
}

/** The first watch begins here. Another process may have begun at another block: then that one counts. */
async function addCursor<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  { provider, head }: ChainLook,
): Promise<ChainCursor> {
  const { network } = chainOf(context, provider)
  const startHeight = context.options.chains[provider]?.startHeight ?? head.latest.height
  const updatedAt = context.clock.now()
  const cursor = { provider, network: network.id, startHeight, tip: null, divergedAt: null, updatedAt }
  await tx.onchain.blocks.addCursor(cursor)
  return (await tx.onchain.blocks.lockCursor(provider)) ?? cursor
}

/** Blocks, their deposits and the cursor in one commit. Null when another process moved the cursor meanwhile. */
async function storeBlocks<T extends OnchainWork>(
  context: OnchainContext<T>,
  tx: T,
  step: { readonly cursor: ChainCursor; readonly read: readonly ReadBlock[] },
): Promise<ChainCursor | null> {
  const { cursor, read } = step
  const { provider } = cursor
  const last = read.at(-1)
  if (last === undefined) return null
  const now = await tx.onchain.blocks.lockCursor(provider)
  if (now === null || now.tip?.hash !== cursor.tip?.hash) return null
  await tx.onchain.blocks.add(
    read.map(({ block: { height, hash, parentHash, time } }) => ({
      provider,
      height,
      hash,
      parentHash,
      time,
    })),
  )
  for (const { block, deposits } of read) {
    for (const told of deposits) await seeDeposit(context, tx, { provider, block, told })
  }
  const tip = { height: last.block.height, hash: last.block.hash }
  const moved: ChainCursor = { ...now, tip, divergedAt: null, updatedAt: context.clock.now() }
  await tx.onchain.blocks.saveCursor(moved)
  return moved
}
