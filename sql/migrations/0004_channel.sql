-- Connected accounts. One external account is connected to at most one workspace at a time; a workspace that
-- disconnected it keeps its row, because its conversations stay.
-- up
create table account (
    id {identity},
    workspace_id bigint not null references workspace(id),
    channel text not null,
    external_id text not null,
    app_scoped_id text not null,
    username text not null,
    name text not null,
    picture_url text not null,
    account_type text not null,
    followers bigint,
    state text not null,
    state_detail text not null default '',
    token_sealed text,
    token_permissions text not null default '[]',
    token_expires_at bigint not null,
    token_refreshed_at bigint not null,
    last_event_at bigint,
    created_at bigint not null,
    unique (workspace_id, channel, external_id)
);
create unique index account_connected_once on account(channel, external_id) where state <> 'disconnected';
create index account_by_token_expiry on account(token_expires_at) where token_sealed is not null;

-- down
drop table account;
