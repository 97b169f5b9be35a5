const micros = (column: string) => `(extract(epoch from ${column}) * 1000000)::bigint::text`

/**
 * Tamper evidence: a digest for each transfer and each audit row, chained to the digest before it. Written by a job that
 * follows behind, so that booking does not pay for it.
 *
 * A row is sealed once nothing with a smaller number can still appear. A mark says "these numbers were given out before
 * this transaction id": when all older transactions have ended, the numbers up to the mark are final. Whoever takes a
 * number has a transaction id by then: a booking by its locks, an audit row by the trigger below.
 */
export const chain = `
create table lastro.ledger_digest (
  number bigint not null,
  chain text collate "C" not null check (chain in ('transfers', 'audit')),
  digest bytea not null check (octet_length(digest) = 32),
  primary key (chain, number)
);

-- One row a run of the sealing job: all rows after from_row up to to_row, and the digest of the last of them.
create table lastro.ledger_seal (
  chain text collate "C" not null check (chain in ('transfers', 'audit')),
  number bigint not null,
  from_row bigint not null,
  to_row bigint not null check (to_row > from_row),
  rows bigint not null check (rows > 0),
  digest bytea not null,
  sealed_at timestamptz not null,
  primary key (chain, number)
);

create table lastro.ledger_mark (
  chain text collate "C" not null,
  number bigint not null,
  xid xid8 not null,
  primary key (chain, number)
);

create function lastro.ledger_take_xid() returns trigger language plpgsql as $function$
begin
  perform pg_current_xact_id();
  return null;
end
$function$;
create trigger audit_takes_xid before insert on lastro.audit
  for each statement execute function lastro.ledger_take_xid();
create trigger audit_not_truncated before truncate on lastro.audit
  for each statement execute function lastro.refuse_change();
create trigger append_only before update or delete or truncate on lastro.ledger_digest
  for each statement execute function lastro.refuse_change();
create trigger sealed before insert on lastro.ledger_digest
  for each statement execute function lastro.ledger_refuse_bypass();
create trigger append_only before update or delete or truncate on lastro.ledger_seal
  for each statement execute function lastro.refuse_change();
create trigger sealed before insert on lastro.ledger_seal
  for each statement execute function lastro.ledger_refuse_bypass();

-- What is digested, as JSON texts with a fixed order of fields. A version stands first: another form is another version.
create function lastro.ledger_sealable(p_chain text, p_after bigint, p_upto bigint, p_limit int)
returns table (number bigint, subject text, body text) language plpgsql stable as $function$
begin
  if p_chain = 'audit' then
    return query select entry.seq, entry.seq::text, jsonb_build_array('lastro.audit.1', entry.seq::text, entry.actor, entry.action,
        entry.subject, entry.details, ${micros('entry.at')})::text
      from lastro.audit entry where entry.seq > p_after and entry.seq <= p_upto
      order by entry.seq limit p_limit;
  else
    return query select booked.number, booked.id, jsonb_build_array('lastro.transfer.1', booked.number::text, booked.id, booked.kind,
        debit.id, booked.debit_version::text, booked.debit_posted::text, booked.debit_held::text,
        credit.id, booked.credit_version::text, booked.credit_posted::text, booked.credit_held::text,
        debit.asset, credit.asset, booked.amount::text, booked.requested::text, booked.balancing, booked.hold::text,
        booked.cause, booked.memo, ${micros('booked.booked_at')}, ${micros('booked.effective_at')},
        ${micros('booked.expires_at')})::text
      from lastro.ledger_transfer booked
      left join lastro.ledger_account debit on debit.number = booked.debit_account
      left join lastro.ledger_account credit on credit.number = booked.credit_account
      where booked.number > p_after and booked.number <= p_upto order by booked.number limit p_limit;
  end if;
end
$function$;

-- The digest after which a row stands; zeros before the first.
create function lastro.ledger_digest_before(p_chain text, p_number bigint) returns bytea language sql stable as $function$
  select coalesce(
    (select digest from lastro.ledger_digest where chain = p_chain and number < p_number order by number desc limit 1),
    decode(repeat('00', 32), 'hex'))
$function$;

-- Seals at most p_limit rows. p_last is the last number that was given out, read before this transaction began.
-- Answers how many it sealed. Runs of one chain wait for each other.
create function lastro.ledger_seal_next(p_chain text, p_last bigint, p_limit int, p_at timestamptz) returns int
language plpgsql as $function$
declare
  v_seen pg_snapshot;
  v_oldest xid8;
  v_bound bigint;
  v_seal record;
  v_row record;
  v_digest bytea;
  v_numbers bigint[] := '{}';
  v_digests bytea[] := '{}';
begin
  -- Before anything is written: a transaction id of our own would count as one that is still running.
  perform pg_advisory_xact_lock(7051205, hashtext(p_chain));
  v_seen := pg_current_snapshot();
  -- Transaction ids are of the whole server: those that run in its other databases cannot write here, nor can autovacuum.
  select min(running.xid) into v_oldest
  from (select pg_snapshot_xip(v_seen) as xid) running
  where not exists (
    select from pg_locks held join pg_stat_activity backend on backend.pid = held.pid
    where held.locktype = 'transactionid' and held.mode = 'ExclusiveLock' and held.granted
      and held.transactionid = running.xid::xid
      and (backend.datname <> current_database() or backend.backend_type = 'autovacuum worker')
  );
  v_bound := case when v_oldest is null then p_last else (
    select max(number) from lastro.ledger_mark where chain = p_chain and xid <= v_oldest
  ) end;
  insert into lastro.ledger_mark (chain, number, xid) values (p_chain, p_last, pg_snapshot_xmax(v_seen))
    on conflict do nothing;
  select coalesce(max(last.number), 0) as number, coalesce(max(last.to_row), 0) as to_row into v_seal from (
    select number, to_row from lastro.ledger_seal where chain = p_chain order by number desc limit 1
  ) last;
  if v_bound is null or v_bound <= v_seal.to_row then return 0; end if;

  v_digest := lastro.ledger_digest_before(p_chain, v_seal.to_row + 1);
  for v_row in select * from lastro.ledger_sealable(p_chain, v_seal.to_row, v_bound, p_limit) loop
    v_digest := sha256(v_digest || convert_to(v_row.body, 'UTF8'));
    v_numbers := v_numbers || v_row.number;
    v_digests := v_digests || v_digest;
  end loop;
  delete from lastro.ledger_mark where chain = p_chain and number <= v_seal.to_row;
  if v_numbers = '{}' then return 0; end if;
  if cardinality(v_numbers) = p_limit then v_bound := v_numbers[p_limit]; end if;

  perform set_config('lastro_ledger.booking', 'on', true);
  insert into lastro.ledger_digest (chain, number, digest)
    select p_chain, sealed.number, sealed.digest from unnest(v_numbers, v_digests) sealed (number, digest);
  insert into lastro.ledger_seal (chain, number, from_row, to_row, rows, digest, sealed_at)
    values (p_chain, v_seal.number + 1, v_seal.to_row, v_bound, cardinality(v_numbers), v_digest, p_at);
  perform set_config('lastro_ledger.booking', 'off', true);
  return cardinality(v_numbers);
end
$function$;

-- Recomputes the digests of at most p_limit rows after p_after, and answers what does not fit, in the order of the rows.
-- A last row with no rule tells up to where it has looked; null there: to the end.
create function lastro.ledger_check_chain(p_chain text, p_after bigint, p_limit int)
returns table (rule text, number bigint, subject text, upto bigint) language plpgsql stable as $function$
#variable_conflict use_column
declare
  v_count bigint;
  v_upto bigint;
  v_end bigint := coalesce(
    (select to_row from lastro.ledger_seal seal where seal.chain = p_chain order by seal.number desc limit 1), 0);
begin
  select count(*), max(number) into v_count, v_upto
  from (select number from lastro.ledger_digest where chain = p_chain and number > p_after order by number limit p_limit) next;
  -- Digests after the last seal are looked at as well.
  if v_count < p_limit then v_upto := greatest(v_end, v_upto); end if;
  return query
    with known as (
      select number, digest, lag(digest, 1, lastro.ledger_digest_before(p_chain, p_after + 1)) over (order by number) as before
      from lastro.ledger_digest where chain = p_chain and number > p_after and number <= v_upto
    )
    select breach.rule, breach.number, breach.subject, null::bigint
    from (
      select case
          when known.number > v_end then 'digest_without_seal'
          when sealed.number is null then 'row_missing'
          when known.number is null then 'row_inserted'
          when known.digest <> sha256(known.before || convert_to(sealed.body, 'UTF8')) then 'row_changed'
        end as rule, coalesce(sealed.number, known.number) as number, sealed.subject
      from lastro.ledger_sealable(p_chain, p_after, v_upto, null) sealed
      full join known on known.number = sealed.number
    ) breach
    where breach.rule is not null order by breach.number limit 100;
  return query select null::text, null::bigint, null::text, case when v_count = p_limit then v_upto end;
end
$function$;

-- Seals that do not follow each other, or do not say what their digests say.
create function lastro.ledger_check_seals(p_chain text) returns table (rule text, number bigint, subject text)
language sql stable as $function$
  select 'seal_changed', seal.number, seal.number::text
  from (
    select *, lag(to_row, 1, 0::bigint) over (order by number) as end_before, row_number() over (order by number) as place
    from lastro.ledger_seal where chain = p_chain
  ) seal
  where seal.from_row <> seal.end_before or seal.number <> seal.place
    or seal.digest <> lastro.ledger_digest_before(p_chain, seal.to_row + 1)
    or seal.rows <> (select count(*) from lastro.ledger_digest digest
      where digest.chain = p_chain and digest.number > seal.from_row and digest.number <= seal.to_row)
  order by seal.number limit 100
$function$;
`
