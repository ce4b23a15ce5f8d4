-- Scratch databases of rehearsals that are dead: ours to drop, nobody is connected, and nobody holds the
-- advisory lock of their name. A lock belongs to the database it was taken in, but pg_locks shows all.
select d.datname::text as name
  from pg_catalog.pg_database d
 where d.datname ~ '^iu_rehearse_[0-9a-f]{12}$'
   and pg_catalog.pg_has_role(d.datdba, 'usage')
   and not exists (select from pg_catalog.pg_stat_activity a where a.datid = d.oid)
   and not exists (select from pg_catalog.pg_locks l
                    where l.locktype = 'advisory'
                      and l.objsubid = 1
                      and (l.classid::bigint << 32) | l.objid::bigint
                          = pg_catalog.hashtextextended(d.datname, 0))
 order by d.datname;
