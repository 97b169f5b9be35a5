/**
 * What a batch of nothing but fresh posted transfers takes besides: for each account of `p_accounts`, what the whole
 * batch comes to. Null: the batch is another one, and `ledger_book` decides it.
 */
export const plainParameters = `
  p_touches int[] default null,        -- transfers that touch the account
  p_debited numeric[] default null,    -- sum of what is debited
  p_credited numeric[] default null    -- sum of what is credited`

export const plainDeclarations = `
  a_number bigint[]; a_side text[]; a_cap numeric[]; a_low numeric[];
  -- Counters before the batch, run through it, and as the accounts were written: raw is debits less credits.
  a_version bigint[]; a_raw numeric[]; a_debits numeric[]; z_version bigint[]; z_raw numeric[]; z_debits numeric[];
  r_debit_version bigint[]; r_credit_version bigint[]; r_debit_posted numeric[]; r_credit_posted numeric[];
  v_base bigint; v_open boolean; v_bounded boolean; v_held boolean; v_moved numeric; v_up numeric; v_down numeric;
  n constant int := coalesce(array_length(p_ids, 1), 0);
  d int; c int;`

/** The accounts of a large batch that are locked by themselves, first in the order of all. */
const FIRST_LOCKED = 8

/**
 * Books a batch that is accepted whole, or nothing of it. Accounts are written first, which locks and reads them at once,
 * then the transfers are run through one by one: that each account then stands where it was written proves the sums.
 *
 * A transfer moves its debit account up and its credit account down, in debits less credits. A limit forbids one
 * direction only, so all limits of an account are two bounds: a cap when it goes up and a low when it goes down.
 */
export const plainBatch = `
      -- A large batch waits for another here, where only a few accounts are asked for. Waited for below, every account that
      -- the other one wrote would be looked up again, one by one.
      if array_length(p_accounts, 1) > ${4 * FIRST_LOCKED} then
        perform from unnest(p_accounts[1:${FIRST_LOCKED}]) named (id)
          join lastro.ledger_account account on account.id = named.id
          for no key update of account;
      end if;
      perform set_config('lastro_ledger.booking', 'on', true);
      with written as (
        update lastro.ledger_account account set version = account.version + named.touches,
          debits_posted = account.debits_posted + named.debited, credits_posted = account.credits_posted + named.credited
        from unnest(p_accounts, p_touches, p_debited, p_credited) named (id, touches, debited, credited)
        where account.id = named.id
        returning account.number, account.normal_side, account.version, named.touches, account.debits_posted as debits,
          account.debits_posted - account.credits_posted as raw, named.debited, named.credited - named.debited as moved,
          case when account.state = 'open' and account.asset = p_asset and not account.is_limited then
            account.no_overdraft or num_nonnulls(account.minimum, account.maximum) > 0 end as is_bounded,
          account.debits_pending + account.credits_pending > 0 as is_held
      )
      select array_agg(number), array_agg(normal_side), array_agg(version - touches), array_agg(raw + moved),
        array_agg(debits - debited), array_agg(version), array_agg(raw), array_agg(debits),
        count(is_bounded) = array_length(p_accounts, 1), bool_or(is_bounded), bool_or(is_held)
      into a_number, a_side, a_version, a_raw, a_debits, z_version, z_raw, z_debits, v_open, v_bounded, v_held
      from written;
      if v_open is not true then raise exception using errcode = 'LA001'; end if;
      sides := array_to_string(a_side, e'\\n');
      versions := array_to_string(a_version, e'\\n');
      debits := array_to_string(a_raw, e'\\n');
      if v_bounded or v_held then
        select array_agg(case when normal_side = 'credit' then -debits_pending - floor_at else maximum - debits_pending end
            order by place),
          array_agg(case when normal_side = 'debit' then floor_at + credits_pending else credits_pending - maximum end
            order by place),
          string_agg(debits_pending::text, e'\\n' order by place), string_agg(credits_pending::text, e'\\n' order by place)
        into a_cap, a_low, debits_held, credits_held
        from unnest(a_number) with ordinality named (number, place)
        join lastro.ledger_account account on account.number = named.number
        cross join lateral (select case when no_overdraft then greatest(minimum, 0) else minimum end as floor_at) lowest;
      end if;

      -- Under the locks, so that an account's versions rise with the numbers of its transfers, and so that this
      -- transaction has an id by then: reading the past and sealing count on both.
      v_base := nextval('lastro.ledger_transfer_number') - 1;
      for i in 1..n loop
        d := p_debits[i];
        c := p_credits[i];
        v_moved := p_amounts[i];
        v_up := a_raw[d] + v_moved;
        v_down := a_raw[c] - v_moved;
        if v_bounded and (v_up > a_cap[d] or v_down < a_low[c]) then raise exception using errcode = 'LA001'; end if;
        a_raw[d] := v_up;
        a_raw[c] := v_down;
        a_debits[d] := a_debits[d] + v_moved;
        a_version[d] := a_version[d] + 1;
        a_version[c] := a_version[c] + 1;
        r_debit_version[i] := a_version[d];
        r_credit_version[i] := a_version[c];
        r_debit_posted[i] := v_up;
        r_credit_posted[i] := v_down;
      end loop;
      if (a_version, a_raw, a_debits) is distinct from (z_version, z_raw, z_debits) then
        raise exception using errcode = 'LA001';
      end if;

      insert into lastro.ledger_transfer (number, debit_account, credit_account, debit_version, credit_version, booked_at,
        effective_at, id, kind, amount, debit_posted, credit_posted, cause, memo)
      select v_base + place, a_number[p_debits[place]], a_number[p_credits[place]], r_debit_version[place],
        r_credit_version[place], p_at, p_effective[place], p_ids[place], 'posted', p_amounts[place],
        case when a_side[p_debits[place]] = 'debit' then r_debit_posted[place] else -r_debit_posted[place] end,
        case when a_side[p_credits[place]] = 'debit' then r_credit_posted[place] else -r_credit_posted[place] end,
        p_causes[place], p_memos[place]
      from generate_series(1, n) place;
      perform set_config('lastro_ledger.booking', 'off', true);`
