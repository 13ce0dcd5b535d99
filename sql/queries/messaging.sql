-- Contacts, conversations, messages: the statements of lib/messaging.

-- name: own_account(id int, workspace int) -> id int
select id from account where id = :id and workspace_id = :workspace;

-- name: keep_contact(workspace int, account int, external_id text, name text, now int) -> id int, profile_at int?
-- The customer, and a lock on the row until the end of the transaction.
insert into contact (workspace, account, external_id, name, username, picture_url, created_at)
values (:workspace, :account, :external_id, :name, '', '', :now)
on conflict (account, external_id) do update
    set name = case when contact.name = '' then excluded.name else contact.name end
returning id, profile_at;

-- name: keep_conversation(workspace int, account int, contact int, at int, now int) -> id int, state text, last_message_at int, last_customer_message_at int?, customer_read_at int?
-- The customer's conversation, and a lock on the row until the end of the transaction.
insert into conversation (workspace, account, contact, last_message_at, created_at)
values (:workspace, :account, :contact, :at, :now)
on conflict (contact) do update set contact = excluded.contact
returning id, state, last_message_at, last_customer_message_at, customer_read_at;

-- name: lock_thread(id int) -> id int, state text, last_message_at int, last_customer_message_at int?, customer_read_at int?
update conversation set contact = contact where id = :id
returning id, state, last_message_at, last_customer_message_at, customer_read_at;

-- name: store_message(workspace int, account int, conversation int, kind text, direction int, delivery text, external_id text, text text, words text, at int, now int, reply_to text, story_id text, payload text, comment_id text, post_id text, raw text, read_at int?) -> id int
-- Nothing when the channel's id is known already.
insert into message (workspace, account, conversation, kind, direction, delivery, external_id, text, words, at, arrived_at,
    reply_to, story_id, payload, comment_id, post_id, raw, read_at)
values (:workspace, :account, :conversation, :kind, :direction, :delivery, :external_id, :text, :words, :at, :now,
    :reply_to, :story_id, :payload, :comment_id, :post_id, :raw, :read_at)
on conflict (account, external_id) do nothing
returning id;

-- name: find_message(account int, external_id text) -> id int, conversation int, direction int, delivery text, text text, at int, author int?, unsent_at int?, attempts int
select m.id, m.conversation, m.direction, m.delivery, m.text, m.at, m.author, m.unsent_at,
    (select count(*) from message_attempt a where a.message = m.id) as attempts
from message m where m.account = :account and m.external_id = :external_id;

-- name: messages_in_doubt(conversation int) -> id int, text text, started_at int
-- Ours that were given to the channel at least once and have no id from it.
select m.id, m.text, min(a.started_at) as started_at from message m join message_attempt a on a.message = m.id
where m.conversation = :conversation and m.delivery in ('queued', 'sending', 'unknown') and m.external_id is null
group by m.id, m.text order by m.id limit 100;

-- name: settle_message(id int, external_id text, at int)
update message set delivery = case when delivery = 'read' then 'read' else 'sent' end, external_id = :external_id,
    at = :at, failure_code = '', failure = '', failure_pt = ''
where id = :id;

-- name: add_attachment(message int, position int, kind text, url text, title text, media_id text, media_state text) -> id int
insert into attachment (message, position, kind, url, title, media_id, media_state)
values (:message, :position, :kind, :url, :title, :media_id, :media_state)
on conflict (message, position) do nothing
returning id;

-- name: drop_attachments(message int) -> blob text
delete from attachment where message = :message returning blob;

-- name: pending_copy(id int) -> url text, tries int, message int, conversation int, account int, workspace int
select a.url, a.media_tries, m.id, m.conversation, m.account, m.workspace
from attachment a join message m on m.id = a.message
where a.id = :id and a.media_state = 'pending';

-- name: keep_copy(id int, blob text, content_type text, bytes int)
update attachment set blob = :blob, content_type = :content_type, bytes = :bytes, media_state = 'stored'
where id = :id and media_state = 'pending';

-- name: miss_copy(id int, media_state text, tries int)
update attachment set media_state = :media_state, media_tries = :tries where id = :id and media_state = 'pending';

-- name: stored_copy(workspace int, id int) -> blob text, content_type text
select a.blob, a.content_type from attachment a join message m on m.id = a.message
where a.id = :id and m.workspace = :workspace and a.media_state = 'stored';

-- name: drop_reactions(message int)
delete from reaction where message = :message;

-- name: put_reaction(message int, from_business bool, reaction text, at int)
-- The newest wins; one that was taken back stays as an empty one, so that an older one cannot return.
insert into reaction (message, from_business, reaction, at) values (:message, :from_business, :reaction, :at)
on conflict (message, from_business) do update set reaction = excluded.reaction, at = excluded.at
where excluded.at > reaction.at or (excluded.at = reaction.at and excluded.reaction <> reaction.reaction);

-- name: edit_message(id int, text text, words text, edit_number int)
update message set text = :text, words = :words, edit_number = :edit_number
where id = :id and unsent_at is null and edit_number < :edit_number;

-- name: unsend_message(id int, at int)
update message set text = '', words = '', payload = '', raw = '', unsent_at = :at where id = :id and unsent_at is null;

-- name: hold_change(account int, external_id text, kind text, from_business bool, text text, edit_number int, at int)
insert into pending_change (account, external_id, kind, from_business, text, edit_number, at)
values (:account, :external_id, :kind, :from_business, :text, :edit_number, :at)
on conflict (account, external_id, kind, from_business) do update
    set text = excluded.text, edit_number = excluded.edit_number, at = excluded.at
where excluded.edit_number > pending_change.edit_number
    or (excluded.edit_number = pending_change.edit_number and excluded.at > pending_change.at);

-- name: held_changes(account int, external_id text) -> kind text, from_business bool, text text, edit_number int, at int
select kind, from_business, text, edit_number, at from pending_change
where account = :account and external_id = :external_id order by id;

-- name: drop_held_changes(account int, external_id text)
delete from pending_change where account = :account and external_id = :external_id;

-- name: mark_seen(conversation int, until int, at int)
-- The customer has seen what we wrote up to a time.
update message set delivery = 'read', read_at = :at
where conversation = :conversation and delivery = 'sent' and at <= :until;

-- name: newest_message(conversation int) -> id int, at int
select id, at from message where conversation = :conversation order by at desc, id desc limit 1;

-- name: update_conversation(id int, state text, last_message int, last_message_at int, last_customer_message_at int?, customer_read_at int?, arrived int)
update conversation set state = :state, last_message = :last_message, last_message_at = :last_message_at,
    last_customer_message_at = :last_customer_message_at, customer_read_at = :customer_read_at,
    unread_count = unread_count + :arrived
where id = :id;

-- name: set_referral(id int, reference text, source text, ad_id text, ad_title text, at int)
update conversation set referral_reference = :reference, referral_source = :source, referral_ad_id = :ad_id,
    referral_ad_title = :ad_title, referral_at = :at
where id = :id and (referral_at is null or referral_at < :at);

-- name: conversations_of_workspace(workspace int, state text?, before int, before_id int, limit int) -> id int, account int, contact int, external_id text, name text, username text, picture_url text, state text, last_message_at int, preview text, last_direction int, unread_count int, last_customer_message_at int?, referral_reference text, referral_source text, referral_ad_id text, referral_ad_title text, referral_at int?
select c.id, c.account, c.contact, k.external_id, k.name, k.username, k.picture_url, c.state, c.last_message_at,
    coalesce(substr(m.text, 1, 140), '') as preview, coalesce(m.direction, 0) as last_direction, c.unread_count,
    c.last_customer_message_at, c.referral_reference, c.referral_source, c.referral_ad_id, c.referral_ad_title,
    c.referral_at
from conversation c join contact k on k.id = c.contact left join message m on m.id = c.last_message
where c.workspace = :workspace and (c.last_message_at, c.id) < (:before, :before_id) and c.last_message > 0
    and (cast(:state as text) is null or c.state = :state)
order by c.last_message_at desc, c.id desc limit :limit;

-- name: conversations_of_workspace_unread(workspace int, state text?, before int, before_id int, limit int) -> id int, account int, contact int, external_id text, name text, username text, picture_url text, state text, last_message_at int, preview text, last_direction int, unread_count int, last_customer_message_at int?, referral_reference text, referral_source text, referral_ad_id text, referral_ad_title text, referral_at int?
select c.id, c.account, c.contact, k.external_id, k.name, k.username, k.picture_url, c.state, c.last_message_at,
    coalesce(substr(m.text, 1, 140), '') as preview, coalesce(m.direction, 0) as last_direction, c.unread_count,
    c.last_customer_message_at, c.referral_reference, c.referral_source, c.referral_ad_id, c.referral_ad_title,
    c.referral_at
from conversation c join contact k on k.id = c.contact left join message m on m.id = c.last_message
where c.workspace = :workspace and c.unread_count > 0 and (c.last_message_at, c.id) < (:before, :before_id) and c.last_message > 0
    and (cast(:state as text) is null or c.state = :state)
order by c.last_message_at desc, c.id desc limit :limit;

-- name: conversations_of_account(workspace int, account int, state text?, before int, before_id int, limit int) -> id int, account int, contact int, external_id text, name text, username text, picture_url text, state text, last_message_at int, preview text, last_direction int, unread_count int, last_customer_message_at int?, referral_reference text, referral_source text, referral_ad_id text, referral_ad_title text, referral_at int?
select c.id, c.account, c.contact, k.external_id, k.name, k.username, k.picture_url, c.state, c.last_message_at,
    coalesce(substr(m.text, 1, 140), '') as preview, coalesce(m.direction, 0) as last_direction, c.unread_count,
    c.last_customer_message_at, c.referral_reference, c.referral_source, c.referral_ad_id, c.referral_ad_title,
    c.referral_at
from conversation c join contact k on k.id = c.contact left join message m on m.id = c.last_message
where c.account = :account and +c.workspace = :workspace and (c.last_message_at, c.id) < (:before, :before_id) and c.last_message > 0
    and (cast(:state as text) is null or c.state = :state)
order by c.last_message_at desc, c.id desc limit :limit;

-- name: conversations_of_account_unread(workspace int, account int, state text?, before int, before_id int, limit int) -> id int, account int, contact int, external_id text, name text, username text, picture_url text, state text, last_message_at int, preview text, last_direction int, unread_count int, last_customer_message_at int?, referral_reference text, referral_source text, referral_ad_id text, referral_ad_title text, referral_at int?
select c.id, c.account, c.contact, k.external_id, k.name, k.username, k.picture_url, c.state, c.last_message_at,
    coalesce(substr(m.text, 1, 140), '') as preview, coalesce(m.direction, 0) as last_direction, c.unread_count,
    c.last_customer_message_at, c.referral_reference, c.referral_source, c.referral_ad_id, c.referral_ad_title,
    c.referral_at
from conversation c join contact k on k.id = c.contact left join message m on m.id = c.last_message
where c.account = :account and +c.workspace = :workspace and c.unread_count > 0 and (c.last_message_at, c.id) < (:before, :before_id) and c.last_message > 0
    and (cast(:state as text) is null or c.state = :state)
order by c.last_message_at desc, c.id desc limit :limit;

-- name: conversation(workspace int, id int) -> id int, account int, contact int, external_id text, name text, username text, picture_url text, state text, last_message_at int, preview text, last_direction int, unread_count int, last_customer_message_at int?, referral_reference text, referral_source text, referral_ad_id text, referral_ad_title text, referral_at int?
select c.id, c.account, c.contact, k.external_id, k.name, k.username, k.picture_url, c.state, c.last_message_at,
    coalesce(substr(m.text, 1, 140), '') as preview, coalesce(m.direction, 0) as last_direction, c.unread_count,
    c.last_customer_message_at, c.referral_reference, c.referral_source, c.referral_ad_id, c.referral_ad_title,
    c.referral_at
from conversation c join contact k on k.id = c.contact left join message m on m.id = c.last_message
where c.id = :id and c.workspace = :workspace;

-- name: messages_of_workspace(workspace int, direction int, before int, before_id int, limit int) -> id int, conversation int, account int, kind text, direction int, delivery text, external_id text?, text text, at int, author int?, reply_to text, story_id text, payload text, comment_id text, post_id text, raw text, edit_number int, human_agent bool, unsent_at int?, read_at int?, failure_code text, failure text, failure_pt text
-- direction: 0 in, 1 out, -1 both.
select m.id, m.conversation, m.account, m.kind, m.direction, m.delivery, m.external_id, m.text, m.at, m.author,
    m.reply_to, m.story_id, m.payload, m.comment_id, m.post_id, m.raw, m.edit_number, m.human_agent, m.unsent_at, m.read_at,
    m.failure_code, m.failure, m.failure_pt
from message m
where m.workspace = :workspace and (m.at, m.id) < (:before, :before_id)
    and (cast(:direction as bigint) < 0 or m.direction = :direction)
order by m.at desc, m.id desc limit :limit;

-- name: messages_of_account(workspace int, account int, direction int, before int, before_id int, limit int) -> id int, conversation int, account int, kind text, direction int, delivery text, external_id text?, text text, at int, author int?, reply_to text, story_id text, payload text, comment_id text, post_id text, raw text, edit_number int, human_agent bool, unsent_at int?, read_at int?, failure_code text, failure text, failure_pt text
select m.id, m.conversation, m.account, m.kind, m.direction, m.delivery, m.external_id, m.text, m.at, m.author,
    m.reply_to, m.story_id, m.payload, m.comment_id, m.post_id, m.raw, m.edit_number, m.human_agent, m.unsent_at, m.read_at,
    m.failure_code, m.failure, m.failure_pt
from message m
where m.account = :account and +m.workspace = :workspace and (m.at, m.id) < (:before, :before_id)
    and (cast(:direction as bigint) < 0 or m.direction = :direction)
order by m.at desc, m.id desc limit :limit;

-- name: messages_of_conversation(workspace int, conversation int, direction int, before int, before_id int, limit int) -> id int, conversation int, account int, kind text, direction int, delivery text, external_id text?, text text, at int, author int?, reply_to text, story_id text, payload text, comment_id text, post_id text, raw text, edit_number int, human_agent bool, unsent_at int?, read_at int?, failure_code text, failure text, failure_pt text
select m.id, m.conversation, m.account, m.kind, m.direction, m.delivery, m.external_id, m.text, m.at, m.author,
    m.reply_to, m.story_id, m.payload, m.comment_id, m.post_id, m.raw, m.edit_number, m.human_agent, m.unsent_at, m.read_at,
    m.failure_code, m.failure, m.failure_pt
from message m
where m.conversation = :conversation and +m.workspace = :workspace and (m.at, m.id) < (:before, :before_id)
    and (cast(:direction as bigint) < 0 or m.direction = :direction)
order by m.at desc, m.id desc limit :limit;

-- name: search_messages(workspace int, query text, direction int, before_id int, limit int) -> id int, conversation int, account int, kind text, direction int, delivery text, external_id text?, text text, at int, author int?, reply_to text, story_id text, payload text, comment_id text, post_id text, raw text, edit_number int, human_agent bool, unsent_at int?, read_at int?, failure_code text, failure text, failure_pt text
-- `query` is in the engine's own words and begins with the narrowest scope: #w, #a or #c and the id.
select m.id, m.conversation, m.account, m.kind, m.direction, m.delivery, m.external_id, m.text, m.at, m.author,
    m.reply_to, m.story_id, m.payload, m.comment_id, m.post_id, m.raw, m.edit_number, m.human_agent, m.unsent_at, m.read_at,
    m.failure_code, m.failure, m.failure_pt
from message_search s join message m on m.id = s.rowid
where message_search match :query and s.rowid < :before_id and m.workspace = :workspace
    and (:direction < 0 or m.direction = :direction)
order by s.rowid desc limit :limit;

-- name: message(workspace int, id int) -> id int, conversation int, account int, kind text, direction int, delivery text, external_id text?, text text, at int, author int?, reply_to text, story_id text, payload text, comment_id text, post_id text, raw text, edit_number int, human_agent bool, unsent_at int?, read_at int?, failure_code text, failure text, failure_pt text
select m.id, m.conversation, m.account, m.kind, m.direction, m.delivery, m.external_id, m.text, m.at, m.author,
    m.reply_to, m.story_id, m.payload, m.comment_id, m.post_id, m.raw, m.edit_number, m.human_agent, m.unsent_at, m.read_at,
    m.failure_code, m.failure, m.failure_pt
from message m where m.id = :id and m.workspace = :workspace;

-- name: attachments_of(messages text) -> id int, message int, kind text, url text, title text, media_id text, blob text, media_state text, content_type text, bytes int
-- messages: a JSON array of ids.
select id, message, kind, url, title, media_id, blob, media_state, content_type, bytes from attachment
where message in (select value from json_each(:messages))
order by message, position;

-- name: reactions_of(messages text) -> message int, from_business bool, reaction text, at int
-- messages: a JSON array of ids.
select message, from_business, reaction, at from reaction
where message in (select value from json_each(:messages)) and reaction <> ''
order by message, at, id;

-- name: lock_conversation(workspace int, id int) -> id int, read_up_to int
update conversation set state = state where id = :id and workspace = :workspace returning id, read_up_to;

-- name: newest_arrival(conversation int) -> id int
select coalesce(max(id), 0) as id from message where conversation = :conversation;

-- name: mark_read(id int, up_to int)
update conversation set read_up_to = :up_to, unread_count = (select count(*) from message m
    where m.conversation = conversation.id and m.direction = 0 and m.id > :up_to)
where id = :id;

-- name: set_state(id int, state text)
update conversation set state = :state where id = :id;

-- name: unread(workspace int) -> unread int
select cast(coalesce(sum(unread_count), 0) as bigint) as unread from conversation where workspace = :workspace and unread_count > 0;

-- name: queue_message(workspace int, account int, conversation int, text text, words text, at int, author int?, human bool, human_agent bool, client_key text?, reply_to text) -> id int
-- Nothing when the conversation has a message with this client key.
insert into message (workspace, account, conversation, kind, direction, delivery, text, words, at, arrived_at, author, human,
    human_agent, client_key, reply_to)
values (:workspace, :account, :conversation, 'message', 1, 'queued', :text, :words, :at, :at, :author, :human,
    :human_agent, :client_key, :reply_to)
on conflict (conversation, client_key) do nothing
returning id;

-- name: by_client_key(conversation int, client_key text) -> id int, text text
select id, text from message where conversation = :conversation and client_key = :client_key;

-- name: delivery(id int) -> workspace int, account int, conversation int, customer text, text text, reply_to text, delivery text, human bool, external_id text?, at int, last_customer_message_at int?, started_at int?, attempt int?, attempts int, checks int?
-- A message on its way out, with its latest attempt.
select m.workspace, m.account, m.conversation, k.external_id as customer, m.text, m.reply_to, m.delivery, m.human,
    m.external_id, m.at, c.last_customer_message_at, a.started_at, a.id as attempt, coalesce(a.number, 0) as attempts, a.checks
from message m join conversation c on c.id = m.conversation join contact k on k.id = c.contact
    left join message_attempt a on a.message = m.id
        and a.number = (select max(b.number) from message_attempt b where b.message = m.id)
where m.id = :id and m.direction = 1;

-- name: begin_sending(id int, human_agent bool) -> id int
update message set delivery = 'sending', human_agent = :human_agent where id = :id and delivery = 'queued' returning id;

-- name: start_attempt(message int, number int, at int) -> id int
insert into message_attempt (message, number, started_at) values (:message, :number, :at) returning id;

-- name: finish_attempt(id int, at int, outcome text)
update message_attempt set finished_at = :at, outcome = :outcome where id = :id and finished_at is null;

-- name: add_check(id int)
update message_attempt set checks = checks + 1 where id = :id;

-- name: set_delivery(id int, delivery text, failure_code text, failure text, failure_pt text)
update message set delivery = :delivery, failure_code = :failure_code, failure = :failure, failure_pt = :failure_pt
where id = :id and delivery in ('queued', 'sending', 'unknown');

-- name: clear_external_id(id int)
update message set external_id = null where id = :id;

-- name: delete_message(id int)
delete from message where id = :id and author is null;

-- name: contact(id int) -> account int, external_id text, name text
select account, external_id, name from contact where id = :id;

-- name: store_profile(id int, name text, username text, picture_url text, at int)
update contact set name = case when :name <> '' then :name else name end, username = :username,
    picture_url = :picture_url, profile_at = :at
where id = :id;

-- name: conversation_of_contact(contact int) -> id int, workspace int
select id, workspace from conversation where contact = :contact;

-- name: move_reactions(source int, target int)
update reaction set message = :target where message = :source;

-- name: conversation_head(workspace int, id int) -> account int, last_customer_message_at int?
select account, last_customer_message_at from conversation where id = :id and workspace = :workspace;
