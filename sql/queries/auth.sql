-- name: insert_workspace(name text, at int) -> id int
insert into workspace(name, created_at) values (:name, :at) returning id;

-- name: find_workspace(id int) -> name text
select name from workspace where id = :id;

-- name: insert_user(workspace int, email text, name text, role text, hash text, at int) -> id int
-- No row when the e-mail is taken.
insert into user_account(workspace_id, email, name, role, password_hash, password_changed_at, created_at)
values (:workspace, :email, :name, :role, :hash, :at, :at)
on conflict (email) do nothing returning id;

-- name: find_login(email text, address text) -> id int, workspace int, name text, role text, hash text, created_at int, locked bool, known_address bool
select u.id, u.workspace_id, u.name, u.role, u.password_hash, u.created_at,
       case when u.locked_at is null then 0 else 1 end,
       case when exists (select 1 from user_session s where s.user_id = u.id and s.address = :address) then 1 else 0 end
from user_account u where u.email = :email;

-- name: find_failures(account text) -> failures int, last_at int
select failures, last_at from login_failure where account = :account;

-- name: add_failure(account text, at int)
insert into login_failure(account, failures, last_at) values (:account, 1, :at)
on conflict (account) do update set failures = login_failure.failures + 1, last_at = excluded.last_at;

-- name: clear_failures(account text)
delete from login_failure where account = :account;

-- name: touch_login(user int, hash text, fresh_hash text, at int)
-- Nothing is written when the password or the lock changed since it was verified.
update user_account set last_login_at = :at, password_hash = :fresh_hash
where id = :user and locked_at is null and password_hash = :hash;

-- name: insert_session(id text, workspace int, user int, address text, user_agent text, at int, idle_until_at int, expires_at int)
insert into user_session(id, workspace_id, user_id, address, user_agent, rotated_at, created_at, idle_until_at, expires_at)
values (:id, :workspace, :user, :address, :user_agent, :at, :at, :idle_until_at, :expires_at);

-- name: rotate_session(id text, generation int, at int, idle_until_at int)
update user_session set generation = generation + 1, rotated_at = :at, idle_until_at = :idle_until_at
where id = :id and generation = :generation and ended_at is null and expires_at > :at and idle_until_at > :at;

-- name: find_session(id text) -> workspace int, user int, role text, generation int, rotated_at int, idle_until_at int, expires_at int, usable bool
select s.workspace_id, s.user_id, u.role, s.generation, s.rotated_at, s.idle_until_at, s.expires_at,
       case when s.ended_at is null and u.locked_at is null then 1 else 0 end
from user_session s join user_account u on u.id = s.user_id where s.id = :id;

-- name: end_session(id text, user int, at int, reason text)
update user_session set ended_at = :at, end_reason = :reason where id = :id and user_id = :user and ended_at is null;

-- name: end_sessions(user int, except text, at int, reason text) -> id text
update user_session set ended_at = :at, end_reason = :reason
where user_id = :user and id <> :except and ended_at is null returning id;

-- name: open_sessions(user int) -> id text
select id from user_session where user_id = :user and ended_at is null;

-- name: list_sessions(user int, at int) -> id text, address text, user_agent text, created_at int, rotated_at int, idle_until_at int, expires_at int
select id, address, user_agent, created_at, rotated_at, idle_until_at, expires_at from user_session
where user_id = :user and ended_at is null and expires_at > :at and idle_until_at > :at
order by created_at desc limit 200;

-- name: delete_old_sessions(before int)
delete from user_session where expires_at < :before;

-- name: delete_old_failures(before int)
delete from login_failure where last_at < :before;

-- name: insert_attempt(key text, at int)
insert into recent_attempt (key, at) values (:key, :at);

-- name: delete_old_attempts(before int)
delete from recent_attempt where at < :before;

-- name: recent_attempts(since int) -> key text
select key from recent_attempt where at >= :since order by at desc limit 100000;

-- name: find_user(workspace int, id int) -> id int, workspace int, email text, name text, role text, locked bool, created_at int, last_login_at int?
select id, workspace_id, email, name, role, case when locked_at is null then 0 else 1 end, created_at, last_login_at
from user_account where workspace_id = :workspace and id = :id;

-- name: find_user_by_email(email text) -> id int, workspace int, email text, name text, role text, locked bool, created_at int, last_login_at int?
select id, workspace_id, email, name, role, case when locked_at is null then 0 else 1 end, created_at, last_login_at
from user_account where email = :email;

-- name: list_users(workspace int, after int, limit int) -> id int, workspace int, email text, name text, role text, locked bool, created_at int, last_login_at int?
select id, workspace_id, email, name, role, case when locked_at is null then 0 else 1 end, created_at, last_login_at
from user_account where workspace_id = :workspace and id > :after order by id limit :limit;

-- name: list_all_users(after int, limit int) -> id int, workspace int, email text, name text, role text, locked bool, created_at int, last_login_at int?
select id, workspace_id, email, name, role, case when locked_at is null then 0 else 1 end, created_at, last_login_at
from user_account where id > :after order by id limit :limit;

-- name: count_other_owners(workspace int, user int) -> owners int
select count(*) from user_account where workspace_id = :workspace and role = 'owner' and locked_at is null and id <> :user;

-- name: set_role(workspace int, id int, role text)
update user_account set role = :role where workspace_id = :workspace and id = :id;

-- name: set_locked_at(workspace int, id int, at int?)
update user_account set locked_at = :at where workspace_id = :workspace and id = :id;

-- name: set_password(workspace int, id int, hash text, at int)
update user_account set password_hash = :hash, password_changed_at = :at where workspace_id = :workspace and id = :id;

-- name: replace_password(workspace int, id int, old_hash text, hash text, at int)
-- Nothing is written when the password changed since it was verified.
update user_account set password_hash = :hash, password_changed_at = :at
where workspace_id = :workspace and id = :id and password_hash = :old_hash and locked_at is null;

-- name: find_password(workspace int, id int) -> email text, name text, hash text
select email, name, password_hash from user_account where workspace_id = :workspace and id = :id;

-- name: insert_key(workspace int, user int, name text, role text, scopes text, prefix text, hash text, at int, expires_at int?) -> id int
insert into api_key(workspace_id, created_by, name, role, scopes, prefix, key_hash, created_at, expires_at)
values (:workspace, :user, :name, :role, :scopes, :prefix, :hash, :at, :expires_at) returning id;

-- name: list_keys(workspace int) -> id int, user int, name text, role text, scopes text, prefix text, created_at int, expires_at int?, last_used_at int?, revoked_at int?
select id, created_by, name, role, scopes, prefix, created_at, expires_at, last_used_at, revoked_at
from api_key where workspace_id = :workspace order by id desc limit 500;

-- name: find_key(hash text) -> id int, workspace int, user int, role text, user_role text, scopes text, expires_at int?
-- A key of a locked user does not work.
select k.id, k.workspace_id, k.created_by, k.role, u.role, k.scopes, k.expires_at
from api_key k join user_account u on u.id = k.created_by
where k.key_hash = :hash and k.revoked_at is null and u.locked_at is null;

-- name: touch_key(id int, at int)
update api_key set last_used_at = :at where id = :id;

-- name: revoke_key(workspace int, id int, at int)
update api_key set revoked_at = :at where workspace_id = :workspace and id = :id and revoked_at is null;

-- name: start_audit(workspace int)
insert into audit_head(workspace_id, sequence, hash) values (:workspace, 0, '') on conflict (workspace_id) do nothing;

-- name: take_audit_number(workspace int) -> sequence int, hash text
-- Also the lock under which the changes to a workspace's users are made one after the other.
update audit_head set sequence = sequence + 1 where workspace_id = :workspace returning sequence, hash;

-- name: set_audit_head(workspace int, hash text)
update audit_head set hash = :hash where workspace_id = :workspace;

-- name: insert_audit(workspace int, sequence int, at int, actor text, action text, target text, detail text, address text, hash text)
insert into audit_entry(workspace_id, sequence, at, actor, action, target, detail, address, hash)
values (:workspace, :sequence, :at, :actor, :action, :target, :detail, :address, :hash);

-- name: find_audit_head(workspace int) -> sequence int, hash text
select sequence, hash from audit_head where workspace_id = :workspace;

-- name: list_audit(workspace int, before int, limit int) -> sequence int, at int, actor text, action text, target text, detail text, address text
select sequence, at, actor, action, target, detail, address from audit_entry
where workspace_id = :workspace and sequence < :before order by sequence desc limit :limit;

-- name: read_audit(workspace int, after int, limit int) -> sequence int, at int, actor text, action text, target text, detail text, address text, hash text
select sequence, at, actor, action, target, detail, address, hash from audit_entry
where workspace_id = :workspace and sequence > :after order by sequence limit :limit;
