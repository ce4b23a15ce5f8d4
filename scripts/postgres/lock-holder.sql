-- $1 the key (bigint) of an advisory lock in this database -> the session that holds it, if any.
-- Where this user may not see another's session, its start times are null and `query` is a notice.
select
  l.pid                                                            as pid,
  a.application_name                                               as application_name,
  a.usename::text                                                  as "user",
  a.backend_start                                                  as backend_start,
  a.query_start                                                    as query_start,
  extract(epoch from clock_timestamp() - a.backend_start)::float8  as age_seconds,
  a.state                                                          as state,
  a.query                                                          as query,
  a.backend_start is null                                          as hidden
from pg_catalog.pg_locks l
left join pg_catalog.pg_stat_activity a on a.pid = l.pid
where l.locktype = 'advisory'
  and l.granted
  and l.objsubid = 1
  and l.database = (select d.oid from pg_catalog.pg_database d where d.datname = current_database())
  and (l.classid::bigint << 32) | l.objid::bigint = $1::bigint
order by a.backend_start
limit 1;
