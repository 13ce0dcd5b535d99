-- up
-- The answers of POSTs that came with an Idempotency-Key, kept so that a repeated one has one effect.
create table idempotency (
    scope       text   not null,
    key         text   not null,
    fingerprint text   not null,
    status      bigint,
    body        text,
    content_type text,
    headers     text,
    owner       text   not null,
    created_at  bigint not null,
    primary key (scope, key)
);
create index idempotency_created on idempotency (created_at);
-- down
drop table idempotency;
