-- Triggers that somebody wrote. The internal ones that enforce foreign keys are in constraints.sql.
select 'trigger ' || quote_ident(t.tgname) || ' on '
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)               as object,
       pg_get_triggerdef(t.oid)                                                   as definition,
       t.tgenabled                                                                as enabled,
       case when t.tgparentid <> 0 then 't' end                                   as inherited
  from pg_trigger t
  join pg_class c     on c.oid = t.tgrelid
  join pg_namespace n on n.oid = c.relnamespace
 where t.oid >= 16384
   and not t.tgisinternal
   and n.nspname not like 'pg\_temp\_%';
