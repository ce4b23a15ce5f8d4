-- Indexes. Storage parameters, operator classes, collations and the predicate are part of the
-- definition.
select 'index ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)    as object,
       pg_get_indexdef(i.indexrelid)                                          as definition,
       i.indisvalid                                                           as valid,
       i.indisready                                                           as ready,
       i.indisclustered                                                       as clustered,
       i.indisreplident                                                       as replica_identity,
       s.spcname                                                              as tablespace,
       a.targets                                                              as statistics_targets,
       case when c.relispartition then
         (select h.inhparent::regclass::text from pg_inherits h where h.inhrelid = c.oid)
       end                                                                    as parent
  from pg_index i
  join pg_class c           on c.oid = i.indexrelid
  join pg_namespace n       on n.oid = c.relnamespace
  left join pg_tablespace s on s.oid = c.reltablespace
  left join (select attrelid,
                    string_agg(attnum || ': ' || attstattarget, ', ' order by attnum) as targets
               from pg_attribute
              where attstattarget >= 0 and attnum > 0
              group by attrelid) a on a.attrelid = i.indexrelid
 where i.indexrelid >= 16384
   and n.nspname not like 'pg\_temp\_%'
   and n.nspname <> 'pg_toast';
