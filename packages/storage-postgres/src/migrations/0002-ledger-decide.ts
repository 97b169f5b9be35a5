/** Value moves, or is held: both accounts known, of the asset, open, and within their limits afterwards. */
const movingRules = `
      v_amount := p_amounts[i];
      if d = 0 then v_rule := 'account_unknown'; v_about := p_accounts[p_debits[i]];
      elsif c = 0 then v_rule := 'account_unknown'; v_about := p_accounts[p_credits[i]];
      elsif d = c then v_rule := 'same_account'; v_about := a_id[d];
      elsif a_asset[d] is distinct from v_asset then v_rule := 'asset_mismatch'; v_about := a_id[d];
      elsif a_asset[c] is distinct from v_asset then v_rule := 'asset_mismatch'; v_about := a_id[c];
      elsif a_state[d] <> 'open' then v_rule := 'account_' || a_state[d]; v_about := a_id[d];
      elsif a_state[c] <> 'open' then v_rule := 'account_' || a_state[c]; v_about := a_id[c];
      elsif (v_amount > 0 and v_amount < 1e60 and v_amount = trunc(v_amount)) is not true then v_rule := 'amount_invalid';
      elsif p_expires[i] <= p_at then v_rule := 'hold_expired';
      else
        if p_balancings[i] = 'debit' then
          v_left := a_credits[d] - a_debits[d] - a_debits_held[d];
          if not a_is_debit[d] and a_minimum[d] > 0 then v_left := v_left - a_minimum[d]; end if;
          v_amount := least(v_amount, v_left);
          if v_amount <= 0 then v_rule := 'insufficient_funds'; v_about := a_id[d]; end if;
        elsif p_balancings[i] = 'credit' then
          v_left := a_debits[c] - a_credits[c] - a_credits_held[c];
          if a_is_debit[c] and a_minimum[c] > 0 then v_left := v_left - a_minimum[c]; end if;
          v_amount := least(v_amount, v_left);
          if v_amount <= 0 then v_rule := 'insufficient_funds'; v_about := a_id[c]; end if;
        end if;
        -- A debit is on its way in for a debit account and on its way out for a credit account; a credit is the reverse.
        if v_rule is not null then null;
        elsif a_is_debit[d] then
          if a_debits[d] - a_credits[d] + a_debits_held[d] + v_amount > a_maximum[d] then
            v_rule := 'maximum_balance'; v_about := a_id[d];
          end if;
        else
          v_left := a_credits[d] - a_debits[d] - a_debits_held[d] - v_amount;
          if v_left < 0 and a_is_strict[d] then v_rule := 'insufficient_funds'; v_about := a_id[d];
          elsif v_left < a_minimum[d] then v_rule := 'minimum_balance'; v_about := a_id[d];
          end if;
        end if;
        if v_rule is not null then null;
        elsif a_is_debit[c] then
          v_left := a_debits[c] - a_credits[c] - a_credits_held[c] - v_amount;
          if v_left < 0 and a_is_strict[c] then v_rule := 'insufficient_funds'; v_about := a_id[c];
          elsif v_left < a_minimum[c] then v_rule := 'minimum_balance'; v_about := a_id[c];
          end if;
        elsif a_credits[c] - a_debits[c] + a_credits_held[c] + v_amount > a_maximum[c] then
          v_rule := 'maximum_balance'; v_about := a_id[c];
        end if;
        -- Asked last, because the answer "allowed" is counted at once.
        if v_limited and v_rule is null and (a_is_limited[d] or a_is_limited[c]) then
          v_rule := lastro.ledger_take_limits(a_number[d], a_is_debit[d], a_number[c], a_is_debit[c], v_amount, p_at);
          if v_rule is not null then
            v_about := case split_part(v_rule, ' ', 1) when 'debit' then a_id[d] else a_id[c] end;
            v_rule := 'velocity_limit ' || split_part(v_rule, ' ', 2);
          end if;
        end if;
      end if;`

/** A hold is settled, once. The state of its accounts is not asked: what was promised may still be kept or released. */
const settlingRules = `
      v_amount := h_amount[h];
      if v_kind = 'post' then v_amount := coalesce(p_amounts[i], v_amount); end if;
      if h_number[h] is null then v_rule := 'hold_unknown';
      elsif h_state[h] = 'expired' then v_rule := 'hold_expired';
      elsif h_state[h] <> 'open' then v_rule := 'hold_settled';
      elsif v_kind = 'expire' and (h_expires[h] <= p_at) is not true then v_rule := 'hold_not_expired';
      elsif v_kind <> 'expire' and h_expires[h] <= p_at then v_rule := 'hold_expired';
      elsif v_asset <> a_asset[d] then v_rule := 'asset_mismatch'; v_about := a_id[d];
      elsif (v_amount > 0 and v_amount = trunc(v_amount)) is not true then v_rule := 'amount_invalid';
      elsif v_amount > h_amount[h] then v_rule := 'hold_exceeded';
      end if;`

/** A linked group is undone from its last booked member back to its first. */
const undoGroup = `
        for j in reverse i - 1..v_first loop
          if r_status[j] = 'accepted' then
            d := r_debit[j];
            c := r_credit[j];
            a_version[d] := a_version[d] - 1;
            a_version[c] := a_version[c] - 1;
            a_debits[d] := a_debits[d] - r_moved[j];
            a_credits[c] := a_credits[c] - r_moved[j];
            a_debits_held[d] := a_debits_held[d] - r_held[j];
            a_credits_held[c] := a_credits_held[c] - r_held[j];
            v_accepted := v_accepted - 1;
            if v_limited and (a_is_limited[d] or a_is_limited[c]) then
              h := p_hold_places[j];
              perform lastro.ledger_give_limits(a_number[d], a_is_debit[d], a_number[c], a_is_debit[c],
                case when h > 0 then r_moved[j] - h_amount[h] else r_amount[j] end, h_number[h], p_at);
            end if;
            if p_kinds[j] = 'pending' then
              v_pending := v_pending - 1;
              if p_makes[j] > 0 then h_number[p_makes[j]] := null; end if;
            elsif p_hold_places[j] > 0 then
              v_settled := v_settled - 1;
              h_state[p_hold_places[j]] := 'open';
            end if;
            r_owner[coalesce(p_twins[j], j)] := 0;
          elsif r_known[j] is not null or r_owner[coalesce(p_twins[j], j)] < v_first then
            -- It was in the books before this group, and stays.
            continue;
          end if;
          r_status[j] := 'refused';
          r_rule[j] := 'linked_failed';
        end loop;`

const apply = `
    v_moved := case when v_kind in ('posted', 'post') then v_amount else 0 end;
    v_held := case when v_kind = 'pending' then v_amount when h > 0 then -h_amount[h] else 0 end;
    a_version[d] := a_version[d] + 1;
    a_version[c] := a_version[c] + 1;
    a_debits[d] := a_debits[d] + v_moved;
    a_credits[c] := a_credits[c] + v_moved;
    if v_kind <> 'posted' then
      a_debits_held[d] := a_debits_held[d] + v_held;
      a_credits_held[c] := a_credits_held[c] + v_held;
      r_debit_held[i] := a_debits_held[d];
      r_credit_held[i] := a_credits_held[c];
      -- What a hold promised and did not move is given back.
      if v_limited and h > 0 and (a_is_limited[d] or a_is_limited[c]) then
        perform lastro.ledger_give_limits(a_number[d], a_is_debit[d], a_number[c], a_is_debit[c], h_amount[h] - v_moved,
          h_number[h], p_at);
      end if;
    end if;
    v_accepted := v_accepted + 1;
    r_status[i] := 'accepted';
    r_owner[coalesce(p_twins[i], i)] := i;
    r_amount[i] := v_amount;
    r_moved[i] := v_moved;
    r_held[i] := v_held;
    if v_kind = 'pending' then
      v_pending := v_pending + 1;
      j := p_makes[i];
      if j > 0 then
        h_number[j] := v_base + i;
        h_debit[j] := d;
        h_credit[j] := c;
        h_amount[j] := v_amount;
        h_expires[j] := p_expires[i];
        h_state[j] := 'open';
      end if;
    elsif h > 0 then
      v_settled := v_settled + 1;
      h_state[h] := case v_kind when 'post' then 'posted' when 'void' then 'voided' else 'expired' end;
    end if;
    r_debit_version[i] := a_version[d];
    r_credit_version[i] := a_version[c];
    r_debit_posted[i] := case when a_is_debit[d] then a_debits[d] - a_credits[d] else a_credits[d] - a_debits[d] end;
    r_credit_posted[i] := case when a_is_debit[c] then a_debits[c] - a_credits[c] else a_credits[c] - a_debits[c] end;`

/**
 * Most transfers are these: posted, in a plain batch, between open accounts without limits, or with enough in a
 * `no_overdraft` account. What is said here in one expression is enough to accept; everything else is left to the rules.
 */
const plainCase = `
    if v_plain and d > 0 and c > 0 and d <> c and v_amount > 0 and v_amount < 1e60 and scale(v_amount) = 0
      and (a_gate[d] = 1 or (a_gate[d] = 2
        and (a_is_debit[d] or a_credits[d] - a_debits[d] - a_debits_held[d] >= v_amount)))
      and (a_gate[c] = 1 or (a_gate[c] = 2
        and (not a_is_debit[c] or a_debits[c] - a_credits[c] - a_credits_held[c] >= v_amount)))
    then
      a_version[d] := a_version[d] + 1;
      a_version[c] := a_version[c] + 1;
      a_debits[d] := a_debits[d] + v_amount;
      a_credits[c] := a_credits[c] + v_amount;
      r_debit_version[i] := a_version[d];
      r_credit_version[i] := a_version[c];
      r_debit_posted[i] := case when a_is_debit[d] then a_debits[d] - a_credits[d] else a_credits[d] - a_debits[d] end;
      r_credit_posted[i] := case when a_is_debit[c] then a_debits[c] - a_credits[c] else a_credits[c] - a_debits[c] end;
      continue;
    end if;`

/** The part of `ledger_book` that decides one transfer after the other, on local arrays only. */
export const decideLoop = `
  for i in 1..n loop
    d := r_debit[i];
    c := r_credit[i];
    v_amount := p_amounts[i];${plainCase}
    if i = 1 or p_linked[i - 1] is not true then
      v_first := i;
      v_failed := false;
    end if;
    v_kind := coalesce(p_kinds[i], 'posted');
    v_asset := coalesce(p_asset, p_assets[i]);
    v_rule := null;
    v_about := null;
    h := coalesce(p_hold_places[i], 0);
    if h > 0 then
      d := h_debit[h];
      c := h_credit[h];
    end if;

    v_seen := r_known[i];
    j := r_owner[coalesce(p_twins[i], i)];
    if v_seen is null and j > 0 then
      v_seen := case when v_kind = coalesce(p_kinds[j], 'posted') and h = coalesce(p_hold_places[j], 0) and p_debits[i] = p_debits[j]
        and p_credits[i] = p_credits[j] and p_causes[i] = p_causes[j]
        and v_asset is not distinct from coalesce(p_asset, p_assets[j]) and p_amounts[i] is not distinct from p_amounts[j]
        and p_memos[i] is not distinct from p_memos[j] and p_balancings[i] is not distinct from p_balancings[j]
        and p_effective[i] is not distinct from p_effective[j] and p_expires[i] is not distinct from p_expires[j]
        then 'exists' else 'conflict' end;
    end if;

    if v_seen = 'exists' then
      v_odd := v_odd + 1;
      r_status[i] := 'exists';
      r_debit[i] := d;
      r_credit[i] := c;
      continue;
    elsif v_seen = 'conflict' then
      v_rule := 'conflict';
    elsif v_failed then
      v_rule := 'linked_failed';
    elsif h = 0 then${movingRules}
    else${settlingRules}
    end if;

    if v_rule is not null then
      v_odd := v_odd + 1;
      r_status[i] := 'refused';
      r_rule[i] := v_rule;
      r_about[i] := v_about;
      if not v_failed and (v_first < i or p_linked[i] is true) then
        v_failed := true;${undoGroup}
      end if;
      continue;
    end if;

    r_debit[i] := d;
    r_credit[i] := c;${apply}
  end loop;`
