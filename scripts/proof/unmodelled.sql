-- Every catalog of this server that nobody claims, with the column that tells a user's row: its own
-- oid, or else the first oid it refers to. A server newer than this code may bring one.
select quote_ident(c.relname), quote_ident(a.attname)
  from pg_class c
  cross join lateral (select attname
                        from pg_attribute
                       where attrelid = c.oid and attnum > 0 and atttypid = 'oid'::regtype
                       order by attname <> 'oid', attnum
                       limit 1) a
 where c.relnamespace = 'pg_catalog'::regnamespace
   and c.relkind = 'r'
   and c.oid < 16384
   and c.relname <> all (%claimed%)
 order by 1;
