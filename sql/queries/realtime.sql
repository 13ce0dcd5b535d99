-- name: take_number(workspace int) -> number int
-- The row lock makes numbers appear in the order of the commits.
update workspace set event_sequence = event_sequence + 1 where id = :workspace returning event_sequence;

-- name: insert_event(workspace int, number int, kind text, payload text, at int)
insert into event (workspace_id, number, kind, payload, at) values (:workspace, :number, :kind, :payload, :at);

-- name: bounds(workspace int) -> head int, oldest int?
select w.event_sequence, (select min(e.number) from event e where e.workspace_id = w.id) from workspace w where w.id = :workspace;

-- name: events_after(workspace int, after int, most int) -> number int, kind text, payload text, at int
select number, kind, payload, at from event where workspace_id = :workspace and number > :after order by number limit :most;

-- name: delete_events_before(at int)
delete from event where at < :at;
