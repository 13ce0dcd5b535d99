-- Copies of what customers attach, made before the channel's address expires.
--
-- media_state: none (nothing is copied: no address, a story, somebody's post), pending, stored, too_large, unsupported
-- (no kind of file we keep), refused (the address is not allowed), gone (the channel has it no more), failed.
-- up
alter table attachment add column media_state text not null default 'none'
    check (media_state in ('none', 'pending', 'stored', 'too_large', 'unsupported', 'refused', 'gone', 'failed'));
alter table attachment add column media_tries bigint not null default 0;
alter table attachment add column content_type text not null default '';
alter table attachment add column bytes bigint not null default 0;
create index attachment_by_blob on attachment(blob) where blob <> '';
create index media_by_blob on media(blob);

-- down
drop index media_by_blob;
drop index attachment_by_blob;
alter table attachment drop column bytes;
alter table attachment drop column content_type;
alter table attachment drop column media_tries;
alter table attachment drop column media_state;
