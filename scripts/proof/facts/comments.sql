-- Comments on everything in the database. Objects are named as their own files name them.
select case c.relkind when 'S' then 'sequence ' when 'v' then 'view '
                      when 'm' then 'materialized view '
                      when 'f' then 'foreign table ' when 'i' then 'index ' when 'I' then 'index '
                      when 'c' then 'type ' else 'table ' end
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)         as object,
       d.description                                                        as comment
  from pg_description d
  join pg_class c     on c.oid = d.objoid
  join pg_namespace n on n.oid = c.relnamespace
 where d.classoid = 'pg_class'::regclass
   and d.objoid >= 16384
   and d.objsubid = 0
   and n.nspname not like 'pg\_temp\_%'
 union all
select 'column ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)
         || '.' || quote_ident(a.attname),
       d.description
  from pg_description d
  join pg_attribute a on a.attrelid = d.objoid and a.attnum = d.objsubid
  join pg_class c     on c.oid = d.objoid
  join pg_namespace n on n.oid = c.relnamespace
 where d.classoid = 'pg_class'::regclass
   and d.objoid >= 16384
   and d.objsubid <> 0
   and n.nspname not like 'pg\_temp\_%'
 union all
select case p.prokind when 'p' then 'procedure ' when 'a' then 'aggregate ' else 'function ' end
         || p.oid::regprocedure,
       d.description
  from pg_description d
  join pg_proc p on p.oid = d.objoid
 where d.classoid = 'pg_proc'::regclass
   and d.objoid >= 16384
 union all
select case i.type when 'table constraint' then 'constraint' else i.type end || ' ' || i.identity,
       d.description
  from pg_description d,
       pg_identify_object(d.classoid, d.objoid, d.objsubid) i
 where d.classoid not in ('pg_class'::regclass, 'pg_proc'::regclass)
   -- the oid of a large object is chosen by its user; of schemas and extensions every one is told
   and (d.objoid >= 16384
        or d.classoid in ('pg_namespace'::regclass, 'pg_extension'::regclass,
                           'pg_largeobject'::regclass))
   and i.identity !~ '(^| on )pg_temp(_[0-9]+)?\.';
