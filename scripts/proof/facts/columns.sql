-- Columns of tables, views, foreign tables and composite types. `position` counts living columns
-- only: a column that was dropped and is gone must not show, a column that moved to the end must.
select 'column ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
         || '.' || quote_ident(a.attname)                                      as object,
       case when g.gone is null then a.attnum
            else a.attnum - (select count(*) from unnest(g.gone) x where x < a.attnum)
       end                                                                     as position,
       format_type(a.atttypid, a.atttypmod)                                    as type,
       -- 100 is the default collation: a column that has it says nothing
       case when a.attcollation not in (0, 100) then
         a.attcollation::regcollation::text end                                as collation,
       a.attnotnull                                                            as not_null,
       case when a.atthasdef and a.attgenerated = '' then
         pg_get_expr(d.adbin, d.adrelid) end                                   as default,
       case when a.atthasdef and a.attgenerated <> '' then
         pg_get_expr(d.adbin, d.adrelid) end                                   as generated,
       nullif(a.attgenerated, '')                                              as generated_kind,
       nullif(a.attidentity, '')                                               as identity,
       a.attstorage                                                            as storage,
       nullif(a.attcompression, '')                                            as compression,
       -- "the default" is -1 up to 16 and null from 17 on
       nullif(a.attstattarget, -1)                                             as statistics_target,
       case when a.attoptions is not null then
         (select string_agg(o, ', ' order by o collate "C") from unnest(a.attoptions) o)
       end                                                                     as options,
       case when a.attfdwoptions is not null then
         (select string_agg(o, ', ' order by o collate "C") from unnest(a.attfdwoptions) o)
       end                                                                     as server_options,
       nullif(a.attinhcount, 0)                                                as inherited_from,
       a.attislocal                                                            as local
  from pg_attribute a
  join pg_class c           on c.oid = a.attrelid
  join pg_namespace n       on n.oid = c.relnamespace
  left join pg_attrdef d    on d.adrelid = a.attrelid and d.adnum = a.attnum
  left join (select attrelid, array_agg(attnum) as gone
               from pg_attribute
              where attisdropped
              group by attrelid) g on g.attrelid = a.attrelid
 where a.attrelid >= 16384
   and a.attnum > 0
   and not a.attisdropped
   and c.relkind not in ('S', 'i', 'I', 't')
   and n.nspname not like 'pg\_temp\_%';
