-- Views and materialized views. Their columns are in columns.sql, their _RETURN rule is the
-- definition.
select case c.relkind when 'm' then 'materialized view ' else 'view ' end
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)             as object,
       pg_get_userbyid(c.relowner)                                              as owner,
       c.relpersistence                                                         as persistence,
       pg_get_viewdef(c.oid)                                                    as definition,
       m.amname                                                                 as access_method,
       s.spcname                                                                as tablespace,
       case when c.reloptions is not null then
         (select string_agg(o, ', ' order by o collate "C") from unnest(c.reloptions) o)
       end                                                                      as options,
       case when t.reloptions is not null then
         (select string_agg(o, ', ' order by o collate "C") from unnest(t.reloptions) o)
       end                                                                      as toast_options,
       c.relreplident                                                           as replica_identity,
       c.relispopulated                                                         as populated
  from pg_class c
  join pg_namespace n       on n.oid = c.relnamespace
  left join pg_am m         on m.oid = c.relam
  left join pg_tablespace s on s.oid = c.reltablespace
  left join pg_class t      on t.oid = c.reltoastrelid
 where c.oid >= 16384
   and c.relkind in ('v', 'm')
   and n.nspname not like 'pg\_temp\_%'
   and c.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_class'::regclass);
