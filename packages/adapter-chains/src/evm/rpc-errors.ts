import type { ProviderErrorKind } from '@lastro/core/spec'

/** A node's refusal. */
export interface RpcError {
  readonly code: number
  readonly message: string
}

/**
 * What kind of trouble a read met, by the node's words; the first row that fits decides. Codes: EIP-1474. Words: the
 * sources of geth, reth, Nethermind and Anvil 1.7.
 */
const READ_ROWS: readonly {
  readonly kind: ProviderErrorKind
  readonly code?: number
  readonly words?: RegExp
}[] = [
  { kind: 'rate_limited', code: -32005 },
  { kind: 'rate_limited', words: /rate limit|too many requests|request limit|compute units|capacity/i },
  { kind: 'unauthorized', words: /unauthori[sz]ed|api key|forbidden|must be authenticated/i },
  { kind: 'invalid_request', words: /revert|insufficient funds|insufficient balance|exceeds allowance/i },
  { kind: 'misconfigured', code: -32601 },
  // A pruned node, or one that is behind: another node may know.
  {
    kind: 'unavailable',
    words: /missing trie node|state .*(not available|unavailable|pruned)|header not found|indexing/i,
  },
  {
    kind: 'unavailable',
    words: /unknown block|block not found|resource not found|BlockOutOfRange|syncing|timeout/i,
  },
  { kind: 'invalid_request', code: -32602 },
  { kind: 'invalid_request', code: 3 },
  { kind: 'unavailable', code: -32603 },
]

/** The kind of trouble that a refused read means. A refusal we never saw is `unexpected_answer`. */
export function kindOfRpcError(error: RpcError): ProviderErrorKind {
  const row = READ_ROWS.find(({ code, words }) => code === error.code || words?.test(error.message) === true)
  return row?.kind ?? 'unexpected_answer'
}

// geth and its forks, reth (code -39001), Nethermind; the last three are nodes that have never heard of tags.
const MISSING_TAG =
  /(safe|finalized) block not found|no (safe|finalized) block|unknown block|(unsupported|invalid) block (number|tag)|cannot unmarshal hex|hex string without 0x/i

/**
 * True when the node has no such tag, or none yet. Anything else must not pass for it: a rule of finality would fall
 * back to its looser form because of a passing fault.
 */
export function isMissingTag(error: RpcError): boolean {
  if (error.code === -39_001) return true
  return MISSING_TAG.test(error.message)
}

/** What a refused broadcast says about these bytes: project fact sheet on chains, section 7. */
export type BroadcastClass = 'known' | 'conflict' | 'underpriced' | 'funds' | 'refused' | 'unclear'

/**
 * The first row that fits decides. Only words that can have no other meaning are here: the rest is `unclear`, which
 * is doubt. A limit of one node's own (a full pool, a cap on fees) is not among the refusals, since another node may
 * take the bytes.
 */
const BROADCAST_ROWS: readonly { readonly means: BroadcastClass; readonly words: RegExp }[] = [
  // geth, Nethermind; Anvil "transaction already imported"; Erigon "ALREADY_EXISTS".
  {
    means: 'known',
    words: /already[ _]?(known|imported|exists|in (the )?(mem)?pool)|\bknown transaction/i,
  },
  // geth, reth "nonce too low: next nonce 5, tx nonce 4"; Nethermind "OldNonce".
  { means: 'conflict', words: /nonce (is )?too low|old ?nonce|nonce has already been used/i },
  {
    means: 'underpriced',
    words:
      /underpriced|less than block base fee|insufficient gas price to replace|fee ?too ?low|below (chain )?minimum/i,
  },
  {
    means: 'underpriced',
    words: /replacement ?not ?allowed|fee below minimum|gas price (is )?(too low|below)/i,
  },
  { means: 'funds', words: /insufficient ?(funds|balance)/i },
  {
    means: 'refused',
    words:
      /invalid chain ?id|another chain|wrong chain|invalid (sender|signature)|invalid transaction v, r, s/i,
  },
  {
    means: 'refused',
    words: /intrinsic gas too low|type not supported|higher than max fee per gas|failed to decode/i,
  },
  { means: 'refused', words: /^rlp: |sender (is )?not an eoa|nonce has max value/i },
]

/** What a node's refusal of a broadcast means. */
export function classifyBroadcastError(error: RpcError): BroadcastClass {
  return BROADCAST_ROWS.find(({ words }) => words.test(error.message))?.means ?? 'unclear'
}
