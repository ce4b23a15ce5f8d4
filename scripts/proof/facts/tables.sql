-- Ordinary, partitioned and foreign tables, and any relation kind that no other file claims.
-- A partition's bound, a partitioned table's key and the parents are fields of the table.
select case c.relkind when 'f' then 'foreign table ' else 'table ' end
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)           as object,
       pg_get_userbyid(c.relowner)                                            as owner,
       c.relkind                                                              as kind,
       c.relpersistence                                                       as persistence,
       m.amname                                                               as access_method,
       s.spcname                                                              as tablespace,
       case when c.reloptions is not null then
         (select string_agg(o, ', ' order by o collate "C") from unnest(c.reloptions) o)
       end                                                                    as options,
       case when t.reloptions is not null then
         (select string_agg(o, ', ' order by o collate "C") from unnest(t.reloptions) o)
       end                                                                    as toast_options,
       c.relrowsecurity                                                       as row_security,
       c.relforcerowsecurity                                                  as force_row_security,
       c.relreplident                                                         as replica_identity,
       case when c.reloftype <> 0 then c.reloftype::regtype::text end         as of_type,
       case when c.relkind = 'p' then pg_get_partkeydef(c.oid) end            as partition_key,
       case when c.relispartition then pg_get_expr(c.relpartbound, c.oid) end as partition_bound,
       p.parents                                                              as parents,
       v.srvname                                                              as server,
       case when f.ftoptions is not null then
         (select string_agg(o, ', ' order by o collate "C") from unnest(f.ftoptions) o)
       end                                                                    as server_options
  from pg_class c
  join pg_namespace n              on n.oid = c.relnamespace
  left join pg_am m                on m.oid = c.relam
  left join pg_tablespace s        on s.oid = c.reltablespace
  left join pg_class t             on t.oid = c.reltoastrelid
  left join pg_foreign_table f     on f.ftrelid = c.oid
  left join pg_foreign_server v    on v.oid = f.ftserver
  left join (select i.inhrelid,
                    string_agg(i.inhparent::regclass::text
                                 || case when i.inhdetachpending
                                      then ' (detach pending)' else '' end,
                               ', ' order by i.inhseqno) as parents
               from pg_inherits i
              group by i.inhrelid) p on p.inhrelid = c.oid
 where c.oid >= 16384
   and c.relkind not in ('v', 'm', 'S', 'c', 'i', 'I', 't')
   and n.nspname not like 'pg\_temp\_%'
   and c.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_class'::regclass);
