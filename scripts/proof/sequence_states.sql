-- The statement that reads every user sequence: pg_sequences knows neither is_called nor log_cnt.
select 'select * from (values '
         || string_agg(format('(%L, (select row(last_value, is_called, log_cnt)::text from %s))',
                              s.name, s.name), ', ')
         || ') as s (name, state)'
  from (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where c.oid >= 16384
           and c.relkind = 'S'
           and c.relpersistence <> 't'
           and (c.relpersistence <> 'u' or not pg_is_in_recovery())) s;
