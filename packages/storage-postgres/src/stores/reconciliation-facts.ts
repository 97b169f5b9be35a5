/**
 * The statements that put three sides of the same things beside each other: what we hold, what the provider told, and
 * what the ledger booked. Each takes the provider ($1), keys of things ($2), the times that statements cover ($3) and how
 * far the provider's times may be from ours ($4, in milliseconds).
 */

const MOVES = `booked.kind in ('posted', 'post')`

/** What transfers did to the provider's account, on its debit side: what it owes us. */
const effect = (account: string, which: string) => `cross join lateral (
      select coalesce(sum(case
          when booked.debit_account = place.number then booked.amount
          when booked.credit_account = place.number then -booked.amount else 0 end), 0) as net,
        max(booked.booked_at) as last
      from lastro.ledger_transfer booked
      left join lastro.ledger_account place on place.id = ${account}
      where ${MOVES} and ${which}
    ) ledger`

const STATE_OF_REFUND = `case refund.state when 'succeeded' then 'settled' when 'failed' then 'void' else 'open' end`

const receivable = (provider: string, asset: string) => `'receivable:' || ${provider} || ':' || ${asset}`

// `offset 0` keeps each look-up one by index: planned for many at once, a batch would read a table or a whole index.
const WANTED = `unnest($2::text::text[]) wanted (key)`
const paymentOf = (id: string) =>
  `cross join lateral (select * from lastro.payment where id = ${id} offset 0) payment`
const PAYOUT = `cross join lateral (
      select * from lastro.payout where id = wanted.key and provider = $1::text offset 0
    ) payout`

/** Columns: key, ref, payment_id, payout_id, asset, net, fee, standing, state, since, until, expected, booked. */
const OURS = {
  receipt: `select receipt.ref as key, receipt.ref, receipt.payment_id, null::text as payout_id, receipt.asset,
      receipt.amount as net, receipt.fee, 'settled' as standing, 'received' as state,
      coalesce(receipt.received_at, payment.created_at) as since,
      coalesce(receipt.received_at, ledger.last, payment.updated_at) as until,
      receipt.amount - coalesce(receipt.fee, 0) as expected, ledger.net as booked
    from ${WANTED}
    cross join lateral (
      select * from lastro.payment_receipt where provider = $1::text and ref = wanted.key offset 0
    ) receipt
    ${paymentOf('receipt.payment_id')}
    ${effect(
      receivable('receipt.provider', 'receipt.asset'),
      `booked.cause = receipt.payment_id and lastro.reconciliation_step(booked.id) in (
        receipt.payment_id || ':receipt:' || lastro.reconciliation_ref_key(receipt.ref),
        receipt.payment_id || ':fee:' || lastro.reconciliation_ref_key(receipt.ref)) and booked.id !~ ':dispute-[0-9]+$'`,
    )}`,

  refund: `select refund.key, refund.ref, refund.payment_id, null::text as payout_id, refund.asset,
      case refund.state when 'failed' then 0 else -refund.amount end as net, null::numeric as fee,
      ${STATE_OF_REFUND} as standing, refund.state, coalesce(asked.created_at, payment.created_at) as since,
      coalesce(ledger.last, payment.updated_at) as until,
      case refund.state when 'succeeded' then -refund.amount else 0 end as expected, ledger.net as booked
    from ${WANTED}
    cross join lateral (
      (select wanted.key, * from lastro.payment_refund
        where provider = $1::text and ref = wanted.key and operation_id is null offset 0)
      union all
      (select wanted.key, * from lastro.payment_refund where provider = $1::text and operation_id = wanted.key offset 0)
    ) refund
    ${paymentOf('refund.payment_id')}
    left join lateral (
      select created_at from lastro.payment_operation where id = refund.operation_id offset 0
    ) asked on true
    cross join lateral (select lastro.reconciliation_ref_key(refund.ref) as text) name
    ${effect(
      receivable('refund.provider', 'refund.asset'),
      `booked.id in (refund.operation_id || ':post',
        refund.payment_id || ':refund:' || name.text, refund.payment_id || ':refund:' || name.text || ':suspense',
        refund.payment_id || ':refund_returned:' || name.text,
        refund.payment_id || ':refund_returned:' || name.text || ':suspense')`,
    )}
    union all
    select asked.id, asked.provider_ref, asked.payment_id, null, asked.asset,
      case asked.state when 'declined' then 0 else -asked.amount end, null,
      case asked.state when 'declined' then 'void' else 'open' end, asked.state, asked.created_at, asked.updated_at, 0, 0
    from ${WANTED}
    cross join lateral (
      select * from lastro.payment_operation where id = wanted.key and kind = 'refund' offset 0
    ) asked
    ${paymentOf('asked.payment_id')}
    where payment.provider = $1::text
      and (select true from lastro.payment_refund refund where refund.operation_id = asked.id) is null`,

  dispute: `select payment.id as key, null::text as ref, payment.id as payment_id, null::text as payout_id, payment.asset,
      -dispute.withdrawn as net, dispute.fee,
      case when dispute.is_blocked then 'open' when dispute.withdrawn <> 0 then 'settled' else 'void' end as standing,
      dispute.state, payment.created_at as since, coalesce(ledger.last, payment.updated_at) as until,
      -dispute.withdrawn - coalesce(dispute.fee, 0) as expected, ledger.net as booked
    from ${WANTED}
    ${paymentOf('wanted.key')}
    cross join lateral (
      select coalesce(sum(withdrawn), 0) as withdrawn, sum(fee) as fee, bool_or(state = 'blocked') as is_blocked,
        string_agg(distinct state, ', ') as state
      from lastro.payment_dispute where payment_id = payment.id
    ) dispute
    ${effect(
      receivable('payment.provider', 'payment.asset'),
      `booked.cause = payment.id and (booked.id ~ ':dispute-[0-9]+$' or split_part(booked.id, ':', 2) in
        ('blocked', 'unblocked', 'disputed', 'reinstated', 'lost', 'lost_returned'))`,
    )}
    where payment.provider = $1::text and dispute.state is not null`,

  payout: `select payout.id as key, coalesce(payout.end_to_end_id, payout.provider_ref) as ref, null::text as payment_id,
      payout.id as payout_id, payout.asset,
      case when payout.state in ('failed', 'canceled') then 0 else -payout.amount end as net, null::numeric as fee,
      case when payout.state in ('paid', 'returned') then 'settled' when payout.state in ('failed', 'canceled') then 'void'
        else 'open' end as standing,
      payout.state, payout.created_at as since, coalesce(ledger.last, payout.updated_at) as until,
      case when payout.state in ('paid', 'returned') then -payout.amount else 0 end as expected, ledger.net as booked
    from ${WANTED}
    ${PAYOUT}
    ${effect(`'provider:' || payout.provider || ':' || payout.asset`, `booked.id = payout.id || ':post'`)}`,

  returned: `select payout.id as key, null::text as ref, null::text as payment_id, payout.id as payout_id, payout.asset,
      payout.returned as net, null::numeric as fee, 'settled' as standing, payout.state, payout.created_at as since,
      coalesce(ledger.last, payout.updated_at) as until, payout.returned as expected, ledger.net as booked
    from ${WANTED}
    ${PAYOUT}
    ${effect(
      `'provider:' || payout.provider || ':' || payout.asset`,
      `booked.cause = payout.id and split_part(booked.id, ':', 2) = 'return'`,
    )}
    where payout.returned > 0 or ledger.net <> 0`,
} as const

/** Kinds of things that both a statement and our books know. */
export type FactKind = keyof typeof OURS

const facts = (
  kind: FactKind,
) => `select '${kind}:' || ours.key as item, ours.ref, ours.payment_id, ours.payout_id,
    ours.asset, ours.net::text as net, ours.fee::text as fee, ours.standing, ours.state, ours.since, ours.until,
    ours.expected::text as expected, ours.booked::text as booked, told.settled, told.pending, told.failed, told.copies,
    told.net::text as told_net, told.fee::text as told_fee, told.first_at, told.last_settled_at, told.last_at,
    told.other_item,
    coalesce(told.is_other_asset, false) as is_other_asset, coalesce(told.refs, '[]') as refs,
    coalesce((
      select true from lastro.reconciliation_line line
      where line.provider = $1::text and line.other_item = '${kind}:' || ours.key and line.gone_at is null
      limit 1), false) as is_named,
    $3::text::tstzmultirange @> tstzrange(
      least(ours.since, ours.until) - $4::bigint * interval '1 millisecond',
      greatest(ours.since, ours.until) + $4::bigint * interval '1 millisecond', '[]') as is_covered
  from (${OURS[kind]}) ours
  cross join lateral (
    select count(*) filter (where line.state = 'settled')::int as settled,
      count(*) filter (where line.state = 'pending')::int as pending,
      count(*) filter (where line.state = 'failed')::int as failed,
      count(*) filter (where line.state = 'settled' and sign(line.amount) = sign(ours.net))::int as copies,
      sum(line.amount) filter (where line.state = 'settled') as net,
      sum(line.fee) filter (where line.state = 'settled') as fee,
      min(line.occurred_at) filter (where line.state = 'settled') as first_at,
      max(line.occurred_at) filter (where line.state = 'settled') as last_settled_at,
      max(line.occurred_at) as last_at, min(line.other_item) as other_item,
      bool_or(line.asset <> ours.asset) as is_other_asset,
      json_agg(line.ref order by line.ref)::text as refs
    from lastro.reconciliation_line line
    where line.provider = $1::text and line.item = '${kind}:' || ours.key and line.gone_at is null
  ) told`

/** One statement for each kind. */
export const RECONCILIATION_FACTS_SQL = {
  receipt: facts('receipt'),
  refund: facts('refund'),
  dispute: facts('dispute'),
  payout: facts('payout'),
  returned: facts('returned'),
} as const satisfies Record<FactKind, string>
