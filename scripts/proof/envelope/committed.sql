-- Whether any transaction of the whole server, of whatever database, committed since the snapshot.
select 'committed',
       exists (select
                 from (select generate_series(
                                %xmax%,
                                pg_snapshot_xmax(pg_current_snapshot())::text::bigint - 1)
                       union all
                       select unnest(array[%running%]::bigint[])) as t (xid)
                where pg_xact_status(xid::text::xid8) = 'committed')::text;
