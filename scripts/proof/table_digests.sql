-- The statements that digest the rows of the tables asked for (a null list: of all user tables),
-- fifty to a statement (see row_counts.sql): count and two seeded sums over the text of each row,
-- its columns in the order of their names, so that a column that moved to the end changes no
-- digest. offset 0: the text is made once and hashed twice.
select string_agg(format(
         'select %L, concat_ws(''|'', count(*), coalesce(sum(hashtextextended(t, 1)), 0), '
         'coalesce(sum(hashtextextended(t, 2)), 0)) '
         'from (select row(%s)::text collate "C" as t from only %s offset 0) as r',
         t.name, t.columns, t.name), ' union all ')
  from (select x.name, x.columns, row_number() over () / 50 as batch
          from (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
                       (select string_agg(quote_ident(a.attname), ', ' order by a.attname)
                          from pg_attribute a
                         where a.attrelid = c.oid
                           and a.attnum > 0
                           and not a.attisdropped)                             as columns
                  from pg_class c
                  join pg_namespace n on n.oid = c.relnamespace
                 where c.oid >= 16384
                   and c.relkind = 'r'
                   and c.relpersistence <> 't'
                   and (c.relpersistence <> 'u' or not pg_is_in_recovery())) x
         where %tables% is null
            or x.name = any (%tables%)) t
 group by t.batch;
