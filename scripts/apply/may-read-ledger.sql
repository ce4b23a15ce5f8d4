-- Whether this login may read the ledger; true where there is none yet.
select current_user as user,
       coalesce(bool_and(has_schema_privilege(n.oid, 'usage') and has_table_privilege(c.oid, 'select')), true) as may_read
  from pg_namespace n
  join pg_class c on c.relnamespace = n.oid
 where (n.nspname, c.relname) in (('iu_ledger', 'event'), ('graphile_migrate', 'migrations'))
