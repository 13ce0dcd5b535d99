-- The queue of jobs and the rhythm of schedules.
--
-- stage of a queued job: 0 waits for run_at, 1 may run now, 2 waits for its retry and holds back its lane.
-- lane: '' or "<kind> <serial key>"; jobs of one lane run one at a time.
-- workspace_id 0: none. No foreign key: a job may outlive what it is about, its handler then finds nothing.
-- up
create table job (
    id {identity},
    workspace_id bigint not null,
    kind text not null,
    payload text not null,
    priority integer not null,
    state text not null,
    stage integer not null,
    run_at bigint not null,
    lane text not null,
    unique_key text not null,
    max_attempts integer not null,
    attempts integer not null default 0,
    deaths integer not null default 0,
    fence bigint not null default 0,
    owner text not null default '',
    lease_until_at bigint not null default 0,
    last_error text not null default '',
    created_at bigint not null,
    finished_at bigint
);
create index job_due on job(priority, workspace_id, lane, id, run_at) where state = 'queued' and stage = 1;
create index job_waiting on job(run_at) where state = 'queued' and stage <> 1;
create unique index job_unique on job(kind, unique_key) where unique_key <> '' and state in ('queued', 'running');
create index job_lane on job(lane, id) where state = 'queued' and stage > 0 and lane <> '';
create unique index job_running_lane on job(lane) where state = 'running' and lane <> '';
create index job_running on job(workspace_id) where state = 'running';
create index job_finished on job(finished_at) where finished_at is not null;
create index job_dead on job(id) where state = 'dead';
create index job_by_kind on job(kind, id);
-- only postgres
alter table job set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_analyze_scale_factor = 0.02);
-- end

create table job_schedule (
    name text primary key,
    rhythm text not null,
    next_at bigint not null,
    last_tick_at bigint
);

-- down
drop table job_schedule;
drop table job;
