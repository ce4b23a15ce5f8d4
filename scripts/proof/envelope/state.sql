-- The state of the database outside of its rows: a tag, an object, a value. %used%: oids of the
-- relations that are asked for, null for all.
select 'planner-hints', quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       format('%s pages, %s rows, %s all-visible, index %s',
              c.relpages, c.reltuples, c.relallvisible, c.relhasindex)
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
 where c.oid >= 16384
   and c.relkind in ('r', 'm', 'p')
   and c.relpersistence <> 't'
   and (%used% is null or c.oid = any (%used%));

select 'prepared-transaction', gid, owner
  from pg_prepared_xacts
 where database = current_database();

select 'slot', slot_name, slot_type
  from pg_replication_slots
 where not temporary;

select 'signal', 'configuration reloaded', pg_conf_load_time()::text
union all
select 'signal', 'statistics reset', stats_reset::text
  from pg_stat_database
 where datname = current_database();

-- others at work in this database; who they are may be hidden from us, that they are is not
select 'neighbour', pid::text, application_name
  from pg_stat_activity
 where datid = (select oid from pg_database where datname = current_database())
   and pid <> all (array[pg_backend_pid(), %ignored%])
   and coalesce(backend_type, 'client backend') = 'client backend';
