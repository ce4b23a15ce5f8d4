-- The statements that read every user sequence, fifty to a statement (see row_counts.sql).
-- pg_sequences will not do: it knows neither is_called nor log_cnt.
select string_agg(format('select %L, row(last_value, is_called, log_cnt)::text from %s',
                         s.name, s.name),
                  ' union all ')
  from (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
               row_number() over () / 50                          as batch
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where c.oid >= 16384
           and c.relkind = 'S'
           and c.relpersistence <> 't'
           and (c.relpersistence <> 'u' or not pg_is_in_recovery())) s
 group by s.batch;
