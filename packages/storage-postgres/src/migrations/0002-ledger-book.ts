import { decideLoop } from './0002-ledger-decide.ts'

/**
 * What `ledger_book` and `ledger_post` take. Places are 1-based; 0 stands for none. An array is null where it says
 * nothing: what is not sent is not parsed, and tells at once that the batch is a plain one.
 */
export const batchParameters = `
  p_at timestamptz,
  p_accounts text[],      -- the distinct accounts that posted and pending transfers name, by id where the batch is plain
  p_holds text[],         -- the distinct holds that post, void and expire name; null: none
  p_asset text,           -- of every transfer; null: see p_assets
  p_ids text[],           -- from here on one element a transfer
  p_kinds text[],         -- null: all are posted
  p_debits int[],         -- place in p_accounts
  p_credits int[],        -- place in p_accounts
  p_hold_places int[],    -- place in p_holds; null: none
  p_makes int[],          -- place in p_holds of the hold that this pending transfer makes, where the batch names it
  p_twins int[],          -- place of the first transfer with the same id; null: each is its own
  p_assets text[],
  p_amounts numeric[],
  p_balancings text[],
  p_linked boolean[],
  p_causes text[],
  p_memos text[],
  p_effective timestamptz[],
  p_expires timestamptz[]`

/**
 * What they answer: one row, its lists joined by line feeds. Counters are those before the first transfer: the caller
 * runs them through what was accepted, which is cheaper than to write them out after every transfer.
 */
export const batchResult = `
  outcomes text,          -- accepted, exists or the rule of a refusal; null: all were accepted
  abouts text,            -- the account that a refusal is about
  amounts text,           -- what moves or is held; null: what was asked
  holds text,             -- of each named hold its amount and the places of its accounts
  ids text, assets text, sides text,
  versions text, debits text, credits text, debits_held text, credits_held text`

/** The most transfers of one call: the numbers that one step of their sequence stands for. */
export const BATCH_NUMBERS = 4096

const declarations = `
  n constant int := coalesce(array_length(p_ids, 1), 0);
  -- One element a named account: its number, and its place among the locked ones.
  v_named bigint[];
  v_places int[] := array_fill(0, array[coalesce(array_length(p_accounts, 1), 0)]);
  a_place int[];
  -- One element a locked account, in the order of their numbers.
  a_number bigint[]; a_id text[]; a_asset text[]; a_state text[]; a_side text[]; a_is_debit boolean[];
  a_is_strict boolean[]; a_is_limited boolean[]; a_minimum numeric[]; a_maximum numeric[];
  a_debits numeric[]; a_credits numeric[]; a_debits_held numeric[]; a_credits_held numeric[]; a_version bigint[];
  -- One element a named hold.
  h_number bigint[]; h_debit_number bigint[]; h_credit_number bigint[]; h_amount numeric[]; h_expires timestamptz[];
  h_debit int[]; h_credit int[]; h_state text[]; h_found text[];
  -- One element a transfer. A batch is plain when nothing but fresh posted transfers of one asset is in it.
  v_plain boolean := p_kinds is null and p_linked is null and p_twins is null and p_balancings is null
    and p_asset is not null;
  a_gate int[];
  r_known text[] := array_fill(null::text, array[n]);
  r_owner int[] := array_fill(0, array[n]);
  r_status text[] := r_known; r_rule text[] := r_known; r_about text[] := r_known;
  v_base bigint;
  r_debit int[] := array_fill(null::int, array[n]); r_credit int[] := r_debit;
  r_amount numeric[] := p_amounts;
  r_moved numeric[] := array_fill(null::numeric, array[n]); r_held numeric[] := r_moved;
  r_debit_version bigint[] := array_fill(null::bigint, array[n]); r_credit_version bigint[] := r_debit_version;
  r_debit_posted numeric[] := r_moved; r_credit_posted numeric[] := r_moved;
  r_debit_held numeric[] := r_moved; r_credit_held numeric[] := r_moved;
  v_versions text; v_debits text; v_credits text; v_debits_held text; v_credits_held text;
  v_row record;
  v_limited boolean; v_first int; v_failed boolean; v_accepted int := 0; v_pending int := 0; v_settled int := 0; v_odd int := 0; v_found boolean;
  i int; j int; d int; c int; h int;
  v_kind text; v_asset text; v_rule text; v_about text; v_seen text;
  v_amount numeric; v_left numeric; v_moved numeric; v_held numeric;`

/** Accounts are locked in the order of their ids, as a plain batch locks them; what is read after that lock is certain. */
const lock = (source: string, place: string) => `
  select array_agg(number), array_agg(id), array_agg(asset), array_agg(state), array_agg(normal_side),
    array_agg(normal_side = 'debit'), array_agg(no_overdraft), array_agg(is_limited), bool_or(is_limited), array_agg(minimum),
    array_agg(maximum), array_agg(debits_posted), array_agg(credits_posted), array_agg(debits_pending),
    array_agg(credits_pending), array_agg(version), array_agg(place),
    array_agg(case when state <> 'open' or asset <> p_asset or minimum is not null or maximum is not null then 0
      when no_overdraft then 2 else 1 end)
  into a_number, a_id, a_asset, a_state, a_side, a_is_debit, a_is_strict, a_is_limited, v_limited, a_minimum, a_maximum,
    a_debits, a_credits, a_debits_held, a_credits_held, a_version, a_place, a_gate
  from (
    select * from (
      select account.*, ${place} as place from ${source}
      order by account.id for no key update of account
    ) by_id order by number
  ) locked;`

const load = `
  if p_holds is null then${lock('unnest(p_accounts) with ordinality named (id, place) join lastro.ledger_account account on account.id = named.id', 'named.place::int')}
    for i in 1..coalesce(array_length(a_number, 1), 0) loop
      v_places[a_place[i]] := i;
    end loop;
  else
    -- A hold never changes its accounts, so they may be known before they are locked.
    select coalesce(array_agg(account.number order by named.place), '{}') into v_named
    from unnest(p_accounts) with ordinality named (id, place)
    left join lastro.ledger_account account on account.id = named.id;
    select array_agg(held.number order by named.place), array_agg(held.debit_account order by named.place),
      array_agg(held.credit_account order by named.place), array_agg(held.amount order by named.place),
      array_agg(held.expires_at order by named.place), array_agg(null::text)
    into h_number, h_debit_number, h_credit_number, h_amount, h_expires, h_state
    from unnest(p_holds) with ordinality named (id, place)
    left join lastro.ledger_transfer held on held.id = named.id and held.kind = 'pending';
${lock('lastro.ledger_account account where account.number = any (v_named || h_debit_number || h_credit_number)', '0')}
    select array_agg(coalesce(width_bucket(named.number, a_number), 0) order by named.place) into v_places
    from unnest(v_named) with ordinality named (number, place);
  end if;
  if v_limited then v_plain := false; end if;
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

  -- Under the locks, so that an account's versions rise with the numbers of its transfers, and so that this transaction
  -- has an id by then: reading the past and sealing count on both.
  v_base := nextval('lastro.ledger_transfer_number') - 1;

  -- Ids that are in the books: the same body answers what is there, another is refused.
  select exists (select from lastro.ledger_transfer where id = any (p_ids)) into v_found;
  if v_found then
    v_plain := false;
    for v_row in
      select named.place as at_place, booked.* from unnest(p_ids) with ordinality named (id, place)
      join lastro.ledger_transfer booked on booked.id = named.id
    loop
      i := v_row.at_place;
      h := coalesce(p_hold_places[i], 0);
      r_known[i] := case when coalesce(
        v_row.kind = coalesce(p_kinds[i], 'posted') and v_row.cause = p_causes[i]
        and v_row.memo is not distinct from p_memos[i] and v_row.balancing is not distinct from p_balancings[i]
        and v_row.effective_at is not distinct from p_effective[i] and v_row.expires_at is not distinct from p_expires[i]
        and case when h = 0 then
          v_row.debit_account = a_number[v_places[p_debits[i]]] and v_row.credit_account = a_number[v_places[p_credits[i]]]
          and coalesce(p_asset, p_assets[i]) = a_asset[v_places[p_debits[i]]] and coalesce(v_row.requested, v_row.amount) = p_amounts[i]
        else
          v_row.hold = h_number[h] and v_row.requested is not distinct from p_amounts[i]
          and coalesce(p_asset, p_assets[i], a_asset[h_debit[h]]) = a_asset[h_debit[h]]
        end, false) then 'exists' else 'conflict' end;
    end loop;
  end if;
  -- Counters as they stand before the first transfer.
  v_versions := array_to_string(a_version, e'\\n');
  v_debits := array_to_string(a_debits, e'\\n');
  v_credits := array_to_string(a_credits, e'\\n');
  v_debits_held := array_to_string(a_debits_held, e'\\n');
  v_credits_held := array_to_string(a_credits_held, e'\\n');
  if v_plain then
    r_status := array_fill('accepted'::text, array[n]);
    v_accepted := n;
  end if;
  -- A settled hold's accounts are filled in when it is decided.
  if p_debits is not null then
    select array_agg(v_places[named.debit]), array_agg(v_places[named.credit]) into r_debit, r_credit
    from unnest(p_debits, p_credits) named (debit, credit);
  end if;`

const write = `
  if v_accepted > 0 then
    perform set_config('lastro_ledger.booking', 'on', true);
    insert into lastro.ledger_transfer (number, debit_account, credit_account, debit_version, credit_version, hold,
      booked_at, effective_at, expires_at, id, kind, balancing, amount, requested, debit_posted, credit_posted,
      debit_held, credit_held, cause, memo)
    select v_base + place, a_number[r_debit[place]], a_number[r_credit[place]], r_debit_version[place],
      r_credit_version[place], h_number[p_hold_places[place]], p_at, p_effective[place], p_expires[place], p_ids[place],
      coalesce(p_kinds[place], 'posted'), p_balancings[place], r_amount[place],
      case when p_hold_places[place] > 0 or p_balancings[place] is not null then p_amounts[place] end,
      r_debit_posted[place], r_credit_posted[place], r_debit_held[place], r_credit_held[place], p_causes[place],
      p_memos[place]
    from generate_series(1, n) place
    where r_status[place] = 'accepted';
    if v_pending > 0 then
      insert into lastro.ledger_hold (number, expires_at, state)
      select v_base + place, p_expires[place], coalesce(h_state[p_makes[place]], 'open')
      from generate_series(1, n) place
      where r_status[place] = 'accepted' and p_kinds[place] = 'pending';
    end if;
    if v_settled > 0 then
      update lastro.ledger_hold hold set state = settled.state
      from unnest(h_number, h_found, h_state) settled (number, found, state)
      where hold.number = settled.number and settled.found = 'open' and settled.state <> 'open';
    end if;
    update lastro.ledger_account account set version = a_version[place], debits_posted = a_debits[place],
      credits_posted = a_credits[place], debits_pending = a_debits_held[place], credits_pending = a_credits_held[place]
    from generate_series(1, array_length(a_number, 1)) place
    where account.number = a_number[place] and account.version <> a_version[place];
    perform set_config('lastro_ledger.booking', 'off', true);
  end if;

  select case when v_odd > 0 then string_agg(coalesce(r_rule[place], r_status[place]), e'\\n' order by place) end,
    case when v_odd > 0 then array_to_string(r_about, e'\\n', '') end,
    case when p_kinds is not null or p_balancings is not null then array_to_string(r_amount, e'\\n', '') end
  into outcomes, abouts, amounts
  from generate_series(1, case when v_odd > 0 then n else 0 end) place;
  if h_number is not null then
    select string_agg(concat_ws(' ', h_amount[place], h_debit[place], h_credit[place]), e'\\n' order by place) into holds
    from generate_series(1, array_length(h_number, 1)) place;
  end if;
  ids := array_to_string(a_id, e'\\n');
  assets := array_to_string(a_asset, e'\\n');
  sides := array_to_string(a_side, e'\\n');
  versions := v_versions;
  debits := v_debits;
  credits := v_credits;
  debits_held := v_debits_held;
  credits_held := v_credits_held;
  return next;`

/**
 * Decides a batch of transfers in their order and writes those that no rule forbids: one pass over local arrays, then
 * set-based writes. Its caller fixes how plans are made.
 */
export const bookFunction = `
create function lastro.ledger_book(${batchParameters}
) returns table (${batchResult}
) language plpgsql as $function$
#variable_conflict use_column
declare${declarations}
begin${load}
${decideLoop}
${write}
end
$function$;
`
