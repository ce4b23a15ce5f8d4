-- What this login may not read, or not all of: tables and sequences, and large objects where reading
-- one is a right of its own. Those of an extension are asked too: the comparison reads their rows.
select case c.relkind when 'S' then 'sequence ' else 'table ' end
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
         || case when has_table_privilege(c.oid, 'select') then ' (row security)' else '' end as object
  from pg_catalog.pg_class c
  join pg_catalog.pg_namespace n on n.oid = c.relnamespace
 where c.oid >= 16384
   and c.relkind in ('r', 'p', 'S')
   and c.relpersistence <> 't'
   and (not has_schema_privilege(n.oid, 'usage')
        or not has_table_privilege(c.oid, 'select')
        or row_security_active(c.oid))
 order by 1;
