const LISTED = `id, provider, delivery_id, topic, subject, sequence, verdict, is_known_type, state, note, body_bytes,
    attempts, error, adapter_version, received_at, applied_at, emptied_at, held_at`

/** `$1` provider, `$2` topic, `$3` subject, `$4` state, `$5` from, `$6` to. */
const MATCHES = `
  ($1::text is null or provider = $1::text)
    and ($2::text is null or topic = $2::text)
    and ($3::text is null or subject = $3::text)
    and ($4::text is null or state = $4::text)
    and ($5::text is null or received_at >= $5::text::timestamptz)
    and ($6::text is null or received_at < $6::text::timestamptz)`

/** What makes a delivery wait again. */
const REQUEUED = "state = 'received', note = null, error = null, applied_at = null, held_at = null"

/** `e` waits and has a place in the order of its subject. */
const WAITS = "e.state = 'received' and e.verdict = 'authentic' and e.sequence is not null"
/** Texts compare byte by byte. */
const BEFORE = 'e.sequence collate "C" < d.sequence collate "C"'

/** The statements of the inbox. */
export const DELIVERY_SQL = {
  /**
   * Rows as JSON, and all bodies in one piece that each row cuts its own from, once they are sorted. In one order of keys
   * everywhere, so that two processes that store the same deliveries never wait for each other.
   */
  insert: `
  insert into lastro.delivery
    (id, provider, delivery_id, topic, subject, sequence, verdict, is_known_type, state, body, body_bytes, attempts,
     received_at, touched_at)
  select sorted.id, sorted.provider, sorted."deliveryId", sorted.topic, sorted.subject, sorted.sequence,
    sorted.verdict, sorted."isKnownType", 'received', substr($2::bytea, sorted.start, sorted.bytes), sorted.bytes, 0,
    sorted."receivedAt", sorted."receivedAt"
  from (
    select added.* from json_to_recordset($1::text::json) as added (
      id text, provider text, "deliveryId" text, topic text, subject text, sequence text, verdict text,
      "isKnownType" boolean, start int, bytes int, "receivedAt" timestamptz)
    order by added.provider, added."deliveryId", added.start offset 0
  ) as sorted
  on conflict (provider, delivery_id) do nothing
  returning id`,

  get: `select ${LISTED}, body, applied::text as applied from lastro.delivery where id = $1::text`,

  /** Many at once. */
  open: `
  select ${LISTED}, body, applied::text as applied, exists (
    select 1 from lastro.delivery_place p
    where p.provider = d.provider and p.subject = d.subject and d.verdict = 'authentic'
      and (p.sequence > d.sequence collate "C"
        or (p.sequence = d.sequence collate "C" and p.delivery <> d.id))
  ) as is_late
  from lastro.delivery d where d.id = any($1::text::text[])`,

  lock: `
  select id, provider, subject, sequence, verdict, state, applied::text as applied, emptied_at, held_at
  from lastro.delivery where id = $1::text for update`,

  hasEarlier: `
  select e.id from lastro.delivery e
  where e.provider = $1::text and e.subject = $2::text and ${WAITS} and e.sequence collate "C" < $3::text collate "C"
  limit 1`,

  /**
   * Locks the earlier one, which waits for a run of it to end: who settles it later sees that this one is held. No row
   * where none is left.
   */
  hold: `
  with earlier as (
    select e.id
    from lastro.delivery d
    join lastro.delivery e on e.provider = d.provider and e.subject = d.subject and ${WAITS} and ${BEFORE}
    where d.id = $1::text
    order by e.sequence collate "C" limit 1 for update of e
  )
  update lastro.delivery set held_at = coalesce(held_at, $2::text::timestamptz), touched_at = $2::text::timestamptz
  where id = $1::text and exists (select 1 from earlier)
  returning held_at`,

  /** The usual end, in few words: it is planned for every delivery. */
  settleApplied: `
  update lastro.delivery
  set state = 'applied', note = $2::text, error = null, adapter_version = $3::text, applied = $4::text::text[],
    attempts = attempts + 1, touched_at = $5::text::timestamptz, applied_at = $5::text::timestamptz
  where id = $1::text`,

  /** A failure that is told late does not undo what another run applied meanwhile. */
  settleFailed: `
  with settled as (
    update lastro.delivery
    set state = $2::text, note = null, error = $3::text, adapter_version = $4::text, attempts = attempts + 1,
      touched_at = $5::text::timestamptz
    where id = $1::text and state <> 'applied'
    returning id, attempts
  )
  insert into lastro.delivery_attempt (delivery, number, at, error, adapter_version)
  select id, attempts, $5::text::timestamptz, $3::text, $4::text from settled`,

  nextHeld: `
  select e.id, e.provider, e.subject, e.received_at from lastro.delivery e
  where e.provider = $1::text and e.subject = $2::text and ${WAITS} and e.held_at is not null
  order by e.sequence collate "C" limit 1`,

  history: `
  select number, at, error, adapter_version from lastro.delivery_attempt
  where delivery = $1::text order by lastro.delivery_attempt.number limit 200`,

  /** The row is held whether it moves or not. */
  advance: `
  insert into lastro.delivery_place as known (provider, subject, sequence, delivery, moved_at)
  values ($1::text, $2::text, $3::text, $4::text, $5::text::timestamptz)
  on conflict (provider, subject) do update
    set sequence = excluded.sequence, delivery = excluded.delivery, moved_at = excluded.moved_at
    where known.sequence < excluded.sequence
      or (known.sequence = excluded.sequence and known.delivery = excluded.delivery)
  returning provider`,

  list: `
  select ${LISTED} from lastro.delivery
  where ${MATCHES}
    and ($7::text is null or (received_at, id) < ($7::text::timestamptz, $8::text))
  order by received_at desc, id desc
  limit $9::int`,

  requeueSome: `
  with chosen as (
    select id from lastro.delivery where id = any($1::text::text[]) and body is not null
    order by received_at, id limit $2::int for update
  )
  update lastro.delivery d set ${REQUEUED}, touched_at = $3::text::timestamptz
  from chosen where d.id = chosen.id
  returning d.id, d.provider, d.subject, d.received_at`,

  requeueMatching: `
  with chosen as (
    select id from lastro.delivery where ${MATCHES} and body is not null
    order by received_at, id limit $7::int for update
  )
  update lastro.delivery d set ${REQUEUED}, touched_at = $8::text::timestamptz
  from chosen where d.id = chosen.id
  returning d.id, d.provider, d.subject, d.received_at`,

  takeStranded: `
  with chosen as (
    select id from lastro.delivery
    where state = 'received' and touched_at < $1::text::timestamptz
    order by received_at, id limit $3::int for update skip locked
  )
  update lastro.delivery d set touched_at = $2::text::timestamptz
  from chosen where d.id = chosen.id
  returning d.id, d.provider, d.subject, d.received_at`,

  empty: `
  with chosen as (
    select id from lastro.delivery
    where state = 'applied' and body is not null and received_at < $1::text::timestamptz
    order by received_at, id limit $3::int for update skip locked
  )
  update lastro.delivery d set body = null, emptied_at = $2::text::timestamptz
  from chosen where d.id = chosen.id
  returning d.id`,

  remove: `
  with chosen as (
    select id from lastro.delivery
    where state = 'applied' and received_at < $1::text::timestamptz
    order by received_at, id limit $2::int for update skip locked
  )
  delete from lastro.delivery d using chosen where d.id = chosen.id
  returning d.id`,

  forgetPlaces: `
  with chosen as (
    select provider, subject from lastro.delivery_place
    where moved_at < $1::text::timestamptz
    order by moved_at limit $2::int for update skip locked
  )
  delete from lastro.delivery_place p using chosen
  where p.provider = chosen.provider and p.subject = chosen.subject
  returning p.provider`,

  forgetRefusals: `
  with chosen as (
    select minute, provider, topic, reason from lastro.delivery_refusal
    where minute < $1::text::timestamptz
    order by minute limit $2::int for update skip locked
  )
  delete from lastro.delivery_refusal r using chosen
  where r.minute = chosen.minute and r.provider = chosen.provider and r.topic = chosen.topic
    and r.reason = chosen.reason
  returning r.provider`,

  countRefusals: `
  insert into lastro.delivery_refusal as known (minute, provider, topic, reason, count)
  select added.minute, added.provider, added.topic, added.reason, added.count
  from json_to_recordset($1::text::json) as added (
    minute timestamptz, provider text, topic text, reason text, count int)
  order by added.minute, added.provider, added.topic, added.reason
  on conflict (minute, provider, topic, reason) do update set count = known.count + excluded.count`,

  arrived: `
  select provider, topic, count(*)::int as received,
    (count(*) filter (where state = 'applied'))::int as applied,
    (count(*) filter (where note = 'superseded'))::int as superseded,
    (count(*) filter (where not is_known_type))::int as unrecognised
  from (
    select provider, topic, state, note, is_known_type from lastro.delivery
    where received_at >= $1::text::timestamptz
    order by received_at desc, id desc limit $2::int
  ) as newest
  group by provider, topic order by provider, topic`,

  standing: `
  select provider, topic,
    (count(*) filter (where state = 'received'))::int as depth,
    (count(*) filter (where state = 'dead'))::int as dead,
    min(received_at) filter (where state = 'received') as oldest_at
  from (
    select provider, topic, state, received_at from lastro.delivery
    where state <> 'applied' order by state, received_at limit $1::int
  ) as unsettled
  group by provider, topic order by provider, topic`,

  refused: `
  select provider, topic, reason, sum(count)::int as count from lastro.delivery_refusal
  where minute >= date_trunc('minute', $1::text::timestamptz)
  group by provider, topic, reason order by provider, topic, reason limit 1000`,
} as const
