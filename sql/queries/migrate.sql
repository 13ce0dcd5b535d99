-- The ledger of schema steps, the lock around them, and what the live schema looks like. Owner: lib/migrate.

-- name: ledger_exists() -> found int
select count(*) as found from sqlite_master where type = 'table' and name = 'schema_ledger';

-- name: make_ledger()
-- Appended to, never changed: every step up and down is a row, and each row's chain hashes the row before it.
create table if not exists schema_ledger (
    id integer primary key autoincrement,
    version bigint not null,
    name text not null,
    direction text not null check (direction in ('up', 'down')),
    checksum text not null,
    fingerprint text not null,
    chain text not null unique,
    up_text text not null,
    down_text text not null,
    schema_text text not null,
    applied_at bigint not null,
    duration bigint not null,
    program text not null
);

-- name: ledger_rows() -> id int, version int, name text, direction text, checksum text, fingerprint text, chain text, up_text text, down_text text, applied_at int, duration int, program text
select id, version, name, direction, checksum, fingerprint, chain, up_text, down_text, applied_at, duration, program
from schema_ledger order by id;

-- name: recorded_schema() -> schema_text text
-- What the schema looked like after the newest row.
select schema_text from schema_ledger order by id desc limit 1;

-- name: schema_after(version int) -> schema_text text
-- What the schema looked like when this step was the newest.
select schema_text from schema_ledger where version = :version and direction = 'up' order by id desc limit 1;

-- name: append_to_ledger(version int, name text, direction text, checksum text, fingerprint text, chain text, up_text text, down_text text, schema_text text, applied_at int, duration int, program text)
insert into schema_ledger (version, name, direction, checksum, fingerprint, chain, up_text, down_text, schema_text, applied_at, duration, program)
values (:version, :name, :direction, :checksum, :fingerprint, :chain, :up_text, :down_text, :schema_text, :applied_at, :duration, :program);

-- name: database_file() -> file text
-- Empty on PostgreSQL and for a database in memory.
select file from pragma_database_list where name = 'main';

-- name: try_lock(key int) -> got int
-- Only PostgreSQL: SQLite's lock is a file beside the database.
select 1 as got where cast(:key as bigint) is not null;

-- name: unlock(key int) -> freed int
select 1 as freed where cast(:key as bigint) is not null;

-- name: lock_holder(key int) -> pid int, application text, since int
select 0 as pid, '' as application, 0 as since where cast(:key as bigint) is null;

-- name: name_connection(name text) -> name text
select :name as name;

-- name: foreign_key_violations() -> child text, parent text, violations int
-- Steps run with foreign keys off, so that a table can be rebuilt; what they leave must fit again.
select "table" as child, "parent" as parent, count(*) as violations from pragma_foreign_key_check group by 1, 2 order by 1, 2;

-- name: describe_schema() -> item text
-- One line a table, column, index, trigger and view.
select 'column ' || m.name || '.' || c.name || ' ' || lower(c.type) || case when c."notnull" <> 0 then ' not null' else '' end
    || case when c.dflt_value is null then '' else ' default ' || c.dflt_value end
    || case when c.pk <> 0 then ' key ' || c.pk else '' end as item
from sqlite_master m, pragma_table_xinfo(m.name) c
where m.type = 'table' and m.name <> 'schema_ledger' and m.name not like 'sqlite\_%' escape '\'
union all
select type || ' ' || name || ': ' || sql from sqlite_master
where sql is not null and name <> 'schema_ledger' and name not like 'sqlite\_%' escape '\'
order by 1;

-- name: tables() -> name text
-- Those with rows of their own: neither views nor the inside of a search index.
select name from pragma_table_list where schema = 'main' and type = 'table' and name not like 'sqlite\_%' escape '\' order by name;
