-- name: insert_job(workspace_id int, kind text, payload text, priority int, stage int, run_at int, lane text, unique_key text, max_attempts int, now int) -> id int
-- No row: a queued or running job has this unique key.
insert into job (workspace_id, kind, payload, priority, state, stage, run_at, lane, unique_key, max_attempts, created_at)
values (:workspace_id, :kind, :payload, :priority, 'queued', :stage, :run_at, :lane, :unique_key, :max_attempts, :now)
on conflict (kind, unique_key) where unique_key <> '' and state in ('queued', 'running') do nothing
returning id;

-- name: find_unique(kind text, unique_key text) -> id int
select id from job
where kind = :kind and unique_key = :unique_key and unique_key <> '' and state in ('queued', 'running');

-- name: get_job(id int) -> id int, workspace_id int, kind text, payload text, priority int, state text, run_at int, lane text, unique_key text, max_attempts int, attempts int, fence int, last_error text, created_at int, finished_at int?
select id, workspace_id, kind, payload, priority, state, run_at, lane, unique_key, max_attempts, attempts, fence, last_error,
       created_at, finished_at
from job where id = :id;

-- name: list_jobs(before int, max_rows int) -> id int, workspace_id int, kind text, payload text, priority int, state text, run_at int, lane text, unique_key text, max_attempts int, attempts int, fence int, last_error text, created_at int, finished_at int?
select id, workspace_id, kind, payload, priority, state, run_at, lane, unique_key, max_attempts, attempts, fence, last_error,
       created_at, finished_at
from job where id < :before order by id desc limit :max_rows;

-- name: list_jobs_by_state(state text, before int, max_rows int) -> id int, workspace_id int, kind text, payload text, priority int, state text, run_at int, lane text, unique_key text, max_attempts int, attempts int, fence int, last_error text, created_at int, finished_at int?
select id, workspace_id, kind, payload, priority, state, run_at, lane, unique_key, max_attempts, attempts, fence, last_error,
       created_at, finished_at
from job where state = :state and id < :before order by id desc limit :max_rows;

-- name: list_jobs_by_kind(kind text, state text, before int, max_rows int) -> id int, workspace_id int, kind text, payload text, priority int, state text, run_at int, lane text, unique_key text, max_attempts int, attempts int, fence int, last_error text, created_at int, finished_at int?
-- An empty state means any.
select id, workspace_id, kind, payload, priority, state, run_at, lane, unique_key, max_attempts, attempts, fence, last_error,
       created_at, finished_at
from job where kind = :kind and (:state = '' or state = :state) and id < :before order by id desc limit :max_rows;

-- name: retry_dead(id int, now int)
update job set state = 'queued', stage = 1, run_at = :now, attempts = 0, deaths = 0, finished_at = null
where id = :id and state in ('dead', 'cancelled');

-- name: cancel_queued(id int, now int)
update job set state = 'cancelled', finished_at = :now where id = :id and state = 'queued';

-- name: count_jobs(now int) -> queued int, running int, dead int, oldest_due int?, oldest_waiting int?
select (select count(*) from job where state = 'queued' and stage = 1)
     + (select count(*) from job where state = 'queued' and stage <> 1),
       (select count(*) from job where state = 'running'),
       (select count(*) from job where state = 'dead'),
       (select min(run_at) from job where state = 'queued' and stage = 1),
       (select min(run_at) from job where state = 'queued' and stage <> 1 and run_at <= :now);

-- name: prune_done(before int)
delete from job where id in (
    select id from job where finished_at is not null and finished_at < :before and state = 'done'
    order by finished_at limit 1000);

-- name: prune_buried(before int)
delete from job where id in (
    select id from job where finished_at is not null and finished_at < :before and state in ('dead', 'cancelled')
    order by finished_at limit 1000);

-- name: next_waiting() -> run_at int
select run_at from job where state = 'queued' and stage <> 1 order by run_at limit 1;

-- name: promote_due(now int)
update job set stage = 1 where id in (
    select id from job where state = 'queued' and stage <> 1 and run_at <= :now order by run_at limit 1000)
  and state = 'queued';

-- name: any_due() -> id int
select id from job where state = 'queued' and stage = 1 limit 1;

-- name: due_workspaces() -> priority int, workspace_id int, running int
-- Which workspaces have jobs that may run, found by skipping through the index, and how many they have running.
with recursive head(priority, workspace_id) as (
    select f.priority, f.workspace_id from (
        select priority, workspace_id from job where state = 'queued' and stage = 1
        order by priority, workspace_id limit 1) f
    union all
    select n.priority, n.workspace_id from head h join job n on n.id = coalesce(
        (select j.id from job j
         where j.state = 'queued' and j.stage = 1 and j.priority = h.priority and j.workspace_id > h.workspace_id
         order by j.workspace_id limit 1),
        (select j.id from job j
         where j.state = 'queued' and j.stage = 1 and j.priority > h.priority
         order by j.priority, j.workspace_id limit 1))
)
select h.priority, h.workspace_id,
       (select count(*) from job r where r.state = 'running' and r.workspace_id = h.workspace_id)
from head h limit 10000;

-- name: take_job(priority int, workspace_id int, owner text, lease_until_at int) -> id int, workspace_id int, kind text, payload text, priority int, state text, run_at int, lane text, unique_key text, max_attempts int, attempts int, fence int, last_error text, created_at int, finished_at int?
-- The oldest job of the workspace that may run: of those without a lane, and of each lane whose head is free.
with recursive lanes(lane, id) as (
    select f.lane, f.id from (
        select lane, id from job
        where state = 'queued' and stage = 1 and priority = :priority and workspace_id = :workspace_id and lane > ''
        order by lane, id limit 1) f
    union all
    select n.lane, n.id from lanes l join job n on n.id = (
        select j.id from job j
        where j.state = 'queued' and j.stage = 1 and j.priority = :priority and j.workspace_id = :workspace_id
          and j.lane > l.lane
        order by j.lane, j.id limit 1)
),
free as (
    select id from job
    where state = 'queued' and stage = 1 and priority = :priority and workspace_id = :workspace_id and lane = ''
    order by id limit 1
),
serial as (
    select l.id from lanes l
    where not exists (select 1 from job r where r.lane = l.lane and r.state = 'running' and r.lane <> '')
      and l.id = (select h.id from job h
                  where h.lane = l.lane and h.state = 'queued' and h.stage > 0 and h.lane <> '' order by h.id limit 1)
    order by l.id limit 1
)
update job set state = 'running', owner = :owner, lease_until_at = :lease_until_at, fence = fence + 1,
    attempts = attempts + 1
where id = (select min(c.id) from (select id from free union all select id from serial) c) and state = 'queued'
returning id, workspace_id, kind, payload, priority, state, run_at, lane, unique_key, max_attempts, attempts, fence, last_error,
       created_at, finished_at;

-- name: finish_job(id int, fence int, now int)
update job set state = 'done', owner = '', deaths = 0, last_error = '', finished_at = :now
where id = :id and fence = :fence and state = 'running';

-- name: requeue_job(id int, fence int, stage int, run_at int, attempts int, last_error text)
update job set state = 'queued', stage = :stage, run_at = :run_at, attempts = :attempts, owner = '', deaths = 0,
    last_error = :last_error
where id = :id and fence = :fence and state = 'running';

-- name: bury_job(id int, fence int, now int, last_error text)
update job set state = 'dead', owner = '', deaths = 0, last_error = :last_error, finished_at = :now
where id = :id and fence = :fence and state = 'running';

-- name: give_back_job(id int, fence int, now int)
-- The fence moves, so that a handler that still runs can no longer settle it.
update job set state = 'queued', stage = 1, run_at = :now, attempts = attempts - 1, fence = fence + 1, owner = ''
where id = :id and fence = :fence and state = 'running';

-- name: renew_lease(id int, fence int, lease_until_at int)
update job set lease_until_at = :lease_until_at where id = :id and fence = :fence and state = 'running';

-- name: running_jobs() -> id int, fence int, owner text, lease_until_at int, lane text, attempts int, max_attempts int, deaths int
select id, fence, owner, lease_until_at, lane, attempts, max_attempts, deaths from job where state = 'running' limit 10000;

-- name: take_over_job(id int, fence int, lease_until_at int, state text, stage int, run_at int, deaths int, finished_at int?, last_error text)
-- Its worker died.
update job set state = :state, stage = :stage, run_at = :run_at, deaths = :deaths, finished_at = :finished_at,
    last_error = :last_error, fence = fence + 1, owner = ''
where id = :id and fence = :fence and lease_until_at = :lease_until_at and state = 'running';

-- name: put_schedule(name text, rhythm text, next_at int)
-- A schedule that keeps its rhythm keeps its next tick: one that was missed while nobody ran is fired.
insert into job_schedule (name, rhythm, next_at) values (:name, :rhythm, :next_at)
on conflict (name) do update set rhythm = excluded.rhythm, next_at = excluded.next_at
where job_schedule.rhythm <> excluded.rhythm;

-- name: get_schedule(name text) -> next_at int, last_tick_at int?
select next_at, last_tick_at from job_schedule where name = :name;

-- name: fire_schedule(name text, expected_at int, now int, next_at int)
update job_schedule set last_tick_at = :now, next_at = :next_at where name = :name and next_at = :expected_at;

-- name: move_schedule(name text, expected_at int, next_at int)
update job_schedule set next_at = :next_at where name = :name and next_at = :expected_at;
