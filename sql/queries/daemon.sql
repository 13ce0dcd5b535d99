-- name: begin_once(scope text, key text, fingerprint text, owner text, now int) -> created_at int
-- Takes the key; no row when it is already taken.
insert into idempotency (scope, key, fingerprint, owner, created_at)
values (:scope, :key, :fingerprint, :owner, :now)
on conflict (scope, key) do nothing
returning created_at;

-- name: find_once(scope text, key text) -> fingerprint text, status int?, body text?, content_type text?, headers text?, owner text, effect_at int?, created_at int
select fingerprint, status, body, content_type, headers, owner, effect_at, created_at
from idempotency where scope = :scope and key = :key;

-- name: mark_once(scope text, key text, owner text, now int)
-- In the effect's own transaction: it commits together with this, and only while the key is still this attempt's.
update idempotency set effect_at = :now
where scope = :scope and key = :key and owner = :owner and status is null;

-- name: take_over_once(scope text, key text, before text, owner text, repeatable bool, now int)
-- The attempt that held the key is gone. With its effect in place only what may be repeated is begun again.
update idempotency set owner = :owner, created_at = :now
where scope = :scope and key = :key and owner = :before and status is null and (effect_at is null or :repeatable = 1);

-- name: finish_once(scope text, key text, owner text, status int, body text, content_type text, headers text)
update idempotency set status = :status, body = :body, content_type = :content_type, headers = :headers
where scope = :scope and key = :key and owner = :owner and status is null;

-- name: forget_once(scope text, key text, owner text)
-- Only what has neither effect nor answer: the request failed and may be tried again.
delete from idempotency
where scope = :scope and key = :key and owner = :owner and status is null and effect_at is null;

-- name: release_once(scope text, key text, owner text)
-- It failed, but not before a part of it was in place.
update idempotency set owner = '' where scope = :scope and key = :key and owner = :owner and status is null;

-- name: prune_once(before int)
delete from idempotency where created_at < :before;

-- What a workspace has, removed from the leaves to the root. The audit log stays.

-- name: forget_attempts(workspace int)
delete from message_attempt where message in (select id from message where workspace = :workspace);

-- name: forget_reactions(workspace int)
delete from reaction where message in (select id from message where workspace = :workspace);

-- name: forget_attachments(workspace int)
delete from attachment where message in (select id from message where workspace = :workspace);

-- name: forget_pending_changes(workspace int)
delete from pending_change where account in (select id from account where workspace_id = :workspace);

-- name: forget_messages(workspace int)
delete from message where workspace = :workspace;

-- name: forget_conversations(workspace int)
delete from conversation where workspace = :workspace;

-- name: forget_contacts(workspace int)
delete from contact where workspace = :workspace;

-- name: forget_posts(workspace int)
delete from post where workspace = :workspace;

-- name: forget_media(workspace int)
delete from media where workspace = :workspace;

-- name: forget_insights(workspace int)
delete from insight where workspace = :workspace;

-- name: forget_jobs(workspace int)
delete from job where workspace_id = :workspace and state <> 'running';

-- name: forget_accounts(workspace int)
delete from account where workspace_id = :workspace;

-- name: forget_events(workspace int)
delete from event where workspace_id = :workspace;

-- name: forget_keys(workspace int)
delete from api_key where workspace_id = :workspace;

-- name: forget_sessions(workspace int)
delete from user_session where workspace_id = :workspace;

-- name: forget_users(workspace int)
delete from user_account where workspace_id = :workspace;

-- name: forget_workspace(workspace int)
delete from workspace where id = :workspace;

-- A person who wants their data deleted.

-- name: put_deletion(code text, channel text, person text, request_sha256 text, now int) -> id int
-- No row: this very request came before.
insert into deletion_request (code, channel, person, request_sha256, requested_at)
values (:code, :channel, :person, :request_sha256, :now)
on conflict (request_sha256) do nothing
returning id;

-- name: deletion_by_request(request_sha256 text) -> code text
select code from deletion_request where request_sha256 = :request_sha256;

-- name: open_deletion(id int) -> channel text, person text
select channel, person from deletion_request where id = :id and finished_at is null;

-- name: show_deletion(code text) -> requested_at int, finished_at int?, accounts int, conversations int, messages int, posts int
select requested_at, finished_at, accounts, conversations, messages, posts from deletion_request where code = :code;

-- name: count_deleted(id int, accounts int, conversations int, messages int, posts int)
update deletion_request set accounts = accounts + :accounts, conversations = conversations + :conversations,
    messages = messages + :messages, posts = posts + :posts
where id = :id;

-- name: finish_deletion(id int, now int)
update deletion_request set finished_at = :now, person = '' where id = :id and finished_at is null;

-- name: accounts_to_delete(request text) -> id int, workspace_id int
select id, workspace_id from account where app_scoped_id = :request order by id limit 1000;

-- name: part_from_accounts(channel text, person text, request text)
-- In every workspace, also where it was disconnected: its conversations stayed. They give up the channel's ids, so that
-- a connection made before the job runs is another account, which the job does not touch.
update account set state = 'disconnected', state_detail = '', token_sealed = null, token_permissions = '[]',
    external_id = :request || ' ' || external_id, app_scoped_id = :request
where channel = :channel and app_scoped_id = :person and app_scoped_id <> '';

-- name: last_of_batch(account int, size int) -> id int
-- The highest id of the account's next messages.
select id from (select id from message where account = :account order by id limit :size) batch order by id desc limit 1;

-- name: delete_attempts_of_account(account int, last int)
delete from message_attempt
where message in (select id from message where account = :account and id <= :last);

-- name: delete_reactions_of_account(account int, last int)
delete from reaction where message in (select id from message where account = :account and id <= :last);

-- name: delete_attachments_of_account(account int, last int) -> blob text
delete from attachment where message in (select id from message where account = :account and id <= :last)
returning blob;

-- name: delete_messages_of_account(account int, last int)
delete from message where account = :account and id <= :last;

-- name: delete_pending_changes_of_account(account int)
delete from pending_change where account = :account;

-- name: delete_conversations_of_account(account int)
delete from conversation where account = :account;

-- name: delete_contacts_of_account(account int)
delete from contact where account = :account;

-- name: delete_posts_of_account(account int)
delete from post where account = :account;

-- name: delete_insights_of_account(account int)
delete from insight where account = :account;

-- name: delete_account(account int)
delete from account where id = :account;

-- name: blob_in_use(blob text) -> found int
select 1 from attachment where blob = :blob and blob <> ''
union all select 1 from media where blob = :blob limit 1;
