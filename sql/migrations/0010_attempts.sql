-- up
-- The log-ins and registrations of the last minute, so that a restart does not begin the minute anew. Written only when
-- the limits are counted in the process; with Redis they are counted there.
create table recent_attempt (
    id  {identity},
    key text   not null,
    at  bigint not null
);
create index recent_attempt_by_time on recent_attempt (at);
-- down
drop table recent_attempt;
