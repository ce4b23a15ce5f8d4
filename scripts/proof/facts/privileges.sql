-- Privileges that differ from those an object was born with. Born with means: what initdb or the
-- extension's script left (pg_init_privs), else acldefault(), so that a null acl equals the default
-- said out loud. One rule for everything: a GRANT on a function of pg_catalog is a fact, the 3,000
-- others are not.
with held (object, classid, objid, subid, acl, base) as (
  select case c.relkind when 'S' then 'sequence ' when 'v' then 'view '
                        when 'm' then 'materialized view '
                        when 'f' then 'foreign table ' else 'table ' end
           || quote_ident(n.nspname) || '.' || quote_ident(c.relname),
         'pg_class'::regclass, c.oid, 0, c.relacl,
         acldefault(case c.relkind when 'S' then 's' else 'r' end::"char", c.relowner)
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.relacl is not null
     and n.nspname not like 'pg\_temp\_%'
   union all
  select 'column ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
           || '.' || quote_ident(a.attname),
         'pg_class'::regclass, c.oid, a.attnum, a.attacl, acldefault('c', c.relowner)
    from pg_attribute a
    join pg_class c     on c.oid = a.attrelid
    join pg_namespace n on n.oid = c.relnamespace
   where a.attacl is not null
     and n.nspname not like 'pg\_temp\_%'
   union all
  select case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end
           || p.oid::regprocedure,
         'pg_proc'::regclass, p.oid, 0, p.proacl, acldefault('f', p.proowner)
    from pg_proc p
   where p.proacl is not null
   union all
  select 'schema ' || quote_ident(n.nspname),
         'pg_namespace'::regclass, n.oid, 0, n.nspacl, acldefault('n', n.nspowner)
    from pg_namespace n
   where n.nspacl is not null
     and n.nspname !~ '^pg_(toast_)?temp_'
   union all
  select 'type ' || quote_ident(n.nspname) || '.' || quote_ident(t.typname),
         'pg_type'::regclass, t.oid, 0, t.typacl, acldefault('T', t.typowner)
    from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
   where t.typacl is not null
   union all
  select 'language ' || quote_ident(l.lanname),
         'pg_language'::regclass, l.oid, 0, l.lanacl, acldefault('l', l.lanowner)
    from pg_language l
   where l.lanacl is not null
   union all
  select 'foreign-data wrapper ' || quote_ident(w.fdwname),
         'pg_foreign_data_wrapper'::regclass, w.oid, 0, w.fdwacl, acldefault('F', w.fdwowner)
    from pg_foreign_data_wrapper w
   where w.fdwacl is not null
   union all
  select 'server ' || quote_ident(s.srvname),
         'pg_foreign_server'::regclass, s.oid, 0, s.srvacl, acldefault('S', s.srvowner)
    from pg_foreign_server s
   where s.srvacl is not null
   union all
  select 'large object ' || l.oid,
         'pg_largeobject'::regclass, l.oid, 0, l.lomacl, acldefault('L', l.lomowner)
    from pg_largeobject_metadata l
   where l.lomacl is not null
)
select h.object,
       coalesce((select string_agg(a::text, ', ' order by a::text collate "C")
                   from unnest(h.acl) a), '')                                     as privileges
  from held h
  left join pg_init_privs i on i.classoid = h.classid and i.objoid = h.objid
                           and i.objsubid = h.subid
 where not (h.acl @> coalesce(i.initprivs, h.base) and h.acl <@ coalesce(i.initprivs, h.base));
