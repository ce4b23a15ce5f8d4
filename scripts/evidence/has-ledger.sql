select exists (
  select from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where n.nspname = 'iu_ledger' and c.relname = 'event' and pg_get_userbyid(c.relowner) = 'workflow_admin'
) as there
