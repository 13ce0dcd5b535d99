-- The journal of signed webhooks, and the items in them that could not be stored.
-- up
create table webhook (
    id {identity},
    channel text not null,
    state text not null,
    attempts integer not null default 0,
    events integer not null default 0,
    problems integer not null default 0,
    unknown_accounts integer not null default 0,
    repeat_of bigint,
    request_id text not null,
    last_error text not null default '',
    received_at bigint not null,
    processed_at bigint,
    bytes bigint not null,
    body_sha256 text not null,
    body_base64 text not null
);
create index webhook_by_hash on webhook(body_sha256, id);
create index webhook_open on webhook(id, received_at, state) where state <> 'processed';
create index webhook_by_time on webhook(received_at);

create table webhook_problem (
    id {identity},
    webhook_id bigint not null references webhook(id) on delete cascade,
    account text not null,
    reason text not null,
    item text not null,
    found_at bigint not null
);
create index webhook_problem_by_webhook on webhook_problem(webhook_id, id);

-- down
drop table webhook_problem;
drop table webhook;
