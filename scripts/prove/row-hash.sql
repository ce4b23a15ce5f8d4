-- Of each table named in %tables% (a JSON object: table -> columns to leave out): the expression that
-- hashes one row to 128 bits, over the text of its columns in the order of their names, as the digests of
-- scripts/proof/table_digests.sql do; and where to read it: a partitioned table has the rows of its partitions.
select x.name,
       format('hashtextextended(row(%1$s)::text collate "C", 1)::text || ''.'' || '
              'hashtextextended(row(%1$s)::text collate "C", 2)::text', x.columns),
       case x.relkind when 'r' then 'only ' else '' end || x.name
  from (select w.name, c.relkind,
               (select string_agg(quote_ident(a.attname), ', ' order by a.attname)
                  from pg_attribute a
                 where a.attrelid = c.oid
                   and a.attnum > 0
                   and not a.attisdropped
                   and not w.without ? a.attname::text)          as columns
          from jsonb_each(%tables%) as w (name, without)
          join (pg_class c join pg_namespace n on n.oid = c.relnamespace)
            on w.name = quote_ident(n.nspname) || '.' || quote_ident(c.relname)
         where c.relkind in ('r', 'p')) x
