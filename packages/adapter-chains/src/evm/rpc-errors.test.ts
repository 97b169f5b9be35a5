import { expect, test } from 'vitest'
import { type BroadcastClass, classifyBroadcastError, isMissingTag, kindOfRpcError } from './rpc-errors.ts'

const broadcasts: readonly [BroadcastClass, string][] = [
  ['known', 'already known'],
  ['known', 'AlreadyKnown'],
  ['known', 'transaction already imported'],
  ['known', 'Tx: [0x12] already Imported'],
  ['known', 'ALREADY_EXISTS: already known'],
  ['known', 'known transaction: 0xabc'],
  ['conflict', 'nonce too low'],
  ['conflict', 'nonce too low: next nonce 5, tx nonce 4'],
  ['conflict', 'nonce too low: address 0xab, tx: 4 state: 5'],
  ['conflict', 'OldNonce, Current nonce: 5, nonce of rejected tx: 4'],
  ['underpriced', 'replacement transaction underpriced'],
  ['underpriced', 'transaction underpriced: tip needed 25000000000, tip permitted 1'],
  ['underpriced', 'max fee per gas less than block base fee'],
  ['underpriced', 'Tx: [0x12] insufficient gas price to replace existing transaction'],
  ['underpriced', 'FeeTooLow, MaxFeePerGas too low'],
  ['underpriced', 'FeeTooLowToCompete'],
  ['underpriced', 'ReplacementNotAllowed'],
  ['underpriced', 'transaction priority fee below minimum required priority fee 1'],
  ['funds', 'insufficient funds for gas * price + value: balance 1, tx cost 2, overshot 1'],
  ['funds', 'Insufficient funds for gas * price + value'],
  ['funds', 'InsufficientFunds, Balance is 0 less than sending value'],
  ['refused', 'invalid chain id for signer: have 1 want 137'],
  ['refused', 'invalid sender'],
  ['refused', 'Incompatible EIP-155 transaction, signed for another chain'],
  ['refused', 'intrinsic gas too low: gas 20000, minimum needed 21000'],
  ['refused', 'max priority fee per gas higher than max fee per gas'],
  ['refused', 'transaction type not supported'],
  ['refused', 'Unknown transaction type not supported'],
  ['refused', 'sender not an eoa: address 0xab, len(code): 23'],
  ['refused', 'rlp: expected input list for types.LegacyTx'],
  ['refused', 'Failed to decode signed transaction'],
  ['unclear', 'nonce too high'],
  ['unclear', 'txpool is full'],
  ['unclear', 'tx fee (2.00 ether) exceeds the configured cap (1.00 ether)'],
  ['unclear', 'exceeds block gas limit'],
  ['unclear', 'internal error'],
  ['unclear', 'the node is syncing'],
  ['unclear', ''],
]

test.each(broadcasts)('a broadcast is %s when the node says "%s"', (means, message) => {
  expect(classifyBroadcastError({ code: -32_000, message })).toBe(means)
})

test.each([
  ['rate_limited', -32_005, 'daily request count exceeded'],
  ['rate_limited', 429, 'Your app has exceeded its compute units per second capacity'],
  ['unauthorized', -32_000, 'Must be authenticated!'],
  ['invalid_request', 3, 'execution reverted'],
  ['invalid_request', -32_000, 'insufficient funds for transfer'],
  ['invalid_request', -32_602, 'invalid argument 0'],
  ['misconfigured', -32_601, 'the method does not exist'],
  ['unavailable', -32_000, 'missing trie node 12 (path ) state 0x12 is not available'],
  ['unavailable', -32_000, 'header not found'],
  ['unavailable', -32_000, 'unknown block'],
  ['unavailable', -32_603, 'internal error'],
  ['unexpected_answer', -32_099, 'something nobody ever said'],
])('a read is %s for code %i and "%s"', (kind, code, message) => {
  expect(kindOfRpcError({ code, message })).toBe(kind)
})

test.each([
  [true, -32_000, 'safe block not found'],
  [true, -32_000, 'finalized block not found'],
  [true, -39_001, 'Unknown block'],
  [true, -32_602, 'invalid argument 0: hex string without 0x prefix'],
  [true, -32_602, 'unsupported block tag'],
  [false, -32_005, 'limit exceeded'],
  [false, -32_603, 'internal error'],
  [false, -32_000, 'request timed out'],
])('that a tag is missing is %s for code %i and "%s"', (isMissing, code, message) => {
  expect(isMissingTag({ code, message })).toBe(isMissing)
})
