-- What the channel measured: one row a day, account and metric. What was not measured has no row.
-- up
create table insight (
    id {identity},
    workspace bigint not null references workspace(id),
    account bigint not null references account(id),
    day_at bigint not null,
    metric text not null,
    value bigint not null,
    fetched_at bigint not null,
    unique (account, day_at, metric)
);
create index insight_by_workspace on insight(workspace, day_at, metric);

-- down
drop table insight;
