import { batchParameters, batchResult } from './0002-ledger-book.ts'

/**
 * Books a batch, and again when another transaction took one of its ids meanwhile: the second look finds that id.
 *
 * The block with the exception is a savepoint: it lets a batch inside a host's transaction be tried again. Where a
 * snapshot is fixed (repeatable read) the second look is as blind as the first, so the host is told to run again.
 */
export const postFunction = `
create function lastro.ledger_post(${batchParameters},
  p_lock_ms int           -- how long to wait for one lock; null: as the transaction says
) returns table (${batchResult}
) language plpgsql as $function$
declare
  v_constraint text;
begin
  if p_lock_ms is not null then perform set_config('lock_timeout', p_lock_ms::text, true); end if;
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
