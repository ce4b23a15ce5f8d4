-- What a session keeps beyond its transactions: a tag, an object, a value. Flushes the session's
-- counters too, so that what is counted next is counted from zero.
select 'prepared-statement', name, statement
  from pg_catalog.pg_prepared_statements
union all
select 'session-lock',
       case objsubid when 1 then ((classid::bigint << 32) | objid::bigint)::text
                     else pg_catalog.format('(%s, %s)', classid, objid) end,
       mode
  from pg_catalog.pg_locks
 where locktype = 'advisory'
   and pid = pg_catalog.pg_backend_pid()
union all
select 'setting', name, setting
  from pg_catalog.pg_settings
 where source = 'session'
   and name !~ '^transaction_'
union all
select 'flushed', pg_catalog.pg_stat_force_next_flush()::text, '';
