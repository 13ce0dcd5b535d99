-- name: damage() -> problem text
select 'ok' as problem;

-- name: deep_damage() -> problem text
select 'ok' as problem;

-- name: export_snapshot() -> name text
select pg_export_snapshot() as name;

-- name: drop_lines() -> line text
select format('drop %s if exists %I.%I cascade;', case c.relkind when 'v' then 'view' when 'm' then 'materialized view' when 'S' then 'sequence' else 'table' end, n.nspname, c.relname) as line
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where n.nspname = current_schema() and c.relkind in ('r', 'p', 'v', 'm', 'S')
    and not exists (select 1 from pg_depend e where e.objid = c.oid and e.deptype in ('e', 'i'))
union all
select format('drop %s if exists %I.%I(%s) cascade;', case p.prokind when 'p' then 'procedure' else 'function' end, n.nspname, p.proname, pg_get_function_identity_arguments(p.oid))
from pg_proc p join pg_namespace n on n.oid = p.pronamespace
where n.nspname = current_schema() and p.prokind in ('f', 'p')
    and not exists (select 1 from pg_depend e where e.objid = p.oid and e.deptype = 'e');

-- name: other_daemons() -> pid int, since int
select a.pid, cast(extract(epoch from a.backend_start) * 1000000 as bigint) as since from pg_stat_activity a
where a.datname = current_database() and a.application_name = 'social-selling'
    and a.backend_start < (select min(b.backend_start) from pg_stat_activity b where b.pid = pg_backend_pid()) - interval '2 seconds';
