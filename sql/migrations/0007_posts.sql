-- Uploaded media and the calendar of posts.
-- up
create table media (
    id {identity},
    workspace bigint not null references workspace(id),
    author bigint references user_account(id),
    kind text not null check (kind in ('jpeg', 'png', 'webp', 'mp4')),
    name text not null,
    bytes bigint not null,
    width bigint not null,
    height bigint not null,
    blob text not null,
    created_at bigint not null
);
create index media_by_workspace on media(workspace, id);

create table post (
    id {identity},
    workspace bigint not null references workspace(id),
    account bigint not null references account(id),
    media bigint not null references media(id),
    author bigint references user_account(id),
    caption text not null,
    alt_text text not null,
    state text not null
        check (state in ('draft', 'scheduled', 'publishing', 'published', 'failed', 'cancelled', 'unknown')),
    at bigint not null,
    time_zone text not null,
    version bigint not null default 1,
    container text not null default '',
    container_at bigint,
    publish_called_at bigint,
    tries bigint not null default 0,
    checks bigint not null default 0,
    external_id text,
    permalink text not null default '',
    published_at bigint,
    failure_code text not null default '',
    failure text not null default '',
    failure_pt text not null default '',
    created_at bigint not null,
    updated_at bigint not null,
    unique (account, external_id)
);
create index post_by_workspace on post(workspace, at, id);
create index post_by_account on post(account, at, id);

-- down
drop table post;
drop table media;
