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
