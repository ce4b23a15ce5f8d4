-- $1 the pid of a session -> the sessions it waits for, if any, the first in line first.
-- Where this user may not see another's session, its start times are null and `query` is a notice.
select
  b.pid                                                            as pid,
  a.application_name                                               as application_name,
  a.usename::text                                                  as "user",
  a.backend_start                                                  as backend_start,
  a.query_start                                                    as query_start,
  extract(epoch from clock_timestamp() - a.backend_start)::float8  as age_seconds,
  a.state                                                          as state,
  a.query                                                          as query,
  a.backend_start is null                                          as hidden
from unnest(pg_catalog.pg_blocking_pids($1)) with ordinality as b (pid, n)
left join pg_catalog.pg_stat_activity a on a.pid = b.pid
order by b.n;
