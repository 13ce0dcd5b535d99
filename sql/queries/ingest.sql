-- name: insert_webhook(channel text, request_id text, now int, bytes int, body_sha256 text, body_base64 text) -> id int, repeat_of int?
-- The first body with the same hash is named; this one is kept all the same.
insert into webhook (channel, state, repeat_of, request_id, received_at, bytes, body_sha256, body_base64)
values (:channel, 'received', (select min(w.id) from webhook w where w.body_sha256 = :body_sha256), :request_id, :now,
        :bytes, :body_sha256, :body_base64)
returning id, repeat_of;

-- name: read_body(id int) -> channel text, body_base64 text, body_sha256 text
select channel, body_base64, body_sha256 from webhook where id = :id;

-- name: get_webhook(id int) -> id int, channel text, state text, attempts int, events int, problems int, unknown_accounts int, repeat_of int?, request_id text, last_error text, received_at int, processed_at int?, bytes int, body_sha256 text
select id, channel, state, attempts, events, problems, unknown_accounts, repeat_of, request_id, last_error, received_at,
       processed_at, bytes, body_sha256
from webhook where id = :id;

-- name: list_webhooks(before int, from_at int, until_at int, state text, with_problems bool, max_rows int) -> id int, channel text, state text, attempts int, events int, problems int, unknown_accounts int, repeat_of int?, request_id text, last_error text, received_at int, processed_at int?, bytes int, body_sha256 text
-- An empty state means any.
select id, channel, state, attempts, events, problems, unknown_accounts, repeat_of, request_id, last_error, received_at,
       processed_at, bytes, body_sha256
from webhook
where id < :before and received_at >= :from_at and received_at < :until_at and (:state = '' or state = :state)
  and (:with_problems = 0 or problems > 0)
order by id desc limit :max_rows;

-- name: list_open_webhooks(before int, from_at int, until_at int, state text, with_problems bool, max_rows int) -> id int, channel text, state text, attempts int, events int, problems int, unknown_accounts int, repeat_of int?, request_id text, last_error text, received_at int, processed_at int?, bytes int, body_sha256 text
-- The same for states other than processed, which are few.
select id, channel, state, attempts, events, problems, unknown_accounts, repeat_of, request_id, last_error, received_at,
       processed_at, bytes, body_sha256
from webhook
where id < :before and received_at >= :from_at and received_at < :until_at and state = :state and state <> 'processed'
  and (:with_problems = 0 or problems > 0)
order by id desc limit :max_rows;

-- name: finish_webhook(id int, events int, problems int, unknown_accounts int, now int)
update webhook set state = 'processed', attempts = attempts + 1, events = :events, problems = :problems,
    unknown_accounts = :unknown_accounts, last_error = '', processed_at = :now
where id = :id;

-- name: fail_webhook(id int, last_error text)
update webhook set state = 'failed', attempts = attempts + 1, last_error = :last_error where id = :id;

-- name: clear_problems(webhook_id int)
delete from webhook_problem where webhook_id = :webhook_id;

-- name: insert_problem(webhook_id int, account text, reason text, item text, now int)
insert into webhook_problem (webhook_id, account, reason, item, found_at)
values (:webhook_id, :account, :reason, :item, :now);

-- name: list_problems(webhook_id int) -> id int, account text, reason text, item text, found_at int
select id, account, reason, item, found_at from webhook_problem where webhook_id = :webhook_id order by id limit 1000;

-- name: count_webhooks() -> waiting int, failed int, oldest_waiting_at int?, last_received_at int?
select (select count(*) from webhook where state <> 'processed' and state = 'received'),
       (select count(*) from webhook where state <> 'processed' and state = 'failed'),
       (select min(received_at) from webhook where state <> 'processed' and state = 'received'),
       (select max(received_at) from webhook);

-- name: prune_webhooks(before int, with_problems_before int)
-- What was not processed is never deleted.
delete from webhook where id in (
    select id from webhook
    where received_at < :before and state = 'processed' and (problems = 0 or received_at < :with_problems_before)
    order by received_at limit 500);
