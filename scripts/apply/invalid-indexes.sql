select format('%I.%I', n.nspname, c.relname) as index,
       i.indrelid::regclass::text            as table
  from pg_index i
  join pg_class c     on c.oid = i.indexrelid
  join pg_namespace n on n.oid = c.relnamespace
 where not i.indisvalid
   and n.nspname !~ '^pg_'
 order by 1
