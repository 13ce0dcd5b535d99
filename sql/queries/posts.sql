-- Media and posts: the statements of lib/posts.

-- name: own_account(id int, workspace int) -> id int
select id from account where id = :id and workspace_id = :workspace;

-- name: store_media(workspace int, author int?, kind text, name text, bytes int, width int, height int, blob text, now int) -> id int
insert into media (workspace, author, kind, name, bytes, width, height, blob, created_at)
values (:workspace, :author, :kind, :name, :bytes, :width, :height, :blob, :now)
returning id;

-- name: media(id int) -> id int, workspace int, author int?, kind text, name text, bytes int, width int, height int, blob text, created_at int
select id, workspace, author, kind, name, bytes, width, height, blob, created_at from media where id = :id;

-- name: media_list(workspace int, before_id int, limit int) -> id int, workspace int, author int?, kind text, name text, bytes int, width int, height int, blob text, created_at int
select id, workspace, author, kind, name, bytes, width, height, blob, created_at from media
where workspace = :workspace and id < :before_id order by id desc limit :limit;

-- name: create_post(workspace int, account int, media int, author int?, caption text, alt_text text, state text, at int, time_zone text, now int) -> id int
insert into post (workspace, account, media, author, caption, alt_text, state, at, time_zone, created_at, updated_at)
values (:workspace, :account, :media, :author, :caption, :alt_text, :state, :at, :time_zone, :now, :now)
returning id;

-- name: lock_post(workspace int, id int) -> id int
-- Keeps the row until the end of the transaction.
update post set state = state where id = :id and workspace = :workspace returning id;

-- name: post(workspace int, id int) -> id int, workspace int, account int, media int, author int?, caption text, alt_text text, state text, at int, time_zone text, version int, container text, container_at int?, publish_called_at int?, tries int, checks int, external_id text?, permalink text, published_at int?, failure_code text, failure text, failure_pt text, created_at int, updated_at int
select p.id, p.workspace, p.account, p.media, p.author, p.caption, p.alt_text, p.state, p.at, p.time_zone, p.version,
    p.container, p.container_at, p.publish_called_at, p.tries, p.checks, p.external_id, p.permalink, p.published_at,
    p.failure_code, p.failure, p.failure_pt, p.created_at, p.updated_at
from post p where p.id = :id and p.workspace = :workspace;

-- name: post_of_job(id int) -> id int, workspace int, account int, media int, author int?, caption text, alt_text text, state text, at int, time_zone text, version int, container text, container_at int?, publish_called_at int?, tries int, checks int, external_id text?, permalink text, published_at int?, failure_code text, failure text, failure_pt text, created_at int, updated_at int
select p.id, p.workspace, p.account, p.media, p.author, p.caption, p.alt_text, p.state, p.at, p.time_zone, p.version,
    p.container, p.container_at, p.publish_called_at, p.tries, p.checks, p.external_id, p.permalink, p.published_at,
    p.failure_code, p.failure, p.failure_pt, p.created_at, p.updated_at
from post p where p.id = :id;

-- name: posts_of_workspace(workspace int, from int, to int, state text?, after int, after_id int, limit int) -> id int, workspace int, account int, media int, author int?, caption text, alt_text text, state text, at int, time_zone text, version int, container text, container_at int?, publish_called_at int?, tries int, checks int, external_id text?, permalink text, published_at int?, failure_code text, failure text, failure_pt text, created_at int, updated_at int
select p.id, p.workspace, p.account, p.media, p.author, p.caption, p.alt_text, p.state, p.at, p.time_zone, p.version,
    p.container, p.container_at, p.publish_called_at, p.tries, p.checks, p.external_id, p.permalink, p.published_at,
    p.failure_code, p.failure, p.failure_pt, p.created_at, p.updated_at
from post p where p.workspace = :workspace and p.at >= :from and p.at < :to and (p.at, p.id) > (:after, :after_id)
    and (cast(:state as text) is null or p.state = :state)
order by p.at, p.id limit :limit;

-- name: posts_of_account(workspace int, account int, from int, to int, state text?, after int, after_id int, limit int) -> id int, workspace int, account int, media int, author int?, caption text, alt_text text, state text, at int, time_zone text, version int, container text, container_at int?, publish_called_at int?, tries int, checks int, external_id text?, permalink text, published_at int?, failure_code text, failure text, failure_pt text, created_at int, updated_at int
select p.id, p.workspace, p.account, p.media, p.author, p.caption, p.alt_text, p.state, p.at, p.time_zone, p.version,
    p.container, p.container_at, p.publish_called_at, p.tries, p.checks, p.external_id, p.permalink, p.published_at,
    p.failure_code, p.failure, p.failure_pt, p.created_at, p.updated_at
from post p where p.account = :account and +p.workspace = :workspace and p.at >= :from and p.at < :to
    and (p.at, p.id) > (:after, :after_id) and (cast(:state as text) is null or p.state = :state)
order by p.at, p.id limit :limit;

-- name: change_post(id int, media int, caption text, alt_text text, state text, at int, time_zone text, version int, now int)
-- Begins anew: what an earlier failure left is forgotten.
update post set media = :media, caption = :caption, alt_text = :alt_text, state = :state, at = :at, time_zone = :time_zone,
    version = :version, container = '', container_at = null, publish_called_at = null, tries = 0, checks = 0,
    failure_code = '', failure = '', failure_pt = '', updated_at = :now
where id = :id and state in ('draft', 'scheduled', 'failed', 'cancelled');

-- name: begin_publishing(id int, version int, now int) -> media int, caption text, alt_text text
-- What goes out is what the post holds now: it may have been edited, or moved to another time, since it was loaded.
update post set state = 'publishing', updated_at = :now
where id = :id and state = 'scheduled' and version = :version and at <= :now
returning media, caption, alt_text;

-- name: set_container(id int, container text, at int?, now int)
update post set container = :container, container_at = :at, publish_called_at = null, updated_at = :now
where id = :id and state = 'publishing';

-- name: set_publish_called(id int, at int?, tries int, now int)
update post set publish_called_at = :at, tries = :tries, checks = 0, failure_code = '', failure = '', failure_pt = '',
    updated_at = :now
where id = :id and state = 'publishing';

-- name: set_counts(id int, tries int, checks int)
update post set tries = :tries, checks = :checks where id = :id;

-- name: set_refusal(id int, failure_code text, failure text, failure_pt text)
update post set failure_code = :failure_code, failure = :failure, failure_pt = :failure_pt
where id = :id and state = 'publishing';

-- name: end_post(id int, state text, failure_code text, failure text, failure_pt text, now int)
update post set state = :state, failure_code = :failure_code, failure = :failure, failure_pt = :failure_pt,
    updated_at = :now
where id = :id and state in ('scheduled', 'publishing');

-- name: set_published(id int, external_id text?, now int)
update post set state = 'published', external_id = :external_id, published_at = coalesce(published_at, :now), checks = 0,
    failure_code = '', failure = '', failure_pt = '', updated_at = :now
where id = :id and state in ('publishing', 'unknown');

-- name: set_permalink(id int, external_id text, permalink text, now int)
update post set external_id = :external_id, permalink = :permalink, updated_at = :now where id = :id and state = 'published';

-- name: post_with(account int, external_id text) -> id int
select id from post where account = :account and external_id = :external_id;
