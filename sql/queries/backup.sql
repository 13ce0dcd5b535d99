-- What a backup asks of the database besides its rows. Owner: lib/backup.

-- name: damage() -> problem text
select quick_check as problem from pragma_quick_check;

-- name: deep_damage() -> problem text
select integrity_check as problem from pragma_integrity_check;

-- name: export_snapshot() -> name text
-- Only PostgreSQL: what pg_dump and the row counts both look at.
select '' as name;

-- name: drop_lines() -> line text
-- Only PostgreSQL: what clears the schema before a restore, inside the restoring transaction.
select '' as line where 0 = 1;

-- name: other_daemons() -> pid int, since int
-- Only PostgreSQL: sessions of a running sssd.
select 0 as pid, 0 as since where 0 = 1;
