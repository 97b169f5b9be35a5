/**
 * Recomputes the books from the transfers and answers what does not fit. One statement, so all of it is seen at one
 * moment, also while others book. It reads every transfer.
 */
export const verifyFunction = `
create function lastro.ledger_verify(p_limit int) returns table (rule text, subject text, detail text)
language sql stable as $function$
with entry as (
  select side.account, side.side, side.version, side.posted_after, side.held_after, booked.kind, booked.id,
    case when booked.kind in ('posted', 'post') then booked.amount else 0 end as moved,
    case when booked.kind = 'pending' then booked.amount when booked.hold is not null then -held.amount else 0 end as held
  from lastro.ledger_transfer booked
  left join lastro.ledger_transfer held on held.number = booked.hold
  cross join lateral (values
    ('debit', booked.debit_account, booked.debit_version, booked.debit_posted, booked.debit_held),
    ('credit', booked.credit_account, booked.credit_version, booked.credit_posted, booked.credit_held)
  ) side (side, account, version, posted_after, held_after)
),
total as (
  select account, count(*) as entries, count(distinct version) as versions, min(version) as lowest, max(version) as highest,
    coalesce(sum(moved) filter (where side = 'debit'), 0) as debits,
    coalesce(sum(moved) filter (where side = 'credit'), 0) as credits,
    coalesce(sum(held) filter (where side = 'debit'), 0) as debits_held,
    coalesce(sum(held) filter (where side = 'credit'), 0) as credits_held
  from entry group by account
),
running as (
  select entry.id, entry.posted_after, account.id as account_id,
    sum(case when entry.side = account.normal_side then entry.moved else -entry.moved end)
      over (partition by entry.account order by entry.version) as recomputed,
    entry.held_after, case when entry.kind <> 'posted' then sum(entry.held)
      over (partition by entry.account, entry.side order by entry.version) end as held_recomputed
  from entry join lastro.ledger_account account on account.number = entry.account
),
breach as (
  select 'sum_zero' as rule, asset as subject,
    format('debits %s, credits %s, debits held %s, credits held %s',
      sum(debits_posted), sum(credits_posted), sum(debits_pending), sum(credits_pending)) as detail
  from lastro.ledger_account group by asset
  having sum(debits_posted) <> sum(credits_posted) or sum(debits_pending) <> sum(credits_pending)
  union all
  select 'balance_equals_transfers', account.id,
    format('account says %s %s %s %s, transfers say %s %s %s %s', account.debits_posted, account.credits_posted,
      account.debits_pending, account.credits_pending, total.debits, total.credits, total.debits_held, total.credits_held)
  from lastro.ledger_account account left join total on total.account = account.number
  where (account.debits_posted, account.credits_posted, account.debits_pending, account.credits_pending) is distinct from
    (coalesce(total.debits, 0), coalesce(total.credits, 0), coalesce(total.debits_held, 0), coalesce(total.credits_held, 0))
  union all
  select 'versions_gapless', account.id,
    format('version %s, %s transfers from %s to %s', account.version, total.entries, total.lowest, total.highest)
  from lastro.ledger_account account left join total on total.account = account.number
  where account.version <> coalesce(total.entries, 0) or total.versions <> total.entries
    or total.lowest <> 1 or total.highest <> account.version
  union all
  select 'balance_after', id, format('on %s says %s, should be %s', account_id, posted_after, recomputed)
  from running where posted_after <> recomputed
  union all
  select 'held_after', id, format('on %s says %s, should be %s', account_id, held_after, held_recomputed)
  from running where held_after is distinct from held_recomputed
  union all
  select 'accounts_known', booked.id, 'an account of it is not there'
  from lastro.ledger_transfer booked
  left join lastro.ledger_account debit on debit.number = booked.debit_account
  left join lastro.ledger_account credit on credit.number = booked.credit_account
  where debit.number is null or credit.number is null
  union all
  select 'transfer_form', booked.id, 'its id, its cause or what it balances is none'
  from lastro.ledger_transfer booked
  where length(booked.id) not between 1 and 135 or booked.cause = '' or booked.balancing not in ('debit', 'credit')
  union all
  select 'one_asset', booked.id, format('debits %s, credits %s', debit.asset, credit.asset)
  from lastro.ledger_transfer booked
  join lastro.ledger_account debit on debit.number = booked.debit_account
  join lastro.ledger_account credit on credit.number = booked.credit_account
  where debit.asset <> credit.asset
  union all
  select 'hold_state', booked.id, format('is %s, settled by %s', coalesce(hold.state, 'missing'), coalesce(settled.kind, 'nothing'))
  from lastro.ledger_transfer booked
  left join lastro.ledger_hold hold on hold.number = booked.number
  left join lastro.ledger_transfer settled on settled.hold = booked.number
  where booked.kind = 'pending' and (hold.state is distinct from
    case settled.kind when 'post' then 'posted' when 'void' then 'voided' when 'expire' then 'expired' else 'open' end
    or hold.expires_at is distinct from booked.expires_at)
  union all
  select 'hold_state', hold.number::text, 'there is no pending transfer of this number'
  from lastro.ledger_hold hold
  left join lastro.ledger_transfer booked on booked.number = hold.number and booked.kind = 'pending'
  where booked.number is null
  union all
  select 'hold_settlement', booked.id, 'does not settle a hold between the same accounts, within its amount'
  from lastro.ledger_transfer booked
  left join lastro.ledger_transfer held on held.number = booked.hold and held.kind = 'pending'
  where booked.hold is not null and (held.number is null
    or (held.debit_account, held.credit_account) <> (booked.debit_account, booked.credit_account)
    or booked.amount > held.amount or (booked.kind <> 'post' and booked.amount <> held.amount))
)
select rule, subject, detail from breach order by rule, subject limit p_limit
$function$;
`
