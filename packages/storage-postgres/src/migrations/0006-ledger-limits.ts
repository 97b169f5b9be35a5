/** A window is counted in this many parts, and the one under way. */
const PARTS = 24

/**
 * Velocity limits: what may leave or enter an account within a rolling window. The counters stand in the row of the
 * limit and change under the lock of the account, so two transfers can never both take the last of a limit.
 *
 * A window is counted in 24 parts plus the one under way: work and space do not grow with the number of transfers, and
 * never more than the amount passes within any window. The price: what passed up to a 24th of a window too long ago may
 * still count.
 */
export const limits = `
create table lastro.ledger_limit (
  account bigint not null,
  name text collate "C" not null check (octet_length(name) between 1 and 64),
  direction text not null check (direction in ('out', 'in')),
  amount numeric(78, 0) not null check (amount >= 0),
  window_ms bigint not null check (window_ms >= 60000 and window_ms % ${PARTS} = 0),
  -- Transfers up to this number were booked before the limit was set, and are not counted.
  since bigint not null,
  -- The latest part of a window that was counted, and what was counted in each of the last ${PARTS + 1}.
  part bigint not null,
  counted numeric[] not null,
  primary key (account, name)
) with (fillfactor = 50);

-- What the parts hold once p_part is the latest: those that are too old are emptied. Part p stands at p % ${PARTS + 1}.
create function lastro.ledger_limit_parts(p_counted numeric[], p_latest bigint, p_part bigint) returns numeric[]
language sql immutable as $function$
  select array_agg(
    case when p_part - (p_part - place + ${PARTS + 1}) % ${PARTS + 1} > p_latest then 0 else p_counted[place + 1] end
    order by place)
  from generate_series(0, ${PARTS}) place
$function$;

-- Counts an amount that is about to move or to be held, or answers the side and the name of the limit that forbids it,
-- and then counts nothing. A clock that went back counts in the latest part.
create function lastro.ledger_take_limits(p_debit bigint, p_debit_is_debit boolean, p_credit bigint,
  p_credit_is_debit boolean, p_amount numeric, p_at timestamptz) returns text language plpgsql as $function$
declare
  v_limit record;
begin
  for v_pass in 1..2 loop
    for v_limit in
      select side.name as side, asked.account, asked.name, asked.amount, now_part.part,
        lastro.ledger_limit_parts(asked.counted, asked.part, now_part.part) as counted
      from (values
        ('debit', p_debit, case when p_debit_is_debit then 'in' else 'out' end),
        ('credit', p_credit, case when p_credit_is_debit then 'out' else 'in' end)
      ) side (name, account, direction)
      join lastro.ledger_limit asked on asked.account = side.account and asked.direction = side.direction
      cross join lateral (
        select greatest(asked.part, floor(extract(epoch from p_at) * 1000 / (asked.window_ms / ${PARTS}))::bigint) as part
      ) now_part
      order by side.name desc, asked.name
    loop
      if v_pass = 2 then
        v_limit.counted[v_limit.part % ${PARTS + 1} + 1] := v_limit.counted[v_limit.part % ${PARTS + 1} + 1] + p_amount;
        update lastro.ledger_limit set part = v_limit.part, counted = v_limit.counted
        where account = v_limit.account and name = v_limit.name;
      elsif (select sum(part.counted) from unnest(v_limit.counted) part (counted)) + p_amount > v_limit.amount then
        return v_limit.side || ' ' || v_limit.name;
      end if;
    end loop;
  end loop;
  return null;
end
$function$;

-- Gives back what was counted, by the hold p_hold or, where it is null, now; a negative amount takes it again. What was
-- counted by no limit, or has left the window, changes nothing.
create function lastro.ledger_give_limits(p_debit bigint, p_debit_is_debit boolean, p_credit bigint,
  p_credit_is_debit boolean, p_amount numeric, p_hold bigint, p_at timestamptz) returns void
language plpgsql as $function$
declare
  v_limit record;
  v_at timestamptz := coalesce((select booked_at from lastro.ledger_transfer where number = p_hold), p_at);
  v_part bigint;
begin
  for v_limit in
    select given.* from (values
      (p_debit, case when p_debit_is_debit then 'in' else 'out' end),
      (p_credit, case when p_credit_is_debit then 'out' else 'in' end)
    ) side (account, direction)
    join lastro.ledger_limit given on given.account = side.account and given.direction = side.direction
    where p_hold is null or given.since < p_hold
  loop
    v_part := floor(extract(epoch from v_at) * 1000 / (v_limit.window_ms / ${PARTS}))::bigint;
    if p_hold is null then v_part := greatest(v_part, v_limit.part); end if;
    continue when v_part <= v_limit.part - ${PARTS + 1} or v_part > v_limit.part;
    v_limit.counted[v_part % ${PARTS + 1} + 1] := v_limit.counted[v_part % ${PARTS + 1} + 1] - p_amount;
    update lastro.ledger_limit set counted = v_limit.counted
    where account = v_limit.account and name = v_limit.name;
  end loop;
end
$function$;

-- Sets a limit, or takes it away where the amount is null. Another amount keeps what was counted; another direction or
-- window begins to count anew.
create function lastro.ledger_set_limit(p_account text, p_name text, p_direction text, p_amount numeric, p_window_ms bigint)
returns text language plpgsql as $function$
declare
  v_account bigint;
  v_booking constant text := coalesce(current_setting('lastro_ledger.booking', true), 'off');
begin
  select number into v_account from lastro.ledger_account where id = p_account for no key update;
  if not found then return 'unknown'; end if;
  if p_amount is null then
    delete from lastro.ledger_limit where account = v_account and name = p_name;
    if not found then return 'unchanged'; end if;
  else
    insert into lastro.ledger_limit as known (account, name, direction, amount, window_ms, since, part, counted)
    values (v_account, p_name, p_direction, p_amount, p_window_ms,
      coalesce((select number from lastro.ledger_transfer order by number desc limit 1), 0),
      0, array_fill(0::numeric, array[${PARTS + 1}]))
    on conflict (account, name) do update set amount = excluded.amount, direction = excluded.direction,
      window_ms = excluded.window_ms,
      since = case when (known.direction, known.window_ms) = (excluded.direction, excluded.window_ms) then known.since else excluded.since end,
      part = case when (known.direction, known.window_ms) = (excluded.direction, excluded.window_ms) then known.part else excluded.part end,
      counted = case when (known.direction, known.window_ms) = (excluded.direction, excluded.window_ms) then known.counted else excluded.counted end
    where (known.direction, known.amount, known.window_ms) <> (excluded.direction, excluded.amount, excluded.window_ms);
    if not found then return 'unchanged'; end if;
  end if;
  perform set_config('lastro_ledger.booking', 'on', true);
  update lastro.ledger_account set is_limited = exists (select from lastro.ledger_limit where account = v_account)
  where number = v_account;
  perform set_config('lastro_ledger.booking', v_booking, true);
  return 'changed';
end
$function$;
`
