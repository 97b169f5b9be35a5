import type { Migration } from '../sql.ts'
import { BATCH_NUMBERS, bookFunction } from './0002-ledger-book.ts'
import { postFunction } from './0002-ledger-post.ts'
import { verifyFunction } from './0002-ledger-verify.ts'

/**
 * Accounts carry their balances; fixed columns stand first and the ones that change last, so that an update writes
 * little. Half of each page stays free for new versions of its rows.
 */
const tables = `
create table lastro.ledger_account (
  number bigint generated always as identity primary key,
  opened_at timestamptz not null,
  id text collate "C" not null unique,
  asset text collate "C" not null,
  normal_side text not null,
  no_overdraft boolean not null,
  is_limited boolean not null default false,
  minimum numeric,
  maximum numeric,
  metadata jsonb not null,
  state text not null default 'open',
  debits_posted numeric not null default 0,
  credits_posted numeric not null default 0,
  debits_pending numeric not null default 0,
  credits_pending numeric not null default 0,
  version bigint not null default 0,
  constraint ledger_account_sound check (
    debits_posted >= 0 and credits_posted >= 0 and debits_pending >= 0 and credits_pending >= 0
    and case state
      when 'closed' then debits_posted = credits_posted and debits_pending = 0 and credits_pending = 0
      else state = 'open' or state = 'frozen'
    end
    and case normal_side
      when 'credit' then not no_overdraft or credits_posted - debits_posted - debits_pending >= 0
      else normal_side = 'debit' and (not no_overdraft or debits_posted - credits_posted - credits_pending >= 0)
    end
  )
) with (fillfactor = 50);

-- One step stands for the numbers of a whole batch.
create sequence lastro.ledger_transfer_number start ${BATCH_NUMBERS} increment ${BATCH_NUMBERS};

-- One row a transfer, holding both sides with each account's version and posted balance after it.
-- effective_at is null where it happened when it was booked. requested is what the caller asked for where that may
-- differ from the amount: with balancing, and for a post of a part. A held is the account's debits held (or credits
-- held, on the credit side) after it; null for posted ones, which hold nothing.
create table lastro.ledger_transfer (
  number bigint primary key,
  debit_account bigint not null,
  credit_account bigint not null,
  debit_version bigint not null,
  credit_version bigint not null,
  hold bigint,
  booked_at timestamptz not null,
  effective_at timestamptz,
  expires_at timestamptz,
  id text collate "C" not null,
  kind text not null,
  balancing text,
  amount numeric not null,
  requested numeric,
  debit_posted numeric not null,
  credit_posted numeric not null,
  debit_held numeric,
  credit_held numeric,
  cause text collate "C" not null,
  memo text,
  constraint ledger_transfer_id unique (id),
  constraint ledger_transfer_sound check (
    amount > 0 and amount < 1e60 and scale(amount) = 0 and debit_account <> credit_account
    and case when hold is null then kind = 'posted' or kind = 'pending' else kind in ('post', 'void', 'expire') end
    and (expires_at is null or kind = 'pending')
  )
);
create unique index ledger_transfer_debit on lastro.ledger_transfer (debit_account, debit_version);
create unique index ledger_transfer_credit on lastro.ledger_transfer (credit_account, credit_version);
create unique index ledger_transfer_settles_once on lastro.ledger_transfer (hold) where hold is not null;
create index ledger_transfer_cause on lastro.ledger_transfer (cause, number);

-- What became of each pending transfer: the only fact about a transfer that changes.
create table lastro.ledger_hold (
  number bigint primary key,
  expires_at timestamptz,
  state text not null check (state in ('open', 'posted', 'voided', 'expired'))
);
create index ledger_hold_due on lastro.ledger_hold (expires_at, number) where state = 'open';
`

/**
 * The rules of the books, kept for everybody who can reach the tables:
 * - transfers are never changed, deleted or truncated; there is no setting that allows it;
 * - balances, holds and new transfers are written by the functions of the ledger only, which say so by a setting that
 *   ends with them. That stops accidents; who sets it by hand is still held by the next rule, the checks above and
 *   `ledger_verify`;
 * - whatever changes balances changes the debits and credits of each asset by the same sum.
 */
const guards = `
create function lastro.ledger_refuse_bypass() returns trigger language plpgsql as $function$
begin
  -- With an argument there is no setting that allows it.
  if tg_nargs > 0 or current_setting('lastro_ledger.booking', true) is distinct from 'on' then
    raise exception 'The ledger is written by its own functions only: % on % is refused.', tg_op, tg_table_name
      using errcode = 'restrict_violation';
  end if;
  return new;
end
$function$;

create function lastro.ledger_check_sums() returns trigger language plpgsql as $function$
declare
  v_asset text;
begin
  -- Most often all accounts are of one asset; then its sums alone tell.
  if (select row(min(asset), max(asset), sum(debits_posted) - sum(credits_posted), sum(debits_pending) - sum(credits_pending))
        from new_rows)
    = (select row(max(asset), min(asset), sum(debits_posted) - sum(credits_posted), sum(debits_pending) - sum(credits_pending))
        from old_rows)
  then
    return null;
  end if;
  select changes.asset into v_asset
  from (
    select asset, debits_posted - credits_posted as posted, debits_pending - credits_pending as pending from new_rows
    union all
    select asset, credits_posted - debits_posted, credits_pending - debits_pending from old_rows
  ) changes
  group by changes.asset
  having sum(changes.posted) <> 0 or sum(changes.pending) <> 0
  limit 1;
  if found then
    raise exception 'Debits and credits of % would not be equal.', v_asset using errcode = 'check_violation';
  end if;
  return null;
end
$function$;

create trigger append_only before update or delete or truncate on lastro.ledger_transfer
  for each statement execute function lastro.refuse_change();
create trigger booked before insert on lastro.ledger_transfer
  for each statement execute function lastro.ledger_refuse_bypass();

create trigger append_only before delete or truncate on lastro.ledger_hold
  for each statement execute function lastro.refuse_change();
create trigger booked before insert or update on lastro.ledger_hold
  for each statement execute function lastro.ledger_refuse_bypass();

create trigger append_only before delete or truncate on lastro.ledger_account
  for each statement execute function lastro.refuse_change();
create trigger opened_empty before insert on lastro.ledger_account for each row
  when (new.state <> 'open' or new.version <> 0 or new.debits_posted <> 0 or new.credits_posted <> 0
    or new.debits_pending <> 0 or new.credits_pending <> 0 or octet_length(new.id) not between 1 and 128)
  execute function lastro.ledger_refuse_bypass('always');
create trigger booked before update on lastro.ledger_account
  for each statement execute function lastro.ledger_refuse_bypass();
create trigger sums_equal after update on lastro.ledger_account
  referencing old table as old_rows new table as new_rows
  for each statement execute function lastro.ledger_check_sums();
`

const setState = `
create function lastro.ledger_set_account_state(p_id text, p_state text) returns text language plpgsql as $function$
declare
  v_account record;
begin
  select number, state, debits_posted = credits_posted and debits_pending = 0 and credits_pending = 0 as is_empty
    into v_account from lastro.ledger_account where id = p_id for update;
  if not found then return 'unknown'; end if;
  if v_account.state = p_state then return 'unchanged'; end if;
  if v_account.state = 'closed' then return 'closed'; end if;
  if p_state = 'closed' and not v_account.is_empty then return 'not_empty'; end if;
  perform set_config('lastro_ledger.booking', 'on', true);
  update lastro.ledger_account set state = p_state where number = v_account.number;
  perform set_config('lastro_ledger.booking', 'off', true);
  return 'changed';
end
$function$;
`

/** The tables of `ledger`, the rules that guard them and the functions that write them. */
export const ledger: Migration = {
  number: 2,
  name: 'ledger',
  sql: [tables, guards, setState, bookFunction, postFunction, verifyFunction].join('\n'),
}
