-- What speaks against a logical slot, or null.
select case when pg_catalog.current_setting('wal_level') <> 'logical'
            then 'wal_level is ' || pg_catalog.current_setting('wal_level') || ', it needs logical'
            when pg_catalog.pg_is_in_recovery()
            then 'the server is a standby'
            when not exists (select
                               from pg_catalog.pg_roles
                              where rolname = current_user
                                and (rolsuper or rolreplication))
            then pg_catalog.format('%s has no REPLICATION', current_user) end as missing,
       pg_catalog.pg_backend_pid() as pid;
