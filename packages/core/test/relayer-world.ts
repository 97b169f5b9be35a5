/** A host that relays contract events of a fake Stellar node. */
import { createLastro, type RelayerOptions, type WebhookHandler } from '@lastro/core'
import type { LastroStorage, LastroTx } from '@lastro/core/storage'
import { createFakeStellar, type FakeStellar, type FakeStellarOptions } from '@lastro/testing/stellar'
import type { TestDatabase } from '@lastro/testing/storage'
import { stellar } from '../../adapter-chains/src/stellar/index.ts'
import { createReceiver, KEY } from './outgoing-world.ts'

export const CONTRACT = 'CDLZFC3SYJYDZT7K67VZ75HPJVIEUVNIXF47ZG2FB2RMQQVU2HHGCYSC'
export const OTHER = 'CAS3J7GYLGXMF6TDJBBYYSE3HQ6BBSMLNUQ34T6TZMYMW2EVH34XOWMA'

export interface EngineOptions {
  readonly storage?: LastroStorage
  readonly relayer?: Partial<RelayerOptions<'soroban' | 'archive'>>
  readonly contracts?: readonly string[]
  readonly names?: readonly string[]
  readonly from?: bigint | 'latest'
  readonly handler?: WebhookHandler<LastroTx>
  readonly archive?: FakeStellar
}

export function createWorld(db: TestDatabase, options: FakeStellarOptions = {}) {
  const node = createFakeStellar({ clock: db.clock, ...options })
  const receiver = createReceiver()
  const providerOf = ({ rpcUrl, fetch }: FakeStellar) =>
    stellar({ network: 'stellar-testnet', rpcUrl, fetch })
  const engine = (given: EngineOptions = {}) => {
    const { contracts = [CONTRACT], names = [], from = node.oldest } = given
    return createLastro({
      storage: given.storage ?? db.storage,
      clock: db.clock,
      providers: { soroban: providerOf(node), archive: providerOf(given.archive ?? node) },
      relayer: {
        streams: [{ name: 'tokens', provider: 'soroban', contracts, names, from }],
        pageLimit: 3,
        ...given.relayer,
      },
      outgoing: {
        sender: receiver.sender,
        encryptionKeys: [KEY],
        fromEvents: ['relayer.event_relayed'],
      },
      ...(given.handler === undefined ? {} : { webhooks: { handlers: { soroban: given.handler } } }),
    })
  }
  const emit = (count: number, contract = CONTRACT) =>
    node.emit(Array.from({ length: count }, () => ({ contract })))
  return { node, receiver, engine, emit }
}

export type Engine = ReturnType<ReturnType<typeof createWorld>['engine']>

/** One slot of every schedule, and what it leads to. */
export async function round(db: TestDatabase, lastro: Engine, ms = 5_000): Promise<void> {
  await db.clock.advance(ms)
  await lastro.tick()
}

/** The ids of the events in the log of facts, in their order. */
export async function relayedIds(lastro: Engine): Promise<readonly unknown[]> {
  const events = await lastro.events.read({ types: ['relayer.event_relayed'], limit: 1_000 })
  return events.map(({ data }) => data['id'])
}

/** Types of what else the relayer wrote down. */
export async function toldTypes(lastro: Engine): Promise<readonly string[]> {
  const events = await lastro.events.read({ limit: 1_000 })
  return events.map(({ type }) => type).filter((type) => type !== 'relayer.event_relayed')
}

/** A storage whose process dies at the commits that move a stream: before some of them, after others. */
export function dying(storage: LastroStorage) {
  const plan = { isOn: true, moves: 0, deaths: { before: 0, after: 0 } }
  const next = (): 'before' | 'after' | null => {
    plan.moves += 1
    if (!plan.isOn) return null
    return plan.moves % 3 === 1 ? 'before' : plan.moves % 3 === 2 ? 'after' : null
  }
  const die = (how: 'before' | 'after') => {
    plan.deaths[how] += 1
    return new Error('the process died')
  }
  const over: LastroStorage = {
    ...storage,
    transaction: async (work, options) => {
      let how: 'before' | 'after' | null = null
      const result = await storage.transaction(async (tx) => {
        let isMove = false
        const saveStream: LastroTx['relayer']['saveStream'] = (stream) => {
          isMove = true
          return tx.relayer.saveStream(stream)
        }
        const made = await work({ ...tx, relayer: { ...tx.relayer, saveStream } })
        how = isMove ? next() : null
        if (how === 'before') throw die(how)
        return made
      }, options)
      if (how === 'after') throw die(how)
      return result
    },
  }
  return { storage: over, plan }
}
