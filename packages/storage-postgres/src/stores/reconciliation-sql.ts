const RUN = `id, provider, state, phase, place, from_at, to_at, read_from, read_to, began_at, listed_after_ms, progress,
  report, error, created_at, updated_at, completed_at, version`

const DRIFT = `id, provider, class, subject, kind, payment_id, payout_id, refs, asset, ours::text as ours,
  theirs::text as theirs, ledger::text as ledger, detail, repair, suggestions, state, reason, attempts, trouble,
  occurred_at, first_seen_at, last_seen_at, first_run, last_run, version`

const LIVE = `state in ('open', 'proposed', 'dismissed')`

/** The things that lines of $1 and $2 name, the surest first. */
const NAMED = `
    select 'refund:' || asked.id as item, asked.payment_id, 1 as rank
    from lastro.payment_operation asked
    join lastro.payment payment on payment.id = asked.payment_id and payment.provider = line.provider
    where line.kind = 'refund' and asked.id = line.idempotency_key and asked.kind = 'refund'
    union all
    select case line.kind when 'payout' then 'payout:' else 'returned:' end || payout.id, null, 1
    from lastro.payout payout
    where line.kind in ('payout', 'payout_returned') and payout.id = line.idempotency_key and payout.provider = line.provider
    union all
    select case line.kind when 'dispute' then 'dispute:' || payment.id end, payment.id, 1
    from lastro.payment payment
    where line.kind in ('receipt', 'refund', 'dispute') and payment.id = line.idempotency_key
      and payment.provider = line.provider
    union all
    select 'receipt:' || receipt.ref, receipt.payment_id, 2 from lastro.payment_receipt receipt
    where line.kind = 'receipt' and receipt.provider = line.provider and receipt.ref = line.ref
    union all
    select 'refund:' || coalesce(refund.operation_id, refund.ref), refund.payment_id, 2 from lastro.payment_refund refund
    where line.kind = 'refund' and refund.provider = line.provider and refund.ref = line.ref
    union all
    select 'dispute:' || dispute.payment_id, dispute.payment_id, 2 from lastro.payment_dispute dispute
    where line.kind = 'dispute' and dispute.provider = line.provider and dispute.ref = line.ref
    union all
    select case line.kind when 'payout' then 'payout:' else 'returned:' end || payout.id, null, 2
    from lastro.payout payout
    where line.kind in ('payout', 'payout_returned') and payout.provider = line.provider
      and payout.provider_ref = line.provider_ref
    union all
    select 'payout:' || payout.id, null, 2 from lastro.payout payout
    where line.kind = 'payout' and payout.provider = line.provider and payout.provider_ref = line.ref
    union all
    select case line.kind when 'payout' then 'payout:' else 'returned:' end || payout.id, null, 3
    from lastro.payout payout
    where line.kind in ('payout', 'payout_returned') and payout.provider = line.provider
      and payout.end_to_end_id = case line.kind when 'payout' then line.ref else line.provider_ref end
    union all
    select case line.kind when 'dispute' then 'dispute:' || known.payment_id end, known.payment_id, 3
    from lastro.payment_ref known
    where line.kind in ('receipt', 'refund', 'dispute') and known.provider = line.provider and known.ref = line.provider_ref
    union all
    select case line.kind when 'dispute' then 'dispute:' || receipt.payment_id end, receipt.payment_id, 4
    from lastro.payment_receipt receipt
    where line.kind in ('refund', 'dispute') and receipt.provider = line.provider and receipt.ref = line.provider_ref`

/** What a transfer on a provider's account is of ours. */
const ITEM_OF_TRANSFER = `case
      when booked.id like '%:post' and starts_with(booked.cause, 'pout_') then 'payout:' || booked.cause
      when booked.id like '%:post' and (select true from lastro.payment where id = booked.cause)
        then 'refund:' || split_part(booked.id, ':', 1)
      when not starts_with(booked.id, booked.cause || ':') then null
      when split_part(booked.id, ':', 2) = 'return' and (select true from lastro.payout where id = booked.cause)
        then 'returned:' || booked.cause
      when split_part(booked.id, ':', 2) in ('blocked', 'unblocked', 'disputed', 'reinstated', 'lost', 'lost_returned')
        or (split_part(booked.id, ':', 2) in ('fee', 'fee_returned') and booked.id ~ ':dispute-[0-9]+$') then 'dispute:' || booked.cause
      when split_part(booked.id, ':', 2) in ('receipt', 'fee') then coalesce((
        select min('receipt:' || receipt.ref) from lastro.payment_receipt receipt
        where receipt.payment_id = booked.cause and lastro.reconciliation_step(booked.id) =
          booked.cause || ':' || split_part(booked.id, ':', 2) || ':' || lastro.reconciliation_ref_key(receipt.ref)), 'posting:' || booked.id)
      when split_part(booked.id, ':', 2) in ('refund', 'refund_returned') then coalesce((
        select min('refund:' || coalesce(refund.operation_id, refund.ref)) from lastro.payment_refund refund
        where refund.payment_id = booked.cause and regexp_replace(booked.id, ':suspense$', '') =
          booked.cause || ':' || split_part(booked.id, ':', 2) || ':' || lastro.reconciliation_ref_key(refund.ref)), 'posting:' || booked.id)
    end`

/** The statements of runs and lines. */
export const RECONCILIATION_SQL = {
  insertRun: `insert into lastro.reconciliation_run (${RUN})
    values ($1::text, $2::text, $3::text, $4::text, $5::text, $6::text::timestamptz, $7::text::timestamptz,
      $8::text::timestamptz, $9::text::timestamptz, $10::text::timestamptz, $11::int, $12::text, $13::text, $14::text,
      $15::text::timestamptz, $16::text::timestamptz, $17::text::timestamptz, $18::int)`,
  getRun: `select ${RUN} from lastro.reconciliation_run where id = $1::text`,
  lockRun: `select ${RUN} from lastro.reconciliation_run where id = $1::text for update`,
  updateRun: `update lastro.reconciliation_run set state = $2::text, phase = $3::text, place = $4::text,
      began_at = $5::text::timestamptz, progress = $6::text, report = $7::text, error = $8::text,
      updated_at = $9::text::timestamptz, completed_at = $10::text::timestamptz, version = $11::int
    where id = $1::text and version = $11::int - 1 returning id`,
  underWaySince: `select max(updated_at) as at from lastro.reconciliation_run
    where provider = $1::text and state in ('reading', 'matching')`,
  comparedTo: `select max(to_at) as at from lastro.reconciliation_run
    where provider = $1::text and state = 'completed'
      and to_at - from_at >= $2::bigint * interval '1 millisecond'`,
  listRuns: `select ${RUN} from lastro.reconciliation_run
    where ($1::text is null or provider = $1::text) and ($2::text is null or id < $2::text)
    order by id desc limit $3::int`,
  saveLines: `insert into lastro.reconciliation_line as known (provider, ref, kind, provider_ref, idempotency_key, asset,
      amount, fee, state, occurred_at, first_seen_at, last_seen_at, last_run)
    select distinct on (told.ref) $1::text, told.ref, told.kind, told.provider_ref, told.idempotency_key, told.asset,
      told.amount::numeric, told.fee::numeric, told.state, told.occurred_at::timestamptz, $3::text::timestamptz,
      $3::text::timestamptz, $4::text
    from rows from (jsonb_to_recordset($2::text::jsonb) as (ref text, kind text, provider_ref text, idempotency_key text,
      asset text, amount text, fee text, state text, occurred_at text)) with ordinality as told
      (ref, kind, provider_ref, idempotency_key, asset, amount, fee, state, occurred_at, place)
    order by told.ref, told.place desc
    on conflict (provider, ref) do update set kind = excluded.kind, provider_ref = excluded.provider_ref,
      idempotency_key = excluded.idempotency_key, asset = excluded.asset, amount = excluded.amount, fee = excluded.fee,
      state = excluded.state, occurred_at = excluded.occurred_at, last_seen_at = excluded.last_seen_at,
      last_run = excluded.last_run, gone_at = null,
      is_open = known.is_open or known.gone_at is not null or
        (known.kind, known.provider_ref, known.idempotency_key, known.asset, known.amount, known.fee, known.state,
          known.occurred_at) is distinct from
        (excluded.kind, excluded.provider_ref, excluded.idempotency_key, excluded.asset, excluded.amount, excluded.fee,
          excluded.state, excluded.occurred_at)`,
  markGone: `update lastro.reconciliation_line set gone_at = $5::text::timestamptz, is_open = true
    where provider = $1::text and occurred_at >= $2::text::timestamptz and occurred_at < $3::text::timestamptz
      and last_seen_at <= $4::text::timestamptz and last_run <> $6::text and gone_at is null`,
  readRefs: `select ref, concat(to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '|', ref) as place
    from lastro.reconciliation_line
    where provider = $1::text and occurred_at >= $2::text::timestamptz and occurred_at < $3::text::timestamptz
      and (occurred_at, ref) > ($4::text::timestamptz, $5::text) and (gone_at is null or is_open)
    order by occurred_at, ref limit $6::int`,
  waitingRefs: `select ref, ref as place from lastro.reconciliation_line
    where provider = $1::text and is_open and ref > $4::text
      and (occurred_at < $2::text::timestamptz or occurred_at >= $3::text::timestamptz)
    order by ref limit $5::int`,
  matchLines: `update lastro.reconciliation_line known
    set item = found.item, other_item = found.other_item, payment_id = found.payment_id
    from (
      select line.ref, (array_agg(named.item order by named.rank, named.item) filter (where named.item is not null))[1] as item,
        case when min(named.item) <> max(named.item) then (array_agg(distinct named.item) filter (where named.item is not null))[
          case when (array_agg(distinct named.item) filter (where named.item is not null))[1] =
            (array_agg(named.item order by named.rank, named.item) filter (where named.item is not null))[1] then 2 else 1 end]
        end as other_item,
        (array_agg(named.payment_id order by named.rank) filter (where named.payment_id is not null))[1] as payment_id
      from lastro.reconciliation_line line
      left join lateral (${NAMED}) named on true
      where line.provider = $1::text and line.ref = any($2::text::text[])
      group by line.ref
    ) found
    where known.provider = $1::text and known.ref = found.ref
      and (known.item, known.other_item, known.payment_id) is distinct from (found.item, found.other_item, found.payment_id)`,
  lines: `select ref, kind, asset, amount::text as amount, fee::text as fee, state, occurred_at, item, other_item, payment_id,
      gone_at is not null as is_gone
    from lastro.reconciliation_line where provider = $1::text and ref = any($2::text::text[]) order by ref`,
  markOpen: `update lastro.reconciliation_line set is_open = not is_open
    where provider = $1::text and ref = any($2::text::text[]) and is_open <> (ref = any($3::text::text[]))`,
  coverage: `select coalesce(range_agg(tstzrange(read_from, until)), '{}')::text as covered
    from (
      select read_from, least(read_to, began_at - listed_after_ms * interval '1 millisecond') as until
      from lastro.reconciliation_run where provider = $1::text and state in ('matching', 'completed')
    ) run where until > read_from`,
  accounts: `select id as account, asset from lastro.ledger_account
    where id >= 'receivable:' || $1::text || ':' and id < 'receivable:' || $1::text || ';'
      or id >= 'provider:' || $1::text || ':' and id < 'provider:' || $1::text || ';'
    order by id`,
  moves: `with place as (select number from lastro.ledger_account where id = $1::text),
    side as (
      (select number, debit_version as version, 1 as direction from lastro.ledger_transfer
        where debit_account = (select number from place) and debit_version > $2::text::bigint
          and debit_version <= $3::text::bigint order by debit_version limit $4::int)
      union all
      (select number, credit_version, -1 from lastro.ledger_transfer
        where credit_account = (select number from place) and credit_version > $2::text::bigint
          and credit_version <= $3::text::bigint order by credit_version limit $4::int)
    ),
    picked as (select * from side order by version limit $4::int)
    select picked.version::text as version, booked.id as transfer, booked.cause, booked.booked_at,
      case when booked.kind in ('posted', 'post') then picked.direction * booked.amount else 0 end::text as amount,
      case when booked.kind in ('posted', 'post') then ${ITEM_OF_TRANSFER} end as item
    from picked cross join lateral (
      -- The ledger's ids sort by bytes; compared so, no index of the rails would be used.
      select id collate "default" as id, cause collate "default" as cause, kind, amount, booked_at
      from lastro.ledger_transfer where number = picked.number offset 0
    ) booked
    order by picked.version`,
  itemsOf: `select wanted.id as transfer, case when booked.id is not null then ${ITEM_OF_TRANSFER} end as item
    from unnest($1::text::text[]) wanted (id)
    left join lateral (
      select id collate "default" as id, cause collate "default" as cause
      from lastro.ledger_transfer where id = wanted.id offset 0
    ) booked on true`,
} as const

const SEEN = `jsonb_to_recordset($1::text::jsonb) as seen (id text, class text, subject text, kind text, payment_id text,
      payout_id text, refs text, asset text, ours text, theirs text, ledger text, detail text, repair text, state text,
      occurred_at text)`

/** The statements of drifts. */
export const RECONCILIATION_DRIFT_SQL = {
  reopen: `update lastro.reconciliation_drift known set state = 'open', reason = null, version = known.version + 1
    from ${SEEN}
    where known.provider = $2::text and known.class = seen.class and known.subject = seen.subject
      and known.state = 'dismissed' and (known.ours, known.theirs, known.ledger, known.asset) is distinct from
        (seen.ours::numeric, seen.theirs::numeric, seen.ledger::numeric, seen.asset)
    returning known.id`,
  see: `insert into lastro.reconciliation_drift as known (id, provider, class, subject, kind, payment_id, payout_id, refs,
      asset, ours, theirs, ledger, detail, repair, suggestions, state, occurred_at, first_seen_at, last_seen_at, first_run,
      last_run)
    select seen.id, $2::text, seen.class, seen.subject, seen.kind, seen.payment_id, seen.payout_id, seen.refs, seen.asset,
      seen.ours::numeric, seen.theirs::numeric, seen.ledger::numeric, seen.detail, seen.repair, '[]', seen.state,
      seen.occurred_at::timestamptz, $3::text::timestamptz, $3::text::timestamptz, $4::text, $4::text
    from ${SEEN}
    on conflict (provider, class, subject) where ${LIVE} do update set payment_id = excluded.payment_id,
      payout_id = excluded.payout_id, refs = excluded.refs, asset = excluded.asset, ours = excluded.ours,
      theirs = excluded.theirs, ledger = excluded.ledger, detail = excluded.detail, repair = excluded.repair,
      last_seen_at = excluded.last_seen_at, last_run = excluded.last_run, version = known.version + 1
    returning ${DRIFT}`,
  unseen: `select ${DRIFT} from lastro.reconciliation_drift
    where provider = $1::text and ${LIVE} and last_run <> $2::text and id > $3::text order by id limit $4::int`,
  end: `update lastro.reconciliation_drift
    set state = case when attempts > 0 and state <> 'dismissed' then 'repaired' else 'closed' end,
      last_seen_at = $2::text::timestamptz, version = version + 1
    where id = any($1::text::text[]) and ${LIVE} returning ${DRIFT}`,
  get: `select ${DRIFT} from lastro.reconciliation_drift where id = $1::text`,
  lock: `select ${DRIFT} from lastro.reconciliation_drift where id = $1::text for update`,
  update: `update lastro.reconciliation_drift set state = $2::text, reason = $3::text, attempts = $4::int, trouble = $5::text,
      version = $6::int
    where id = $1::text and version = $6::int - 1 returning id`,
  list: `select ${DRIFT} from lastro.reconciliation_drift
    where ($1::text is null or provider = $1::text) and ($2::text is null or state = $2::text)
      and ($3::text is null or class = $3::text) and ($4::text is null or payment_id = $4::text)
      and ($5::text is null or payout_id = $5::text) and ($6::text is null or id < $6::text)
    order by id desc limit $7::int`,
  sums: `select class, asset, count(*)::int as count,
      sum(case class when 'ledger' then coalesce(ledger, 0) - coalesce(ours, 0)
        else coalesce(ours, 0) - coalesce(theirs, 0) end)::text as sum
    from lastro.reconciliation_drift where provider = $1::text and state in ('open', 'proposed')
    group by class, asset order by class, asset`,
  suggest: `with wanted as (
      select * from lastro.reconciliation_drift
      where provider = $1::text and first_run = $2::text and class = 'missing_here' and state in ('open', 'proposed')
        and payment_id is null and payout_id is null
      order by id limit 1000
    ),
    hints as (
      select wanted.id, hint.id as hint
      from wanted join lastro.payment hint on hint.provider = wanted.provider and hint.asset = wanted.asset
        and hint.amount = wanted.theirs and hint.received = 0 and hint.state <> 'paid' and wanted.kind = 'receipt'
        and hint.created_at between wanted.occurred_at - $3::bigint * interval '1 millisecond' and wanted.occurred_at
      union all
      select wanted.id, other.subject
      from wanted join lastro.reconciliation_drift other on other.provider = wanted.provider
        and other.asset = wanted.asset and other.ours = wanted.theirs and other.kind = wanted.kind
        and other.class = 'missing_there' and other.state in ('open', 'proposed')
        and other.occurred_at between wanted.occurred_at - $3::bigint * interval '1 millisecond'
          and wanted.occurred_at + $3::bigint * interval '1 millisecond'
    )
    update lastro.reconciliation_drift known set suggestions = found.hints
    from (
      select id, (json_agg(hint order by hint) filter (where place <= 5))::text as hints
      from (select id, hint, row_number() over (partition by id order by hint) as place from hints) numbered group by id
    ) found where known.id = found.id`,
} as const
