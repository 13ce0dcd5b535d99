-- Contacts, conversations, messages and what belongs to them, and the full-text index over the messages.
-- up
create table contact (
    id {identity},
    workspace bigint not null references workspace(id),
    account bigint not null references account(id),
    external_id text not null,
    name text not null,
    username text not null,
    picture_url text not null,
    profile_at bigint,
    created_at bigint not null,
    unique (account, external_id)
);

create table conversation (
    id {identity},
    workspace bigint not null references workspace(id),
    account bigint not null references account(id),
    contact bigint not null unique references contact(id),
    state text not null default 'open' check (state in ('open', 'archived')),
    last_message bigint not null default 0,
    last_message_at bigint not null,
    last_customer_message_at bigint,
    unread_count bigint not null default 0,
    read_up_to bigint not null default 0,
    customer_read_at bigint,
    referral_reference text not null default '',
    referral_source text not null default '',
    referral_ad_id text not null default '',
    referral_ad_title text not null default '',
    referral_at bigint,
    created_at bigint not null
);
create index conversation_by_workspace on conversation(workspace, last_message_at, id);
create index conversation_by_account on conversation(account, last_message_at, id);
create index conversation_unread_by_workspace on conversation(workspace, last_message_at, id) where unread_count > 0;
create index conversation_unread_by_account on conversation(account, last_message_at, id) where unread_count > 0;
create index conversation_by_creation on conversation(workspace, created_at, account);

create table message (
    id {identity},
    workspace bigint not null references workspace(id),
    account bigint not null references account(id),
    conversation bigint not null references conversation(id),
    kind text not null check (kind in ('message', 'postback', 'comment', 'unsupported')),
    direction integer not null check (direction in (0, 1)),
    delivery text not null
        check (delivery in ('received', 'queued', 'sending', 'sent', 'read', 'failed', 'unknown')),
    external_id text,
    text text not null,
    words text not null,
    at bigint not null,
    arrived_at bigint not null,
    author bigint references user_account(id),
    human integer not null default 0,
    human_agent integer not null default 0,
    client_key text,
    reply_to text not null default '',
    story_id text not null default '',
    payload text not null default '',
    comment_id text not null default '',
    post_id text not null default '',
    raw text not null default '',
    edit_number bigint not null default 0,
    unsent_at bigint,
    read_at bigint,
    failure_code text not null default '',
    failure text not null default '',
    failure_pt text not null default '',
-- only postgres
    search tsvector generated always as (array_to_tsvector(array_remove(array['#w' || cast(workspace as text),
        '#a' || cast(account as text), '#c' || cast(conversation as text)] || string_to_array(words, ' '), ''))) stored,
-- end
    unique (account, external_id),
    unique (conversation, client_key)
);
create index message_by_conversation on message(conversation, at, id);
create index message_by_account on message(account, at, id, direction);
create index message_by_workspace on message(workspace, at, id, direction, delivery, account);
create index message_sent on message(conversation, at) where delivery = 'sent';
create index message_in_doubt on message(conversation, id) where delivery in ('queued', 'sending', 'unknown');

-- only sqlite
create view message_words as
    select id, '#w' || workspace || ' #a' || account || ' #c' || conversation || ' ' || words as words from message;
create virtual table message_search using fts5(words, content='message_words', content_rowid='id', prefix='1 2 3',
    tokenize="unicode61 remove_diacritics 0 tokenchars '#'");
create trigger message_search_insert after insert on message begin
    insert into message_search(rowid, words) values (new.id, '#w' || new.workspace || ' #a' || new.account || ' #c' ||
        new.conversation || ' ' || new.words);
end;
create trigger message_search_update after update of words on message when old.words <> new.words begin
    insert into message_search(message_search, rowid, words) values ('delete', old.id, '#w' || old.workspace || ' #a' ||
        old.account || ' #c' || old.conversation || ' ' || old.words);
    insert into message_search(rowid, words) values (new.id, '#w' || new.workspace || ' #a' || new.account || ' #c' ||
        new.conversation || ' ' || new.words);
end;
create trigger message_search_delete after delete on message begin
    insert into message_search(message_search, rowid, words) values ('delete', old.id, '#w' || old.workspace || ' #a' ||
        old.account || ' #c' || old.conversation || ' ' || old.words);
end;
-- end
-- only postgres
create index message_search on message using gin(search) with (fastupdate = off);
-- end

create table attachment (
    id {identity},
    message bigint not null references message(id),
    position bigint not null,
    kind text not null,
    url text not null,
    title text not null,
    media_id text not null,
    blob text not null default '',
    unique (message, position)
);

create table reaction (
    id {identity},
    message bigint not null references message(id),
    from_business integer not null,
    reaction text not null,
    at bigint not null,
    unique (message, from_business)
);

create table pending_change (
    id {identity},
    account bigint not null references account(id),
    external_id text not null,
    kind text not null check (kind in ('edit', 'unsend', 'reaction', 'read')),
    from_business integer not null,
    text text not null,
    edit_number bigint not null,
    at bigint not null,
    unique (account, external_id, kind, from_business)
);

create table message_attempt (
    id {identity},
    message bigint not null references message(id),
    number bigint not null,
    started_at bigint not null,
    finished_at bigint,
    outcome text not null default '',
    checks bigint not null default 0,
    unique (message, number)
);

-- down
drop table message_attempt;
drop table pending_change;
drop table reaction;
drop table attachment;
-- only sqlite
drop trigger message_search_delete;
drop trigger message_search_update;
drop trigger message_search_insert;
drop table message_search;
drop view message_words;
-- end
drop table message;
drop table conversation;
drop table contact;
