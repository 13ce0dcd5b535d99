-- What PostgreSQL says differently.

-- name: search_messages(workspace int, query text, direction int, before_id int, limit int) -> id int, conversation int, account int, kind text, direction int, delivery text, external_id text?, text text, at int, author int?, reply_to text, story_id text, payload text, comment_id text, post_id text, raw text, edit_number int, human_agent bool, unsent_at int?, read_at int?, failure_code text, failure text, failure_pt text
select m.id, m.conversation, m.account, m.kind, m.direction, m.delivery, m.external_id, m.text, m.at, m.author,
    m.reply_to, m.story_id, m.payload, m.comment_id, m.post_id, m.raw, m.edit_number, m.human_agent, m.unsent_at, m.read_at,
    m.failure_code, m.failure, m.failure_pt
from message m
where m.search @@ cast(:query as tsquery) and m.id < :before_id and m.workspace = :workspace
    and (cast(:direction as bigint) < 0 or m.direction = :direction)
order by m.id desc limit :limit;

-- name: attachments_of(messages text) -> id int, message int, kind text, url text, title text, media_id text, blob text, media_state text, content_type text, bytes int
select id, message, kind, url, title, media_id, blob, media_state, content_type, bytes from attachment
where message in (select cast(value as bigint) from json_array_elements_text(cast(:messages as json)))
order by message, position;

-- name: reactions_of(messages text) -> message int, from_business bool, reaction text, at int
select message, from_business, reaction, at from reaction
where message in (select cast(value as bigint) from json_array_elements_text(cast(:messages as json))) and reaction <> ''
order by message, at, id;
