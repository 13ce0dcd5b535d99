-- Workspaces, users, their sessions and keys, and the audit log.
-- up
create table workspace (
    id {identity},
    name text not null,
    event_sequence bigint not null default 0,
    created_at bigint not null
);

create table user_account (
    id {identity},
    workspace_id bigint not null references workspace(id),
    email text not null unique,
    name text not null,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    password_hash text not null,
    password_changed_at bigint not null,
    created_at bigint not null,
    locked_at bigint,
    last_login_at bigint
);
create index user_account_by_workspace on user_account(workspace_id, id);

create table user_session (
    id text primary key,
    workspace_id bigint not null references workspace(id),
    user_id bigint not null references user_account(id),
    address text not null,
    user_agent text not null,
    generation bigint not null default 1,
    rotated_at bigint not null,
    created_at bigint not null,
    idle_until_at bigint not null,
    expires_at bigint not null,
    ended_at bigint,
    end_reason text
);
create index user_session_by_user on user_session(user_id, created_at);
create index user_session_by_expiry on user_session(expires_at);

create table login_failure (
    account text primary key,
    failures bigint not null,
    last_at bigint not null
);
create index login_failure_by_time on login_failure(last_at);

create table api_key (
    id {identity},
    workspace_id bigint not null references workspace(id),
    created_by bigint not null references user_account(id),
    name text not null,
    role text not null check (role in ('owner', 'admin', 'agent', 'viewer')),
    scopes text not null,
    prefix text not null,
    key_hash text not null unique,
    created_at bigint not null,
    expires_at bigint,
    last_used_at bigint,
    revoked_at bigint
);
create index api_key_by_workspace on api_key(workspace_id, id);

create table audit_head (
    workspace_id bigint primary key,
    sequence bigint not null,
    hash text not null
);

create table audit_entry (
    id {identity},
    workspace_id bigint not null,
    sequence bigint not null,
    at bigint not null,
    actor text not null,
    action text not null,
    target text not null,
    detail text not null,
    address text not null,
    hash text not null,
    unique (workspace_id, sequence)
);

-- down
drop table audit_entry;
drop table audit_head;
drop table api_key;
drop table login_failure;
drop table user_session;
drop table user_account;
drop table workspace;
