-- Numbers from messages, posts and insights: the statements of lib/analytics. account 0: all of the workspace.

-- name: own_account(id int, workspace int) -> id int
select id from account where id = :id and workspace_id = :workspace;

-- name: messages_by_day(workspace int, account int, from int, to int) -> day int, received int, sent int, failed int
-- day: whole days since 1970.
select at / 86400000000 as day,
    cast(sum(case when direction = 0 then 1 else 0 end) as bigint) as received,
    cast(sum(case when direction = 1 and delivery in ('sent', 'read') then 1 else 0 end) as bigint) as sent,
    cast(sum(case when delivery = 'failed' then 1 else 0 end) as bigint) as failed
from message where workspace = :workspace and at >= :from and at < :to
    and (cast(:account as bigint) = 0 or account = :account)
group by at / 86400000000 order by day;

-- name: new_conversations(workspace int, account int, from int, to int) -> count int
select count(*) as count from conversation where workspace = :workspace and created_at >= :from and created_at < :to
    and last_message > 0 and (cast(:account as bigint) = 0 or account = :account);

-- name: response_time(workspace int, account int, from int, to int) -> median int?, answers int
-- From the first message of a customer's turn to the first of ours that follows it, in microseconds.
with said as (
    select id, conversation, direction, at,
        lag(direction) over (partition by conversation order by at, id) as before
    from message where workspace = :workspace and at >= :from and at < :to
        and (cast(:account as bigint) = 0 or account = :account) and kind in ('message', 'postback')
        and delivery in ('received', 'sent', 'read')),
turn as (
    select direction, at - lag(at) over (partition by conversation order by at, id) as wait,
        lag(direction) over (partition by conversation order by at, id) as before
    from said where before is null or before <> direction),
answer as (
    select wait, row_number() over (order by wait) as place, count(*) over () as answers
    from turn where direction = 1 and before = 0)
select cast(avg(wait) as bigint) as median, coalesce(max(answers), 0) as answers
from answer where place in ((answers + 1) / 2, (answers + 2) / 2);

-- name: posts_by_state(workspace int, account int, from int, to int) -> state text, count int
select state, count(*) as count from post where workspace = :workspace and at >= :from and at < :to
    and (cast(:account as bigint) = 0 or account = :account)
group by state;

-- name: insights_by_day(workspace int, account int, from int, to int) -> day int, metric text, value int
select day_at / 86400000000 as day, metric, cast(sum(value) as bigint) as value
from insight where workspace = :workspace and day_at >= :from and day_at < :to
    and (cast(:account as bigint) = 0 or account = :account)
    and metric in ('reach', 'views', 'total_interactions', 'followers')
group by day_at, metric order by day_at;

-- name: last_followers(workspace int, account int, from int, to int) -> followers int?
-- The last value of each account in the range, summed.
select cast(sum(i.value) as bigint) as followers from insight i
where i.workspace = :workspace and i.metric = 'followers' and i.day_at >= :from and i.day_at < :to
    and (cast(:account as bigint) = 0 or i.account = :account)
    and not exists (select 1 from insight j where j.account = i.account and j.metric = 'followers'
        and j.day_at > i.day_at and j.day_at < :to);

-- name: store_insight(workspace int, account int, day int, metric text, value int, now int)
insert into insight (workspace, account, day_at, metric, value, fetched_at)
values (:workspace, :account, :day, :metric, :value, :now)
on conflict (account, day_at, metric) do update set value = excluded.value, fetched_at = excluded.fetched_at;

-- name: accounts_to_fetch(today int) -> id int, workspace int
select a.id, a.workspace_id as workspace from account a
where a.state in ('connected', 'expiring', 'not_receiving')
    and not exists (select 1 from insight i where i.account = a.id and i.day_at = :today)
order by a.id;
