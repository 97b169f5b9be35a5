import { createFakeStellar } from '@lastro/testing/stellar'
import { describe, expect, it } from 'vitest'
import { stellar } from '../src/stellar/index.ts'
import { contractId, NATIVE, of, start, through } from './stellar-world.ts'

const A = 'https://a.example/secret-path-key'
const B = 'https://b.example/rpc'
const transfers = (count: number, contract = NATIVE) => Array.from({ length: count }, () => ({ contract }))

describe('filters', () => {
  it('asks by name, for any count of topics', async () => {
    const { node, source } = start()
    const first = node.latest
    const plain = node.emit([{ contract: NATIVE, name: 'transfer', topics: ['AAAAAQ==', 'AAAAAQ=='] }])
    const asset = node.emit([
      { contract: NATIVE, name: 'transfer', topics: ['AAAAAQ==', 'AAAAAQ==', 'AAAADgAAAAZuYXRpdmUAAA=='] },
      { contract: NATIVE, name: 'mint' },
    ])
    const page = await source.read({
      filter: { contracts: [NATIVE], names: ['transfer'] },
      after: { ledger: first },
    })
    expect(page).toMatchObject({ kind: 'page', isAtTip: true })
    const told = page.kind === 'page' ? page.events : []
    expect(told.map(({ id }) => id)).toEqual([...plain, asset[0]])
    expect(told.map(({ name, operation }) => [name, operation])).toEqual([
      ['transfer', 0],
      ['transfer', 0],
    ])
    const asked = node.calls.findLast(({ method }) => method === 'getEvents')?.params
    expect(asked).toMatchObject({
      filters: [{ type: 'contract', contractIds: [NATIVE], topics: [['AAAADwAAAAh0cmFuc2Zlcg==', '**']] }],
    })
  })

  it('splits what one request does not take, and still tells everything once and in order', async () => {
    const { node, source } = start()
    const contracts = Array.from({ length: 63 }, (_, index) => contractId(index))
    const first = node.latest
    const ids: string[] = []
    for (let round = 0; round < 5; round += 1)
      ids.push(...node.emit([...contracts, contractId(99)].map((contract) => ({ contract }))).slice(0, 63))
    const told: string[] = []
    let after: { ledger: bigint } | { cursor: string } = { ledger: first }
    for (let pages = 0; pages < 100; pages += 1) {
      const page = await source.read({ filter: of(...contracts), after, limit: 40 })
      if (page.kind !== 'page') throw new Error(page.kind)
      expect(page.events.length).toBeLessThanOrEqual(40)
      told.push(...page.events.map(({ id }) => id))
      after = { cursor: page.cursor }
      if (page.isAtTip) break
    }
    expect(told).toEqual(ids)
    for (const { params } of node.calls.filter(({ method }) => method === 'getEvents')) {
      const { filters } = params as { filters: { contractIds: string[] }[] }
      expect(filters.length).toBeLessThanOrEqual(5)
      for (const { contractIds } of filters) expect(contractIds.length).toBeLessThanOrEqual(5)
    }
  })

  it('refuses what a node would answer with nothing', async () => {
    const { source } = start({ provider: { contracts: [NATIVE] } })
    const read = (contracts: string[], names: string[] = []) =>
      source.read({ filter: { contracts, names }, after: { ledger: 3_000_000n } })
    await expect(read([`${NATIVE.slice(0, -1)}A`])).rejects.toThrow('filter.contracts[0]')
    await expect(read([contractId(1)])).rejects.toThrow('option contracts')
    await expect(read([NATIVE], ['a name'])).rejects.toThrow('filter.names[0]')
    await expect(read([])).resolves.toMatchObject({ kind: 'page' })
    const open = start().source
    await expect(open.read({ filter: of(), after: { ledger: 1n } })).rejects.toThrow('at least one contract')
    await expect(open.read({ filter: of(NATIVE), after: { cursor: 'x' } })).rejects.toThrow('after.cursor')
  })
})

describe('the ends of what a node holds', () => {
  it('a place behind the tip is waited for, and is no gap', async () => {
    const { node, source } = start()
    const page = await source.read({ filter: of(NATIVE), after: { ledger: node.latest + 5n } })
    expect(page).toEqual({ kind: 'behind', range: { oldest: node.oldest, latest: node.latest } })
  })

  it('the end of the ledger before the oldest has lost nothing', async () => {
    const { node, source } = start()
    const first = node.latest
    node.emit(transfers(2))
    const page = await source.read({ filter: of(NATIVE), after: { ledger: first } })
    if (page.kind !== 'page') throw new Error(page.kind)
    expect(page.scannedTo).toBe(node.latest)
    const ids = node.emit(transfers(1))
    node.prune()
    const next = await source.read({ filter: of(NATIVE), after: { cursor: page.cursor } })
    expect(next).toMatchObject({ kind: 'page', events: ids.map((id) => ({ id })) })
    node.idle(1)
    node.prune()
    const late = await source.read({ filter: of(NATIVE), after: { cursor: page.cursor } })
    expect(late).toMatchObject({ kind: 'gap', from: first + 2n, to: first + 2n })
  })

  it('a place inside a ledger that is forgotten has lost the rest of it', async () => {
    const { node, source } = start()
    const first = node.latest
    const ids = node.emit(transfers(3))
    const page = await source.read({ filter: of(NATIVE), after: { ledger: first }, limit: 2 })
    expect(page).toMatchObject({ kind: 'page', cursor: ids[1], scannedTo: first, isAtTip: false })
    node.idle(1)
    node.prune()
    const lost = await source.read({ filter: of(NATIVE), after: { cursor: ids[1] ?? '' } })
    expect(lost).toMatchObject({ kind: 'gap', from: first + 1n, to: first + 1n })
  })

  it('a node that stands still is trouble, not quiet', async () => {
    const { node, source } = start()
    const after = { ledger: node.latest }
    await expect(source.read({ filter: of(NATIVE), after })).resolves.toMatchObject({ isAtTip: true })
    node.stall()
    await expect(source.read({ filter: of(NATIVE), after })).rejects.toMatchObject({ kind: 'unavailable' })
  })

  it('asks for less where the node takes too long', async () => {
    const { node, source } = start()
    node.faults.next('getEvents', 'too_long')
    node.faults.next('getEvents', 'too_long')
    await source.read({ filter: of(NATIVE), after: { ledger: node.latest }, limit: 800 })
    node.faults.always('getEvents', 'too_long')
    const read = source.read({ filter: of(NATIVE), after: { ledger: node.latest }, limit: 800 })
    await expect(read).rejects.toMatchObject({ kind: 'unavailable' })
    const limits = node.calls.flatMap(({ method, params }) =>
      method === 'getEvents' ? [(params as { pagination: { limit: number } }).pagination.limit] : [],
    )
    expect(limits.slice(0, 3)).toEqual([800, 200, 50])
    expect(limits.at(-1)).toBe(4)
  })
})

describe('several nodes', () => {
  const both = (given: Parameters<typeof createFakeStellar>[0] = {}) => {
    const long = createFakeStellar(given)
    const short = long.twin({ from: long.latest + 10n })
    const provider = stellar({
      network: 'stellar-testnet',
      rpcUrl: [A, B],
      fetch: through({ [A]: short, [B]: long }),
    })
    return { long, short, provider, source: provider.contractEvents }
  }

  it('what one has forgotten, another may have', async () => {
    const { long, source } = both()
    const first = long.latest
    const ids = long.emit(transfers(1))
    long.idle(20)
    const page = await source.read({ filter: of(NATIVE), after: { ledger: first } })
    expect(page).toMatchObject({ kind: 'page', events: ids.map((id) => ({ id })) })
    long.prune(5)
    const gap = await source.read({ filter: of(NATIVE), after: { ledger: first } })
    // The smaller of the two gaps is the true one.
    expect(gap).toMatchObject({ kind: 'gap', to: first + 9n })
  })

  it('the next one is asked where the first is in trouble, and nothing secret is told', async () => {
    const { long, short, source, provider } = both()
    long.idle(20)
    for (const method of ['getEvents', 'getHealth', 'getNetwork'] as const)
      short.faults.always(method, 'unreachable')
    await expect(source.range()).resolves.toMatchObject({ latest: long.latest })
    const probed = await provider.probe.probe()
    expect(probed).toMatchObject({ ok: true })
    expect(probed.detail).toContain('node 2 of 2 holds ledgers')
    for (const method of ['getEvents', 'getHealth'] as const) long.faults.always(method, 'server_error')
    const error = await source
      .read({ filter: of(NATIVE), after: { ledger: 1n } })
      .catch((one: unknown) => one)
    expect(error).toMatchObject({ kind: 'unavailable' })
    expect(`${error}`).not.toContain('secret-path-key')
  })

  it('a node of another network is refused, whatever the others say', async () => {
    const node = createFakeStellar({ passphrase: 'Public Global Stellar Network ; September 2015' })
    const provider = stellar({ network: 'stellar-testnet', rpcUrl: node.rpcUrl, fetch: node.fetch })
    await expect(provider.contractEvents.range()).rejects.toMatchObject({ kind: 'misconfigured' })
    expect(await provider.probe.probe()).toMatchObject({ ok: false })
  })
})

describe('options', () => {
  it('carries secret headers, and shows them nowhere', async () => {
    const key = { header: 'x-api-key', value: 'a-key-nobody-may-see' }
    const wrong = start({ node: { key } })
    await expect(wrong.source.range()).rejects.toMatchObject({ kind: 'unauthorized' })
    const { node, source } = start({ node: { key }, provider: { headers: { 'x-api-key': key.value } } })
    await expect(source.range()).resolves.toMatchObject({ latest: node.latest })
  })

  it.each([
    [{ network: 'pubnet' as never }, 'network "pubnet"'],
    [{ network: { id: 'Local', passphrase: 'x' } }, 'network.id'],
    [{ rpcUrl: [] }, 'rpcUrl'],
    [{ rpcUrl: 'ftp://x' }, 'rpcUrl'],
    [{ contracts: ['GABC'] }, 'contracts[0]'],
    [{ headers: { 'x y': 'z' } }, 'headers'],
    [{ headers: { 'x-key': 'a\nb' } }, 'headers.x-key'],
    [{ timeoutMs: 0 }, 'timeoutMs'],
  ])('refuses %j', (given, field) => {
    const made = () => stellar({ network: 'stellar-testnet', rpcUrl: B, ...given })
    expect(made).toThrow(field)
    expect(made).toThrow(expect.objectContaining({ kind: 'misconfigured' }))
  })
})
