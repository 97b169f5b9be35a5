import { describe, expect, test } from 'vitest'
import type { BlockRef, ChainHead, Finality } from '../../spec/index.ts'
import { NETWORKS } from '../../spec/index.ts'
import { finalHeight, finalHeightOf } from './finality.ts'

const block = (height: bigint): BlockRef => ({
  height,
  hash: `hash ${height}`,
  parentHash: `hash ${height - 1n}`,
  time: new Date('2026-03-02T12:00:00.000Z'),
})

const HEAD: ChainHead = { latest: block(100n), safe: block(95n), finalized: block(90n) }
const BARE: ChainHead = { latest: block(100n), safe: null, finalized: null }
const FINALIZED: Finality = { by: 'tag', tag: 'finalized', fallbackBlocks: 20 }
const SAFE: Finality = { by: 'tag', tag: 'safe', fallbackBlocks: 20 }
const DEPTH: Finality = { by: 'depth', blocks: 1 }

describe('finality', () => {
  test.each([
    { title: 'depth 1 is the newest block', rule: DEPTH, head: HEAD, height: 100n },
    {
      title: 'depth counts the block itself',
      rule: { by: 'depth', blocks: 3 } as const,
      head: HEAD,
      height: 98n,
    },
    { title: 'the finalized tag', rule: FINALIZED, head: HEAD, height: 90n },
    { title: 'the safe tag', rule: SAFE, head: HEAD, height: 95n },
    { title: 'no tag: the depth that stands in', rule: FINALIZED, head: BARE, height: 81n },
    { title: 'a young network', rule: { by: 'depth', blocks: 200 } as const, head: HEAD, height: -99n },
  ])('$title', ({ rule, head, height }) => {
    expect(finalHeight(rule, head)).toBe(height)
  })

  test('a second rule can only be stricter', () => {
    const network = { ...NETWORKS.ethereum, finality: FINALIZED }
    expect(finalHeightOf(network, HEAD)).toBe(90n)
    expect(finalHeightOf(network, HEAD, DEPTH)).toBe(90n)
    expect(finalHeightOf(network, HEAD, { by: 'depth', blocks: 50 })).toBe(51n)
  })
})
