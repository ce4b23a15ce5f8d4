-- Rewrite rules; a view's own _RETURN rule is its definition and lives in views.sql.
select 'rule ' || quote_ident(r.rulename) || ' on '
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)               as object,
       pg_get_ruledef(r.oid)                                                      as definition,
       r.ev_enabled                                                               as enabled
  from pg_rewrite r
  join pg_class c     on c.oid = r.ev_class
  join pg_namespace n on n.oid = c.relnamespace
 where r.oid >= 16384
   and r.rulename <> '_RETURN'
   and n.nspname not like 'pg\_temp\_%';
