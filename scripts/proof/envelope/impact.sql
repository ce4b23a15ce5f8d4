-- What the open transaction did so far: a tag, an object, and what is said of it.
select 'xid', pg_current_xact_id_if_assigned()::text;

-- attempts: what a savepoint took back is counted too (pg_stat_xact_user_tables joins every index)
select 'table', quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       x.inserted, x.updated, x.deleted
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (select pg_stat_get_xact_tuples_inserted(c.oid) as inserted,
                             pg_stat_get_xact_tuples_updated(c.oid)  as updated,
                             pg_stat_get_xact_tuples_deleted(c.oid)  as deleted
                      offset 0) x
 where c.oid >= 16384
   and c.relkind in ('r', 'p')
   and x.inserted + x.updated + x.deleted > 0
 order by 2;

select 'lock', quote_ident(n.nspname) || '.' || quote_ident(c.relname), c.relkind,
       string_agg(l.mode, ', ' order by l.mode), c.oid
  from pg_locks l
  join pg_class c on c.oid = l.relation
  join pg_namespace n on n.oid = c.relnamespace
 where l.pid = pg_backend_pid()
   and l.locktype = 'relation'
   and l.database = (select oid from pg_database where datname = current_database())
   and c.oid >= 16384
   and n.nspname <> 'pg_toast'
 group by 2, 3, 5
 order by 2;

-- a function counts as outside when it is one of those that can reach out of the transaction
select 'function', f.funcid::regprocedure, f.calls,
       (e.extname in ('dblink', 'postgres_fdw', 'file_fdw', 'pg_background', 'plproxy')
         or not l.lanpltrusted and l.lanname not in ('internal', 'c')) is true
  from pg_stat_xact_user_functions f
  join pg_proc p on p.oid = f.funcid
  join pg_language l on l.oid = p.prolang
  left join pg_depend d on d.classid = 'pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
  left join pg_extension e on e.oid = d.refobjid
 order by 2;

select 'tracked', current_setting('track_functions');
