import { BATCH_NUMBERS, batchParameters, batchResult } from './0002-ledger-book.ts'
import { plainBatch, plainDeclarations, plainParameters } from './0002-ledger-plain.ts'

/**
 * Books a batch: a plain one in one go, where every transfer is accepted, and every other one as it is decided. Again,
 * when another transaction took one of its ids meanwhile: the second look finds that id.
 *
 * The blocks with an exception are savepoints. The first undoes a plain batch that turned out to be none; the second lets
 * a batch inside a host's transaction be tried again. Where a snapshot is fixed (repeatable read) the second look is as
 * blind as the first, so the host is told to run again.
 *
 * Plans are fixed and driven by indexes, by the settings on the function: a guess about the length of an array, or a
 * plan made while a table was small, must not make a batch slow.
 */
export const postFunction = `
create function lastro.ledger_post(${batchParameters},
  p_lock_ms int,          -- how long to wait for one lock; null: as the transaction says${plainParameters}
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
declare
  v_constraint text;${plainDeclarations}
begin
  if p_lock_ms is not null then perform set_config('lock_timeout', p_lock_ms::text, true); end if;
  if n >= ${BATCH_NUMBERS} then raise exception 'A batch holds less than ${BATCH_NUMBERS} transfers.'; end if;
  if p_touches is not null and not exists (select from lastro.ledger_transfer where id = any (p_ids)) then
    begin${plainBatch}
      return next;
      return;
    -- LA001 is said above; the others are what the tables forbid, among them an id that was taken meanwhile.
    exception when sqlstate 'LA001' or integrity_constraint_violation then null;
    end;
  end if;
  for v_attempt in 1..3 loop
    begin
      return query select * from lastro.ledger_book(
        p_at, p_accounts, p_holds, p_asset, p_ids, p_kinds, p_debits, p_credits, p_hold_places, p_makes, p_twins, p_assets,
        p_amounts, p_balancings, p_linked, p_causes, p_memos, p_effective, p_expires);
      return;
    exception when unique_violation then
      get stacked diagnostics v_constraint = constraint_name;
      if v_constraint <> 'ledger_transfer_id' then raise; end if;
    end;
  end loop;
  raise exception 'An id of the batch was booked by a transaction that this one cannot see.'
    using errcode = 'serialization_failure', hint = 'Run the transaction again.';
end
$function$;
`
