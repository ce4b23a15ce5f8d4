-- Whom creating a logical slot waits for: every open transaction of the server with an xid.
select pg_catalog.format('pid %s (%s, %s, database %s)', pid,
                         coalesce(nullif(application_name, ''), 'no name'),
                         coalesce(state, 'state hidden'), datname) as writer
  from pg_catalog.pg_stat_activity
 where backend_xid is not null
   and pid <> pg_catalog.pg_backend_pid()
union all
select pg_catalog.format('prepared transaction %s (database %s)', gid, database)
  from pg_catalog.pg_prepared_xacts;
