-- What browsers are told, numbered per workspace in the order of the commits.
-- up
create table event (
    workspace_id bigint not null references workspace(id),
    number bigint not null,
    kind text not null,
    payload text not null,
    at bigint not null,
    primary key (workspace_id, number)
);
create index event_by_time on event(at);

-- down
drop table event;
