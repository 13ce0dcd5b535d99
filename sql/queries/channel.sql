-- name: other_workspace(channel text, external_id text, workspace_id int) -> id int
select id from account
where channel = :channel and external_id = :external_id and workspace_id <> :workspace_id and state <> 'disconnected';

-- name: connect_account(workspace_id int, channel text, external_id text, app_scoped_id text, username text, name text, picture_url text, account_type text, followers int?, token_sealed text, token_permissions text, token_expires_at int, now int) -> id int
insert into account (workspace_id, channel, external_id, app_scoped_id, username, name, picture_url, account_type,
                     followers, state, state_detail, token_sealed, token_permissions, token_expires_at,
                     token_refreshed_at, created_at)
values (:workspace_id, :channel, :external_id, :app_scoped_id, :username, :name, :picture_url, :account_type,
        :followers, 'connected', '', :token_sealed, :token_permissions, :token_expires_at, :now, :now)
on conflict (workspace_id, channel, external_id) do update set
    app_scoped_id = excluded.app_scoped_id, username = excluded.username, name = excluded.name,
    picture_url = excluded.picture_url, account_type = excluded.account_type,
    followers = coalesce(excluded.followers, account.followers), state = 'connected', state_detail = '',
    token_sealed = excluded.token_sealed, token_permissions = excluded.token_permissions,
    token_expires_at = excluded.token_expires_at, token_refreshed_at = excluded.token_refreshed_at
returning id;

-- name: list_accounts(workspace_id int) -> id int, workspace_id int, channel text, external_id text, app_scoped_id text, username text, name text, picture_url text, followers int?, state text, state_detail text, token_expires_at int, token_refreshed_at int, last_event_at int?, created_at int
select id, workspace_id, channel, external_id, app_scoped_id, username, name, picture_url, followers, state,
       state_detail, token_expires_at, token_refreshed_at, last_event_at, created_at
from account where workspace_id = :workspace_id order by id limit 1000;

-- name: get_account(id int) -> id int, workspace_id int, channel text, external_id text, app_scoped_id text, username text, name text, picture_url text, followers int?, state text, state_detail text, token_expires_at int, token_refreshed_at int, last_event_at int?, created_at int
select id, workspace_id, channel, external_id, app_scoped_id, username, name, picture_url, followers, state,
       state_detail, token_expires_at, token_refreshed_at, last_event_at, created_at
from account where id = :id;

-- name: find_account(channel text, external_id text) -> id int, workspace_id int, channel text, external_id text, app_scoped_id text, username text, name text, picture_url text, followers int?, state text, state_detail text, token_expires_at int, token_refreshed_at int, last_event_at int?, created_at int
-- The connected one: who disconnected gets nothing more.
select id, workspace_id, channel, external_id, app_scoped_id, username, name, picture_url, followers, state,
       state_detail, token_expires_at, token_refreshed_at, last_event_at, created_at
from account where channel = :channel and external_id = :external_id and state <> 'disconnected';

-- name: read_token(id int) -> workspace_id int, external_id text, state text, token_sealed text?
select workspace_id, external_id, state, token_sealed from account where id = :id;

-- name: store_token(id int, token_sealed text, token_permissions text, token_expires_at int, now int)
-- A refreshed token cures only what a token can cure.
update account set token_sealed = :token_sealed, token_permissions = :token_permissions,
    token_expires_at = :token_expires_at, token_refreshed_at = :now,
    state_detail = case when state in ('expiring', 'expired') then '' else state_detail end,
    state = case when state in ('expiring', 'expired') then 'connected' else state end
where id = :id and state <> 'disconnected';

-- name: set_state(id int, state text, state_detail text)
-- Only connect() brings a disconnected account back.
update account set state = :state, state_detail = :state_detail where id = :id and state <> 'disconnected';

-- name: update_profile(id int, app_scoped_id text, username text, name text, picture_url text, account_type text, followers int?)
update account set app_scoped_id = :app_scoped_id, username = :username, name = :name, picture_url = :picture_url,
    account_type = :account_type, followers = coalesce(:followers, followers)
where id = :id;

-- name: touch_event(id int, at int)
update account set last_event_at = :at where id = :id and (last_event_at is null or last_event_at < :at);

-- name: disconnect_account(workspace_id int, id int)
update account set state = 'disconnected', state_detail = '', token_sealed = null, token_permissions = '[]'
where id = :id and workspace_id = :workspace_id;

-- name: due_for_refresh(expires_before int, refreshed_before int) -> id int
select id from account
where token_sealed is not null and state not in ('disconnected', 'expired', 'revoked')
  and token_expires_at < :expires_before and token_refreshed_at < :refreshed_before
order by token_expires_at limit 1000;

-- name: revoke_by_owner(channel text, app_scoped_id text, refreshed_before int) -> id int, workspace_id int
-- Its owner took the permission back at the channel; a token that worked later is of another permission.
update account set state = 'revoked', state_detail = '', token_sealed = null, token_permissions = '[]'
where channel = :channel and app_scoped_id = :app_scoped_id and app_scoped_id <> '' and state <> 'disconnected'
  and token_refreshed_at <= :refreshed_before
returning id, workspace_id;
