-- Prepared transactions of this database, the oldest first.
select x.gid,
       x.owner::text                                                   as owner,
       to_char(x.prepared at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"') as prepared_at,
       extract(epoch from clock_timestamp() - x.prepared)::int         as seconds
  from pg_catalog.pg_prepared_xacts x
 where x.database = current_database()
 order by x.prepared
