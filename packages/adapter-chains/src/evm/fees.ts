import { Money, type NetworkFee } from '@lastro/core/spec'
import { requireAddress } from './address.ts'
import { type Call, transferCall, word } from './calls.ts'
import type { EvmContext } from './context.ts'
import { ethers } from './library.ts'
import type { Rpc } from './nodes.ts'
import { invalidRequest, unavailable } from './trouble.ts'
import { list, object, quantity, toQuantity } from './wire.ts'

/** The parameters of a type-2 transaction's fee (EIP-1559). */
export interface FeeParameters {
  readonly gasLimit: bigint
  readonly maxFeePerGas: bigint
  readonly maxPriorityFeePerGas: bigint
  /** The layer-1 data fee to keep ready, on OP-stack networks; zero elsewhere. */
  readonly l1Fee: bigint
}

/** What `estimateFee` is asked. */
export interface FeeQuery {
  readonly from: string
  readonly to: string
  readonly amount: Money
  readonly replaces?: NetworkFee
  readonly signal?: AbortSignal
}

/** A plain transfer of the native asset needs exactly this much (yellow paper, G_transaction). */
const PLAIN_TRANSFER_GAS = 21_000n
const HISTORY_BLOCKS = 10n
const WHOLE_BPS = 10_000n

/**
 * Networks that charge a layer-1 data fee beside gas, and the contract that tells it: OP-stack predeploy
 * GasPriceOracle, `getL1Fee(bytes)`. It follows the price of layer 1, so twice as much is kept ready.
 */
const L1_FEE_CHAINS: ReadonlySet<bigint> = new Set([10n, 8_453n])
const GAS_PRICE_ORACLE = '0x420000000000000000000000000000000000000F'
const GET_L1_FEE = '0x49948e0e'
const L1_FEE_MARGIN = 2n

function max(left: bigint, right: bigint): bigint {
  return left < right ? right : left
}

function min(left: bigint, right: bigint): bigint {
  return right < left ? right : left
}

/** Nodes take a replacement from +10 % on both fees, and geth only if both grew: we add 12.5 %, at least one wei. */
function bump(fee: bigint): bigint {
  return max(fee + 1n, Money.divide(fee * 1_125n, 1_000n, 'ceiling'))
}

/** The base fee of the next block, and the tip that half of what was mined lately paid at least. */
async function readMarket(rpc: Rpc): Promise<{ readonly baseFee: bigint; readonly tip: bigint }> {
  const { id } = rpc
  const answer = await rpc.call('eth_feeHistory', [toQuantity(HISTORY_BLOCKS), 'latest', [50]])
  const history = object(answer, { id, field: 'feeHistory' })
  const baseFees = list(history.baseFeePerGas, { id, field: 'feeHistory.baseFeePerGas' })
  const rewards = list(history.reward ?? [], { id, field: 'feeHistory.reward' }).map((row) => {
    const [median] = list(row, { id, field: 'feeHistory.reward' })
    return quantity(median, { id, field: 'feeHistory.reward' })
  })
  // An empty block says zero: it says nothing about what a transaction has to pay.
  const paid = rewards.filter((reward) => reward > 0n).sort((a, b) => (a < b ? -1 : 1))
  return {
    baseFee: quantity(baseFees.at(-1), { id, field: 'feeHistory.baseFeePerGas' }),
    tip: paid[Math.floor(paid.length / 2)] ?? 0n,
  }
}

async function readGasLimit(
  rpc: Rpc,
  { id, fees }: EvmContext,
  { from, call }: { readonly from: string; readonly call: Call },
): Promise<bigint> {
  const transaction = { from, to: call.to, value: toQuantity(call.value), data: call.data }
  const answer = await rpc.call('eth_estimateGas', [transaction, 'latest'])
  const gas = quantity(answer, { id, field: 'eth_estimateGas' })
  if (gas === PLAIN_TRANSFER_GAS) return gas
  return Money.divide(gas * (WHOLE_BPS + fees.gasMarginBps), WHOLE_BPS, 'ceiling')
}

async function readL1Fee(rpc: Rpc, { id, chainId }: EvmContext, call: Call): Promise<bigint> {
  if (!L1_FEE_CHAINS.has(chainId)) return 0n
  const { Transaction } = ethers().transaction
  const draft = { type: 2, chainId, nonce: 1_000_000, gasLimit: 100_000, maxFeePerGas: 10n ** 11n, ...call }
  const bytes = Transaction.from({ ...draft, maxPriorityFeePerGas: 10n ** 10n }).unsignedSerialized.slice(2)
  const padded = bytes.padEnd(Math.ceil(bytes.length / 64) * 64, '0')
  const data = GET_L1_FEE + word(32n) + word(BigInt(bytes.length / 2)) + padded
  const answer = await rpc.call('eth_call', [{ to: GAS_PRICE_ORACLE, data }, 'latest'])
  return quantity(answer, { id, field: 'getL1Fee' }) * L1_FEE_MARGIN
}

function price(
  { id, fees }: EvmContext,
  market: { readonly baseFee: bigint; readonly tip: bigint },
  replaced: FeeParameters | null,
): Pick<FeeParameters, 'maxFeePerGas' | 'maxPriorityFeePerGas'> {
  const cap = fees.maxFeePerGasCap
  const tip = max(market.tip, fees.minPriorityFeePerGas)
  const needed = market.baseFee + tip
  if (needed > cap) {
    throw unavailable(id, `the network asks ${needed} wei per gas, above the cap of ${cap}.`)
  }
  const roomy = Money.divide(market.baseFee * fees.baseFeeMultiplierBps, WHOLE_BPS, 'ceiling') + tip
  const fresh = { maxFeePerGas: min(roomy, cap), maxPriorityFeePerGas: tip }
  if (replaced === null) return fresh
  const maxPriorityFeePerGas = max(fresh.maxPriorityFeePerGas, bump(replaced.maxPriorityFeePerGas))
  const maxFeePerGas = max(max(fresh.maxFeePerGas, bump(replaced.maxFeePerGas)), maxPriorityFeePerGas)
  if (maxFeePerGas <= cap) return { maxFeePerGas, maxPriorityFeePerGas }
  throw invalidRequest(
    id,
    `replaces: a replacement must offer ${maxFeePerGas} wei per gas, above the cap of ${cap}.`,
  )
}

/** The most that these parameters can cost. */
export function worstCase(fee: FeeParameters): bigint {
  return fee.gasLimit * fee.maxFeePerGas + fee.l1Fee
}

/**
 * A fee that should be mined soon. A market above the cap is `unavailable`, since it passes; a replacement that would
 * break the cap is `invalid_request`, since waiting does not help.
 * @throws ProviderError also when the node says that the transfer would fail (`invalid_request`).
 */
export function estimateFee(context: EvmContext, query: FeeQuery): Promise<NetworkFee> {
  const { network, nodes } = context
  const call = transferCall(context, query)
  const from = requireAddress(context, { field: 'from', text: query.from })
  const replaced = query.replaces === undefined ? null : parseFee(context, query.replaces)
  return nodes.read(async (rpc) => {
    const market = await readMarket(rpc)
    const priced = price(context, market, replaced)
    const gasLimit = await readGasLimit(rpc, context, { from, call })
    const fee = { ...priced, gasLimit, l1Fee: await readL1Fee(rpc, context, call) }
    const parameters = {
      gasLimit: `${fee.gasLimit}`,
      maxFeePerGas: `${fee.maxFeePerGas}`,
      maxPriorityFeePerGas: `${fee.maxPriorityFeePerGas}`,
      ...(fee.l1Fee === 0n ? {} : { l1Fee: `${fee.l1Fee}` }),
    }
    return { max: Money.of(worstCase(fee), network.nativeAsset), parameters }
  }, query.signal)
}

/**
 * The parameters of a fee, read back from its decimal texts.
 * @throws ProviderError `invalid_request`, naming the parameter, and when they could cost more than `max`.
 */
export function parseFee({ id, network }: EvmContext, fee: NetworkFee): FeeParameters {
  const refuse = (message: string) => invalidRequest(id, message)
  const read = (name: string, absent?: string) => {
    const text = Object.hasOwn(fee.parameters, name) ? fee.parameters[name] : absent
    if (text === undefined || !/^(0|[1-9]\d{0,77})$/.test(text)) {
      throw refuse(`fee.parameters.${name} must be a whole number of zero or more as decimal text.`)
    }
    return BigInt(text)
  }
  const parsed = {
    gasLimit: read('gasLimit'),
    maxFeePerGas: read('maxFeePerGas'),
    maxPriorityFeePerGas: read('maxPriorityFeePerGas'),
    l1Fee: read('l1Fee', '0'),
  }
  if (parsed.maxPriorityFeePerGas > parsed.maxFeePerGas) {
    throw refuse('fee.parameters.maxPriorityFeePerGas must not be above maxFeePerGas.')
  }
  if (fee.max.asset !== network.nativeAsset) throw refuse(`fee.max must be in ${network.nativeAsset}.`)
  if (worstCase(parsed) > fee.max.amount) throw refuse('fee.parameters could cost more than fee.max.')
  return parsed
}
