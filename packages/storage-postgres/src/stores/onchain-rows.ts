import type { Money } from '@lastro/core/spec'
import type { OnchainTransfer, SignedVersion } from '@lastro/core/storage'
import { toBigint, toDate, toDateOrNull } from '../codecs.ts'
import type { SqlParameter } from '../sql.ts'

type Asset = Money['asset']

/** A transfer as the table holds it. */
export interface TransferRow {
  id: OnchainTransfer['id']
  provider: string
  network: string
  kind: OnchainTransfer['kind']
  from_address: string
  from_index: number
  to_address: string
  amount: string
  asset: Asset
  source_account: string | null
  correlation: string
  state: OnchainTransfer['state']
  sequence: string | null
  transaction_hash: string | null
  block_height: string | null
  block_hash: string | null
  succeeded: boolean | null
  fee_amount: string | null
  fee_asset: Asset | null
  failure: OnchainTransfer['failure']
  detail: string | null
  displaced_height: string | null
  displaced_hash: string | null
  displaced_since: Date | string | null
  unfunded_since: Date | string | null
  tries: number
  due_at: Date | string
  created_at: Date | string
  updated_at: Date | string
  sent_at: Date | string | null
  settled_at: Date | string | null
  version: number
}

/** The columns of `TransferRow`. */
export const TRANSFER_COLUMNS = `id, provider, network, kind, from_address, from_index, to_address,
  amount::text as amount, asset, source_account, correlation, state, sequence::text as sequence, transaction_hash,
  block_height::text as block_height, block_hash, succeeded, fee_amount::text as fee_amount, fee_asset, failure,
  detail, displaced_height::text as displaced_height, displaced_hash, displaced_since, unfunded_since, tries, due_at,
  created_at, updated_at, sent_at, settled_at, version`

/** A signed version as the table holds it. */
export interface VersionRow {
  transfer_id: SignedVersion['transferId']
  number: number
  sequence: string
  raw: string
  hash: string
  fee_amount: string
  fee_asset: Asset
  fee_parameters: SignedVersion['fee']['parameters']
  calls: number
  refusals: number
  is_dead: boolean
  created_at: Date | string
}

/** The columns of `VersionRow`. */
export const VERSION_COLUMNS = `transfer_id, number, sequence::text as sequence, raw, hash,
  fee_amount::text as fee_amount, fee_asset, fee_parameters, calls, refusals, is_dead, created_at`

/** The row as a transfer. */
export function toTransfer(row: TransferRow): OnchainTransfer {
  return {
    id: row.id,
    provider: row.provider,
    network: row.network,
    kind: row.kind,
    from: row.from_address,
    fromIndex: row.from_index,
    to: row.to_address,
    amount: { amount: toBigint(row.amount), asset: row.asset },
    sourceAccount: row.source_account,
    correlation: row.correlation,
    state: row.state,
    sequence: row.sequence === null ? null : toBigint(row.sequence),
    transactionHash: row.transaction_hash,
    block: toBlock(row.block_height, row.block_hash),
    succeeded: row.succeeded,
    networkFee:
      row.fee_amount === null || row.fee_asset === null
        ? null
        : { amount: toBigint(row.fee_amount), asset: row.fee_asset },
    failure: row.failure,
    detail: row.detail,
    displacedBy: toAnchor(row),
    unfundedSince: toDateOrNull(row.unfunded_since),
    tries: row.tries,
    dueAt: toDate(row.due_at),
    createdAt: toDate(row.created_at),
    updatedAt: toDate(row.updated_at),
    sentAt: toDateOrNull(row.sent_at),
    settledAt: toDateOrNull(row.settled_at),
    version: row.version,
  }
}

function toBlock(height: string | null, hash: string | null): OnchainTransfer['block'] {
  return height === null || hash === null ? null : { height: toBigint(height), hash }
}

function toAnchor(row: TransferRow): OnchainTransfer['displacedBy'] {
  const block = toBlock(row.displaced_height, row.displaced_hash)
  return block === null || row.displaced_since === null
    ? null
    : { ...block, since: toDate(row.displaced_since) }
}

/** The parameters of an insert: what never changes, then what an update sets. */
export function insertParameters(transfer: OnchainTransfer): readonly SqlParameter[] {
  const [, ...changing] = updateParameters(transfer)
  return [
    transfer.id,
    transfer.provider,
    transfer.network,
    transfer.kind,
    transfer.from,
    transfer.fromIndex,
    transfer.to,
    transfer.amount.amount.toString(),
    transfer.amount.asset,
    transfer.sourceAccount,
    transfer.correlation,
    transfer.createdAt.toISOString(),
    ...changing,
  ]
}

/** The parameters of an update: the id, then what changes. */
export function updateParameters(transfer: OnchainTransfer): readonly SqlParameter[] {
  return [
    transfer.id,
    transfer.state,
    transfer.sequence?.toString() ?? null,
    transfer.transactionHash,
    transfer.block?.height.toString() ?? null,
    transfer.block?.hash ?? null,
    transfer.succeeded,
    transfer.networkFee?.amount.toString() ?? null,
    transfer.networkFee?.asset ?? null,
    transfer.failure,
    transfer.detail,
    transfer.displacedBy?.height.toString() ?? null,
    transfer.displacedBy?.hash ?? null,
    transfer.displacedBy?.since.toISOString() ?? null,
    transfer.unfundedSince?.toISOString() ?? null,
    transfer.tries,
    transfer.dueAt.toISOString(),
    transfer.updatedAt.toISOString(),
    transfer.sentAt?.toISOString() ?? null,
    transfer.settledAt?.toISOString() ?? null,
    transfer.version,
  ]
}

/** The row as a signed version. */
export function toVersion(row: VersionRow): SignedVersion {
  return {
    transferId: row.transfer_id,
    sequence: toBigint(row.sequence),
    number: row.number,
    raw: row.raw,
    hash: row.hash,
    fee: { max: { amount: toBigint(row.fee_amount), asset: row.fee_asset }, parameters: row.fee_parameters },
    calls: row.calls,
    refusals: row.refusals,
    isDead: row.is_dead,
    createdAt: toDate(row.created_at),
  }
}

/** The parameters of an insert of a signed version. */
export function versionParameters(version: SignedVersion): readonly SqlParameter[] {
  return [
    version.transferId,
    version.number,
    version.sequence.toString(),
    version.raw,
    version.hash,
    version.fee.max.amount.toString(),
    version.fee.max.asset,
    JSON.stringify(version.fee.parameters),
    version.calls,
    version.refusals,
    version.isDead,
    version.createdAt.toISOString(),
  ]
}
