-- The statements that count the rows of every user table, fifty to a statement: one statement for
-- thousands would plan in quadratic time. Leaves of partitioned tables are tables; foreign and
-- temporary ones are not asked, nor unlogged ones on a standby, where they cannot be read.
select string_agg(format('select %L, count(*) from only %s', t.name, t.name), ' union all ')
  from (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
               row_number() over () / 50                               as batch
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where c.oid >= 16384
           and c.relkind = 'r'
           and c.relpersistence <> 't'
           and (c.relpersistence <> 'u' or not pg_is_in_recovery())) t
 group by t.batch;
