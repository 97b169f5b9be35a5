/**
 * Our statements on pg-boss' tables. `jobs.` stands for the queue's schema.
 *
 * How its columns are used: `singleton_key` is the lane, and the policy `singleton` lets its unique index `job_i2` hold
 * at most one active job of a lane; `group_id` is the dedupe key, of which `lastro_waiting` holds at most one new job;
 * `retry_count` names the attempt, so a claim that was lost settles nothing.
 */
const TEXTS = {
  createQueue: `select jobs.create_queue($1::text, '{"policy": "standard"}'::jsonb)::text as done`,

  listQueues: 'select name from jobs.queue',

  /** `least`: a process whose clock is ahead must not delay a job that may run now. */
  enqueue: `
    insert into jobs.job_common
      (id, name, data, created_on, start_after, singleton_key, policy, expire_seconds, heartbeat_seconds, retry_limit,
       deletion_seconds, keep_until)
    values ($1::text::uuid, $2::text, $3::text::jsonb, $4::text::timestamptz,
      coalesce($5::text::timestamptz, least($4::text::timestamptz, jobs.job_now())),
      $6::text, case when $6::text is null then 'standard' else 'singleton' end, $7::int, $8::int, $9::int,
      0, 'infinity')`,

  /** Many jobs of one kind: a list of ids, one of inputs, one of lanes. Ids sort in the order of the jobs. */
  enqueueMany: `
    insert into jobs.job_common
      (id, name, data, created_on, start_after, singleton_key, policy, expire_seconds, heartbeat_seconds, retry_limit,
       deletion_seconds, keep_until)
    select added.id::uuid, $1::text, added.data::jsonb, $2::text::timestamptz,
      least($2::text::timestamptz, jobs.job_now()), added.lane,
      case when added.lane is null then 'standard' else 'singleton' end, $3::int, $4::int, $5::int, 0, 'infinity'
    from unnest($6::text::text[], $7::text::text[], $8::text::text[]) as added (id, data, lane)`,

  /**
   * Locks the job that waits already until our transaction ends, though it changes nothing in it: were it claimed
   * before we commit, it would run on the state of before, and nothing would run on ours.
   */
  enqueueOnce: `
    with retrying as (
      select id from jobs.job_common
      where name = $2::text and group_id = $10::text and state = 'retry'
      for update
    )
    insert into jobs.job_common as known
      (id, name, data, created_on, start_after, singleton_key, policy, expire_seconds, heartbeat_seconds, retry_limit,
       deletion_seconds, keep_until, group_id)
    select $1::text::uuid, $2::text, $3::text::jsonb, $4::text::timestamptz,
      coalesce($5::text::timestamptz, least($4::text::timestamptz, jobs.job_now())),
      $6::text, case when $6::text is null then 'standard' else 'singleton' end, $7::int, $8::int, $9::int,
      0, 'infinity', $10::text
    where not exists (select 1 from retrying)
    on conflict (name, group_id) where state = 'created' and group_id is not null
    do update set start_after = least(known.start_after, excluded.start_after)`,

  notify: 'select pg_notify($1::text, null)::text as done',

  claim: `
    select job_id as id, job_name as name, job_input as input, job_attempt as attempt
    from jobs.lastro_claim($1::text::text[], $2::int)`,

  touch: `
    update jobs.job_common set heartbeat_on = jobs.job_now()
    where name = $1::text and id = $2::text::uuid and state = 'active' and retry_count = $3::int - 1
    returning name`,

  /** Of many jobs: a list of names, one of ids, one of attempts. */
  complete: `
    select job_id as id from jobs.lastro_complete($1::text::text[], $2::text::uuid[], $3::text::int[]) as job_id`,

  fail: `
    update jobs.job_common
    set state = case when $5::text is null then 'failed' else 'retry' end::jobs.job_state,
      start_after = coalesce($5::text::timestamptz, start_after),
      completed_on = case when $5::text is null then jobs.job_now() end,
      heartbeat_on = null, output = jsonb_build_object('message', $4::text)
    where name = $1::text and id = $2::text::uuid and state = 'active' and retry_count = $3::int - 1
    returning name`,

  recover: `
    update jobs.job_common j
    set state = case when j.retry_count < j.retry_limit then 'retry' else 'failed' end::jobs.job_state,
      start_after = jobs.job_now(),
      completed_on = case when j.retry_count < j.retry_limit then null else jobs.job_now() end,
      heartbeat_on = null,
      output = jsonb_build_object('message', 'claim expired: the process stopped, or the job overran its deadline')
    from (
      select name, id from jobs.job_common
      where state = 'active'
        and (started_on + expire_seconds * interval '1 second' < jobs.job_now()
          or heartbeat_on + heartbeat_seconds * interval '1 second' < jobs.job_now())
      order by id
      limit 500
      for update skip locked
    ) as expired
    where j.name = expired.name and j.id = expired.id
    returning j.name`,

  listDead: `
    select id::text as id, name, data::text as input, retry_count + 1 as attempts,
      coalesce(output ->> 'message', output -> 'value' ->> 'message', output::text, '') as error,
      completed_on as died_at, completed_on::text as place
    from jobs.job_common
    where state = 'failed' and ($1::text is null or name = $1::text)
      and ($2::text is null or (completed_on, id) < ($2::text::timestamptz, $3::text::uuid))
    order by completed_on desc, job_common.id desc
    limit $4::int`,

  /** Under a new id: a worker that still believes in a claim of the dead one must not settle this one. */
  replay: `
    with dead as (
      delete from jobs.job_common
      where name = $1::text and id = $2::text::uuid and state = 'failed'
      returning *
    ), again as (
      insert into jobs.job_common
        (id, name, data, created_on, start_after, singleton_key, group_id, policy, expire_seconds, heartbeat_seconds,
         retry_limit, deletion_seconds, keep_until)
      select $3::text::uuid, name, data, $4::text::timestamptz, least($4::text::timestamptz, jobs.job_now()),
        singleton_key, group_id, policy, expire_seconds, heartbeat_seconds, retry_limit, 0, 'infinity'
      from dead
      on conflict do nothing
    )
    select name from dead`,

  depth: `
    select q.name,
      (count(*) filter (where j.state < 'active' and j.start_after <= jobs.job_now()))::int as ready,
      (count(*) filter (where j.state < 'active' and j.start_after > jobs.job_now()))::int as waiting,
      (count(*) filter (where j.state = 'active'))::int as active,
      (count(*) filter (where j.state = 'failed'))::int as dead
    from jobs.queue q
    left join jobs.job_common j on j.name = q.name
    group by q.name
    order by q.name`,
} as const

/** The statements by name. */
export type JobStatements = { readonly [K in keyof typeof TEXTS]: string }

const JOBS = /\bjobs\./g

/** The statements for a queue in the given schema. */
export function jobStatements(jobsSchema: string): JobStatements {
  const entries = Object.entries(TEXTS).map(([name, text]) => [name, text.replace(JOBS, `"${jobsSchema}".`)])
  return Object.fromEntries(entries) as JobStatements
}

/**
 * Takes jobs. Of each lane only the oldest due one, and none while one is active. Two claims at once may still both see a
 * lane as free: then the unique index refuses the second, which takes nothing this time.
 *
 * Its cost must not grow with what waits, but what is known of the table is from when it was empty: planned by that, it
 * would collect and sort all that is due. As a function it has settings of its own, so it walks indexes in their order:
 * `lastro_due` gives the oldest first (`is not true` rules out pg-boss' own index, which sorts all of one instant),
 * `lastro_lane` the first of a lane, and the primary key the row to lock.
 */
const CLAIM = `
create or replace function jobs.lastro_claim(wanted_names text[], most int)
returns table (job_id text, job_name text, job_input text, job_attempt int)
language plpgsql set enable_bitmapscan = off set enable_seqscan = off set jit = off
as $claim$
begin
  return query
    with candidates as materialized (
      select wanted.name, found.id, found.created_on
      from unnest(wanted_names) as wanted (name)
      cross join lateral (
        select j.id, j.created_on
        from jobs.job_common j
        where j.name = wanted.name and j.state < 'active' and j.blocked is not true and j.start_after <= jobs.job_now()
          and (j.singleton_key is null or (
            not exists (
              select 1 from jobs.job_common running
              where running.name = j.name and running.singleton_key = j.singleton_key and running.state = 'active')
            and j.id = (
              select oldest.id from jobs.job_common oldest
              where oldest.name = j.name and oldest.singleton_key = j.singleton_key and oldest.state < 'active'
                and oldest.start_after <= jobs.job_now()
              order by oldest.created_on, oldest.id limit 1)
          ))
        order by j.priority desc, j.created_on, j.id
        limit most * 4
      ) as found
    ), claimed as (
      select locked.name, locked.id
      from (select * from candidates order by candidates.created_on, candidates.id) as candidate
      cross join lateral (
        select j.name, j.id from jobs.job_common j
        where j.name = candidate.name and j.id = candidate.id
          and j.state < 'active' and j.start_after <= jobs.job_now()
        limit 1
        for update skip locked
      ) as locked
      limit most
    ), taken as (
      update jobs.job_common j
      set state = 'active', started_on = jobs.job_now(), heartbeat_on = jobs.job_now(),
        retry_count = case when j.started_on is null then 0 else j.retry_count + 1 end
      from claimed
      where j.name = claimed.name and j.id = claimed.id
      returning j.id, j.name, j.data, j.retry_count, j.created_on
    )
    select taken.id::text, taken.name, taken.data::text, taken.retry_count + 1
    from taken
    order by taken.created_on, taken.id;
end
$claim$;
`

/** Each by its key, for the same reason. Answers the ids of those whose claim still held. */
const COMPLETE = `
create or replace function jobs.lastro_complete(names text[], ids uuid[], attempts int[])
returns setof text
language plpgsql set enable_bitmapscan = off set enable_seqscan = off set jit = off
as $complete$
begin
  return query
    delete from jobs.job_common j
    using unnest(names, ids, attempts) as done (name, id, attempt)
    where j.name = done.name and j.id = done.id and j.state = 'active' and j.retry_count = done.attempt - 1
    returning j.id::text;
end
$complete$;
`

/** What our statements need beyond pg-boss' own tables. Run at every migration: a new pg-boss may remake its table. */
export function jobIndexes(jobsSchema: string): string {
  return `
create unique index if not exists lastro_waiting on jobs.job_common (name, group_id)
  where state = 'created' and group_id is not null;
create index if not exists lastro_retrying on jobs.job_common (name, group_id)
  where state = 'retry' and group_id is not null;
create index if not exists lastro_lane on jobs.job_common (name, singleton_key, created_on, id, start_after)
  where state < 'active';
create index if not exists lastro_due on jobs.job_common (name, priority desc, created_on, id, start_after)
  where state < 'active';
create index if not exists lastro_active on jobs.job_common (name, singleton_key, started_on) where state = 'active';
create index if not exists lastro_dead on jobs.job_common (completed_on desc, id desc) where state = 'failed';
${CLAIM}${COMPLETE}`.replace(JOBS, `"${jobsSchema}".`)
}
