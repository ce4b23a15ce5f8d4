-- The statement that counts the rows of every user table: one values list, because a union of thousands
-- of branches would nest as deep. Leaves of partitioned tables are tables; foreign and temporary ones are
-- not asked, nor unlogged ones on a standby, where they cannot be read.
select 'values ' || string_agg(format('(%L, (select count(*) from only %s))', t.name, t.name), ', ')
  from (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name
          from pg_class c
          join pg_namespace n on n.oid = c.relnamespace
         where c.oid >= 16384
           and c.relkind = 'r'
           and c.relpersistence <> 't'
           and (c.relpersistence <> 'u' or not pg_is_in_recovery())) t;
