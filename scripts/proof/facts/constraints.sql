-- Constraints of tables and domains. The definition says deferrable, NOT VALID, NOT ENFORCED, NO
-- INHERIT. `triggers` shows when somebody has disabled or re-armed the internal triggers that
-- enforce a foreign key.
select 'constraint ' || quote_ident(k.conname) || ' on '
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)               as object,
       pg_get_constraintdef(k.oid)                                                as definition,
       nullif(k.coninhcount, 0)                                                   as inherited_from,
       k.conislocal                                                               as local,
       t.states                                                                   as triggers
  from pg_constraint k
  join pg_class c     on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  left join (select tgconstraint,
                    string_agg(tgenabled::text, '' order by tgenabled, tgtype) as states
               from pg_trigger
              where tgisinternal and tgenabled <> 'O'
              group by tgconstraint) t on t.tgconstraint = k.oid
 where k.oid >= 16384
   and n.nspname not like 'pg\_temp\_%'
 union all
select 'domain constraint ' || quote_ident(k.conname) || ' on ' || k.contypid::regtype,
       pg_get_constraintdef(k.oid), null, null, null
  from pg_constraint k
 where k.oid >= 16384
   and k.contypid <> 0
   and k.contypid not in (select objid from pg_depend
                           where refclassid = 'pg_extension'::regclass and deptype = 'e'
                             and classid = 'pg_type'::regclass);
