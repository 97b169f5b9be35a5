import { decideLoop } from './0002-ledger-decide.ts'

/** What `ledger_book` and `ledger_post` take. Places are 1-based; 0 stands for none. */
export const batchParameters = `
  p_at timestamptz,
  p_accounts text[],      -- the distinct accounts that posted and pending transfers name
  p_holds text[],         -- the distinct holds that post, void and expire name
  p_ids text[],           -- from here on one element a transfer
  p_kinds text[],
  p_debits int[],         -- place in p_accounts
  p_credits int[],        -- place in p_accounts
  p_hold_places int[],    -- place in p_holds
  p_makes int[],          -- place in p_holds of the hold that this pending transfer makes, where the batch names it
  p_twins int[],          -- place of the first transfer with the same id
  p_assets text[],
  p_amounts numeric[],
  p_balancings text[],
  p_linked boolean[],
  p_causes text[],
  p_memos text[],
  p_effective timestamptz[],
  p_expires timestamptz[]`

/** What they answer: one row a transfer. An `after` is version, debits, credits, debits held and credits held. */
export const batchResult = `
  place int, status text, rule text, about text, amount text, asset text,
  debit text, debit_side text, debit_after text, credit text, credit_side text, credit_after text`

const declarations = `
  n constant int := coalesce(array_length(p_ids, 1), 0);
  -- One element a named account: its number, and its place among the locked ones.
  v_named bigint[];
  v_places int[];
  -- One element a locked account, in the order of their numbers.
  a_number bigint[]; a_id text[]; a_asset text[]; a_state text[]; a_side text[]; a_is_debit boolean[];
  a_is_strict boolean[]; a_is_limited boolean[]; a_minimum numeric[]; a_maximum numeric[];
  a_debits numeric[]; a_credits numeric[]; a_debits_held numeric[]; a_credits_held numeric[]; a_version bigint[];
  -- One element a named hold.
  h_number bigint[]; h_debit_number bigint[]; h_credit_number bigint[]; h_amount numeric[]; h_expires timestamptz[];
  h_debit int[]; h_credit int[]; h_state text[]; h_found text[];
  -- One element a transfer.
  r_known text[] := array_fill(null::text, array[n]);
  r_owner int[] := array_fill(0, array[n]);
  r_status text[] := r_known; r_rule text[] := r_known; r_about text[] := r_known;
  r_number bigint[] := array_fill(null::bigint, array[n]);
  r_debit int[] := array_fill(null::int, array[n]); r_credit int[] := r_debit;
  r_amount numeric[] := array_fill(null::numeric, array[n]);
  r_moved numeric[] := r_amount; r_held numeric[] := r_amount;
  r_debit_version bigint[] := r_number; r_credit_version bigint[] := r_number;
  r_debit_posted numeric[] := r_amount; r_credit_posted numeric[] := r_amount;
  r_debit_held numeric[] := r_amount; r_credit_held numeric[] := r_amount;
  r_debit_after text[] := r_known; r_credit_after text[] := r_known;
  v_row record;
  v_limited boolean; v_first int; v_failed boolean; v_accepted int := 0; v_pending int := 0; v_settled int := 0; v_exists int := 0;
  i int; j int; d int; c int; h int;
  v_kind text; v_rule text; v_about text; v_seen text;
  v_amount numeric; v_left numeric; v_moved numeric; v_held numeric;`

/** Accounts are locked in the order of their numbers; what is read after that lock is certain. */
const load = `
  select coalesce(array_agg(account.number order by named.place), '{}') into v_named
  from unnest(p_accounts) with ordinality named (id, place)
  left join lastro.ledger_account account on account.id = named.id;
  -- A hold never changes its accounts, so they may be known before they are locked.
  if array_length(p_holds, 1) > 0 then
    select array_agg(held.number order by named.place), array_agg(held.debit_account order by named.place),
      array_agg(held.credit_account order by named.place), array_agg(held.amount order by named.place),
      array_agg(held.expires_at order by named.place), array_agg(null::text)
    into h_number, h_debit_number, h_credit_number, h_amount, h_expires, h_state
    from unnest(p_holds) with ordinality named (id, place)
    left join lastro.ledger_transfer held on held.id = named.id and held.kind = 'pending';
  end if;

  select array_agg(number), array_agg(id), array_agg(asset), array_agg(state), array_agg(normal_side),
    array_agg(normal_side = 'debit'), array_agg(no_overdraft), array_agg(is_limited), bool_or(is_limited), array_agg(minimum),
    array_agg(maximum), array_agg(debits_posted), array_agg(credits_posted), array_agg(debits_pending),
    array_agg(credits_pending), array_agg(version)
  into a_number, a_id, a_asset, a_state, a_side, a_is_debit, a_is_strict, a_is_limited, v_limited, a_minimum, a_maximum,
    a_debits, a_credits, a_debits_held, a_credits_held, a_version
  from (
    select * from lastro.ledger_account where number = any (v_named || h_debit_number || h_credit_number)
    order by number for no key update
  ) locked;

  select array_agg(coalesce(width_bucket(named.number, a_number), 0) order by named.place) into v_places
  from unnest(v_named) with ordinality named (number, place);
  if h_number is not null then
    select array_agg(width_bucket(named.debit, a_number) order by named.place),
      array_agg(width_bucket(named.credit, a_number) order by named.place)
    into h_debit, h_credit
    from unnest(h_debit_number, h_credit_number) with ordinality named (debit, credit, place);
    for v_row in
      select named.place, hold.state from unnest(h_number) with ordinality named (number, place)
      join lastro.ledger_hold hold on hold.number = named.number
    loop
      h_state[v_row.place] := v_row.state;
    end loop;
    h_found := h_state;
  end if;

  -- Ids that are in the books: the same body answers what is there, another is refused.
  for v_row in
    select named.place as at_place, booked.* from unnest(p_ids) with ordinality named (id, place)
    join lastro.ledger_transfer booked on booked.id = named.id
  loop
    i := v_row.at_place;
    h := p_hold_places[i];
    r_known[i] := case when coalesce(
      v_row.kind = p_kinds[i] and v_row.cause = p_causes[i]
      and v_row.memo is not distinct from p_memos[i] and v_row.balancing is not distinct from p_balancings[i]
      and v_row.effective_at is not distinct from p_effective[i] and v_row.expires_at is not distinct from p_expires[i]
      and case when h = 0 then
        v_row.debit_account = v_named[p_debits[i]] and v_row.credit_account = v_named[p_credits[i]]
        and p_assets[i] = a_asset[v_places[p_debits[i]]] and coalesce(v_row.requested, v_row.amount) = p_amounts[i]
      else
        v_row.hold = h_number[h] and v_row.requested is not distinct from p_amounts[i]
        and coalesce(p_assets[i] = a_asset[h_debit[h]], true)
      end, false) then 'exists' else 'conflict' end;
  end loop;`

const write = `
  if v_accepted > 0 then
    perform set_config('lastro_ledger.booking', 'on', true);
    insert into lastro.ledger_transfer (number, debit_account, credit_account, debit_version, credit_version, hold,
      booked_at, effective_at, expires_at, id, kind, balancing, amount, requested, debit_posted, credit_posted,
      debit_held, credit_held, cause, memo)
    select new.number, a_number[new.debit], a_number[new.credit], new.debit_version, new.credit_version,
      h_number[new.hold], p_at, new.effective, new.expires, new.id, new.kind, new.balancing, new.amount,
      case when new.hold > 0 or new.balancing is not null then new.requested end,
      new.debit_posted, new.credit_posted, new.debit_held, new.credit_held, new.cause, new.memo
    from unnest(r_status, r_number, r_debit, r_credit, r_debit_version, r_credit_version, p_hold_places, p_effective,
        p_expires, p_ids, p_kinds, p_balancings, r_amount, p_amounts, r_debit_posted, r_credit_posted,
        r_debit_held, r_credit_held, p_causes, p_memos)
      new (status, number, debit, credit, debit_version, credit_version, hold, effective, expires, id, kind, balancing,
        amount, requested, debit_posted, credit_posted, debit_held, credit_held, cause, memo)
    where new.status = 'accepted';
    if v_pending > 0 then
      insert into lastro.ledger_hold (number, expires_at, state)
      select new.number, new.expires, coalesce(h_state[new.makes], 'open')
      from unnest(r_status, p_kinds, r_number, p_expires, p_makes) new (status, kind, number, expires, makes)
      where new.status = 'accepted' and new.kind = 'pending';
    end if;
    if v_settled > 0 then
      update lastro.ledger_hold hold set state = settled.state
      from unnest(h_number, h_found, h_state) settled (number, found, state)
      where hold.number = settled.number and settled.found = 'open' and settled.state <> 'open';
    end if;
    update lastro.ledger_account account set version = moved.version, debits_posted = moved.debits,
      credits_posted = moved.credits, debits_pending = moved.debits_held, credits_pending = moved.credits_held
    from unnest(a_number, a_version, a_debits, a_credits, a_debits_held, a_credits_held)
      moved (number, version, debits, credits, debits_held, credits_held)
    where account.number = moved.number and account.version <> moved.version;
    perform set_config('lastro_ledger.booking', 'off', true);
  end if;

  if v_exists > 0 then
    for i in 1..n loop
      continue when r_status[i] <> 'exists';
      d := r_debit[i];
      c := r_credit[i];
      r_debit_after[i] := concat_ws(' ', a_version[d], a_debits[d], a_credits[d], a_debits_held[d], a_credits_held[d]);
      r_credit_after[i] := concat_ws(' ', a_version[c], a_debits[c], a_credits[c], a_debits_held[c], a_credits_held[c]);
    end loop;
  end if;
  return query
    select done.place::int, done.status, done.rule, done.about, done.amount::text, a_asset[done.debit],
      a_id[done.debit], a_side[done.debit], done.debit_after, a_id[done.credit], a_side[done.credit], done.credit_after
    from unnest(r_status, r_rule, r_about, r_amount, r_debit, r_debit_after, r_credit, r_credit_after) with ordinality
      done (status, rule, about, amount, debit, debit_after, credit, credit_after, place);`

/**
 * Decides a batch of transfers in their order and writes those that no rule forbids: one pass over local arrays, then
 * set-based writes.
 *
 * Plans are fixed and driven by indexes, by the settings on the function: a guess about the length of an array, or a
 * plan made while a table was small, must not make a batch slow.
 */
export const bookFunction = `
create function lastro.ledger_book(${batchParameters}
) returns table (${batchResult}
) language plpgsql
set plan_cache_mode = force_generic_plan
set enable_hashjoin = off
set enable_mergejoin = off
set enable_seqscan = off
set enable_material = off
set jit = off
as $function$
#variable_conflict use_column
declare${declarations}
begin${load}
${decideLoop}
${write}
end
$function$;
`
