/**
 * Reading at an instant. Two indexes a side hold only transfers with a date of their own and transfers that are or
 * settle holds; a plain posted transfer is in none of them.
 *
 * The past is found without an index on the time of booking: transfers are numbered in the order in which they were
 * booked, so an instant is a number, found by halving; and an account's versions rise with the numbers.
 */
const searches = `
create index ledger_transfer_debit_dated on lastro.ledger_transfer (debit_account, effective_at, number)
  where effective_at is not null;
create index ledger_transfer_credit_dated on lastro.ledger_transfer (credit_account, effective_at, number)
  where effective_at is not null;
create index ledger_transfer_debit_held on lastro.ledger_transfer (debit_account, debit_version) where kind <> 'posted';
create index ledger_transfer_credit_held on lastro.ledger_transfer (credit_account, credit_version) where kind <> 'posted';

-- The last number booked before an instant. The clocks of hosts differ, so the times of neighbours may be out of order:
-- then it is one place between them, the same for every account and the same whenever it is asked.
create function lastro.ledger_cut(p_before timestamptz) returns bigint language plpgsql stable as $function$
declare
  v_cut bigint := 0;
  v_last bigint;
  v_step bigint := 1;
  v_at timestamptz;
begin
  select number into v_last from lastro.ledger_transfer order by number desc limit 1;
  if not found then return 0; end if;
  -- Steps are powers of two, so that later transfers do not change the path.
  while v_step <= v_last / 2 loop v_step := v_step * 2; end loop;
  while v_step > 0 loop
    select booked_at into v_at from lastro.ledger_transfer where number >= v_cut + v_step order by number limit 1;
    if found and v_at < p_before then v_cut := v_cut + v_step; end if;
    v_step := v_step / 2;
  end loop;
  return v_cut;
end
$function$;

-- The account's version after its last transfer up to a number.
create function lastro.ledger_version_at(p_account bigint, p_cut bigint) returns bigint language plpgsql stable as $function$
declare
  v_low bigint := 0;
  v_high bigint := (select version from lastro.ledger_account where number = p_account);
  v_middle bigint;
  v_number bigint;
begin
  while v_low < v_high loop
    -- The first look is at the last version: most questions are about now.
    v_middle := case when v_number is null then v_high else (v_low + v_high + 1) / 2 end;
    select number into v_number from lastro.ledger_transfer where debit_account = p_account and debit_version = v_middle;
    if not found then
      select number into v_number from lastro.ledger_transfer where credit_account = p_account and credit_version = v_middle;
    end if;
    if v_number is null then v_number := 9223372036854775807; end if;
    if v_number <= p_cut then v_low := v_middle; else v_high := v_middle - 1; end if;
  end loop;
  return coalesce(v_low, 0);
end
$function$;

-- An account right after one of its versions: posted on its normal side, and debits and credits held.
create function lastro.ledger_account_at(p_account bigint, p_version bigint,
  out posted numeric, out debits_held numeric, out credits_held numeric) language plpgsql stable as $function$
begin
  select debit_posted into posted from lastro.ledger_transfer where debit_account = p_account and debit_version = p_version;
  if not found then
    select credit_posted into posted from lastro.ledger_transfer where credit_account = p_account and credit_version = p_version;
  end if;
  select debit_held into debits_held from lastro.ledger_transfer
    where debit_account = p_account and debit_version <= p_version and kind <> 'posted' order by debit_version desc limit 1;
  select credit_held into credits_held from lastro.ledger_transfer
    where credit_account = p_account and credit_version <= p_version and kind <> 'posted' order by credit_version desc limit 1;
  posted := coalesce(posted, 0);
  debits_held := coalesce(debits_held, 0);
  credits_held := coalesce(credits_held, 0);
end
$function$;

-- An account before an instant, up to one of its versions. By the time of booking: right after the last version before
-- the instant. By the effective time: that, less what was booked before and counts after, and more what was booked after
-- and counts before. Only transfers with a date of their own can be either.
create function lastro.ledger_balance_at(p_account bigint, p_before timestamptz, p_cut bigint, p_is_effective boolean,
  p_last bigint, out version bigint, out posted numeric, out debits_held numeric, out credits_held numeric)
language plpgsql stable as $function$
#variable_conflict use_column
declare
  v_version bigint := least(lastro.ledger_version_at(p_account, p_cut), p_last);
  v_is_debit boolean := (select normal_side = 'debit' from lastro.ledger_account where number = p_account);
  v_debits numeric; v_credits numeric; v_debits_held numeric; v_credits_held numeric;
begin
  version := v_version;
  select at.posted, at.debits_held, at.credits_held into posted, debits_held, credits_held
    from lastro.ledger_account_at(p_account, v_version) at;
  if not p_is_effective then return; end if;
  select coalesce(sum(sign * moved) filter (where is_debit), 0), coalesce(sum(sign * moved) filter (where not is_debit), 0),
    coalesce(sum(sign * held) filter (where is_debit), 0), coalesce(sum(sign * held) filter (where not is_debit), 0)
  into v_debits, v_credits, v_debits_held, v_credits_held
  from (
    select dated.is_debit, dated.sign, case when dated.kind in ('posted', 'post') then dated.amount else 0 end as moved,
      case when dated.kind = 'pending' then dated.amount
        when dated.hold is not null then -(select amount from lastro.ledger_transfer where number = dated.hold) else 0 end as held
    from (
      select true as is_debit, -1 as sign, kind, amount, hold from lastro.ledger_transfer
        where debit_account = p_account and effective_at >= p_before and debit_version <= v_version
      union all
      select true, 1, kind, amount, hold from lastro.ledger_transfer
        where debit_account = p_account and effective_at < p_before and debit_version > v_version and debit_version <= p_last
      union all
      select false, -1, kind, amount, hold from lastro.ledger_transfer
        where credit_account = p_account and effective_at >= p_before and credit_version <= v_version
      union all
      select false, 1, kind, amount, hold from lastro.ledger_transfer
        where credit_account = p_account and effective_at < p_before and credit_version > v_version and credit_version <= p_last
    ) dated
  ) change;
  posted := posted + case when v_is_debit then v_debits - v_credits else v_credits - v_debits end;
  debits_held := debits_held + v_debits_held;
  credits_held := credits_held + v_credits_held;
end
$function$;

-- Lines of a statement in the order of their effective times, after the version p_version of those that count when they
-- were booked and after (p_time, p_number) of those with a date of their own. Two ordered streams, each by its own index.
create function lastro.ledger_effective_lines(p_account bigint, p_from timestamptz, p_to timestamptz, p_last bigint,
  p_version bigint, p_time timestamptz, p_number bigint, p_limit int)
returns table (number bigint, is_debit boolean, version bigint, is_dated boolean, at timestamptz)
language plpgsql stable as $function$
#variable_conflict use_column
declare
  v_numbers bigint[]; v_debits boolean[]; v_versions bigint[]; v_times timestamptz[];
  v_end bigint := least(lastro.ledger_version_at(p_account, lastro.ledger_cut(p_to)), p_last);
begin
  select array_agg(number), array_agg(is_debit), array_agg(version), array_agg(at)
  into v_numbers, v_debits, v_versions, v_times
  from (
    select * from (
      (select number, true as is_debit, debit_version as version, effective_at as at from lastro.ledger_transfer
        where debit_account = p_account and (effective_at, number) > (p_time, p_number) and effective_at >= p_from
          and effective_at < p_to and debit_version <= p_last
        order by effective_at, number limit p_limit)
      union all
      (select number, false, credit_version, effective_at from lastro.ledger_transfer
        where credit_account = p_account and (effective_at, number) > (p_time, p_number) and effective_at >= p_from
          and effective_at < p_to and credit_version <= p_last
        order by effective_at, number limit p_limit)
    ) both_sides order by at, number limit p_limit
  ) dated;
  -- What was booked after the last of a full page of dated ones cannot be on this page.
  if cardinality(v_times) = p_limit then
    v_end := least(v_end, lastro.ledger_version_at(p_account,
      lastro.ledger_cut(v_times[p_limit] + interval '1 microsecond')));
  end if;
  return query
    select merged.number, merged.is_debit, merged.version, merged.is_dated, merged.at
    from (
      select dated.number, dated.is_debit, dated.version, true as is_dated, dated.at
      from unnest(v_numbers, v_debits, v_versions, v_times) dated (number, is_debit, version, at)
      union all
      -- Where clocks differ, a later version keeps its place after the earlier ones.
      select number, is_debit, version, false, max(at) over (order by version)
      from (
        select * from (
          (select number, true as is_debit, debit_version as version, booked_at as at from lastro.ledger_transfer
            where debit_account = p_account and debit_version > p_version and debit_version <= v_end and effective_at is null
            order by debit_version limit p_limit)
          union all
          (select number, false, credit_version, booked_at from lastro.ledger_transfer
            where credit_account = p_account and credit_version > p_version and credit_version <= v_end and effective_at is null
            order by credit_version limit p_limit)
        ) both_sides order by version limit p_limit
      ) undated
    ) merged
    order by merged.at, merged.number limit p_limit;
end
$function$;
`

/**
 * Views for other programs. A column is never renamed, retyped or taken away; another shape is another version. They
 * read what the tables hold: ask them with a condition on an account, an id or a number.
 */
const views = `
create view lastro.ledger_accounts_v1 as
  select id as account, asset, normal_side, case when no_overdraft then 'no_overdraft' else 'none' end as "constraint",
    minimum, maximum, state, metadata, opened_at, version
  from lastro.ledger_account;

create view lastro.ledger_balances_v1 as
  select id as account, asset, version, debits_posted, credits_posted, debits_pending, credits_pending,
    case normal_side when 'debit' then debits_posted - credits_posted else credits_posted - debits_posted end as posted,
    case normal_side when 'debit' then debits_pending else credits_pending end as pending_in,
    case normal_side when 'debit' then credits_pending else debits_pending end as pending_out,
    case normal_side when 'debit' then debits_posted - credits_posted - credits_pending
      else credits_posted - debits_posted - debits_pending end as available
  from lastro.ledger_account;

create view lastro.ledger_transfers_v1 as
  select booked.number, booked.id as transfer, booked.kind, debit.id as debit_account, credit.id as credit_account,
    debit.asset, booked.amount, held.id as hold, hold.state as hold_state, booked.cause, booked.memo, booked.booked_at,
    coalesce(booked.effective_at, booked.booked_at) as effective_at, booked.expires_at
  from lastro.ledger_transfer booked
  join lastro.ledger_account debit on debit.number = booked.debit_account
  join lastro.ledger_account credit on credit.number = booked.credit_account
  left join lastro.ledger_transfer held on held.number = booked.hold
  left join lastro.ledger_hold hold on hold.number = booked.number and booked.kind = 'pending';

create view lastro.ledger_entries_v1 as
  select booked.number, booked.id as transfer, booked.kind, account.id as account, account.asset, 'debit' as side,
    booked.debit_version as version, case when booked.kind in ('posted', 'post') then booked.amount else 0 end as amount,
    booked.debit_posted - case when booked.kind not in ('posted', 'post') then 0
      when account.normal_side = 'debit' then booked.amount else -booked.amount end as balance_before,
    booked.debit_posted as balance_after, booked.cause, booked.memo, booked.booked_at,
    coalesce(booked.effective_at, booked.booked_at) as effective_at
  from lastro.ledger_transfer booked join lastro.ledger_account account on account.number = booked.debit_account
  union all
  select booked.number, booked.id, booked.kind, account.id, account.asset, 'credit',
    booked.credit_version, case when booked.kind in ('posted', 'post') then booked.amount else 0 end,
    booked.credit_posted - case when booked.kind not in ('posted', 'post') then 0
      when account.normal_side = 'credit' then booked.amount else -booked.amount end,
    booked.credit_posted, booked.cause, booked.memo, booked.booked_at,
    coalesce(booked.effective_at, booked.booked_at)
  from lastro.ledger_transfer booked join lastro.ledger_account account on account.number = booked.credit_account;
`

/** Indexes, functions and views for reading the past. */
export const reading = searches + views
