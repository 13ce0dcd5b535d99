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
    order by id limit 1 for update skip locked
),
serial as (
    select j.id from lanes l join job j on j.id = l.id
    where j.state = 'queued' and j.stage = 1
      and not exists (select 1 from job r where r.lane = l.lane and r.state = 'running' and r.lane <> '')
      and j.id = (select h.id from job h
                  where h.lane = l.lane and h.state = 'queued' and h.stage > 0 and h.lane <> '' order by h.id limit 1)
    order by j.id limit 1 for update of j skip locked
)
update job set state = 'running', owner = :owner, lease_until_at = :lease_until_at, fence = fence + 1,
    attempts = attempts + 1
where id = (select min(c.id) from (select id from free union all select id from serial) c) and state = 'queued'
returning id, workspace_id, kind, payload, priority, state, run_at, lane, unique_key, max_attempts, attempts, fence, last_error,
       created_at, finished_at;
