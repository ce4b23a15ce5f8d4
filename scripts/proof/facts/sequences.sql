-- Sequences: parameters and the column that owns them. Where the counter stands is data, not
-- schema.
select 'sequence ' || quote_ident(n.nspname) || '.' || quote_ident(c.relname)     as object,
       pg_get_userbyid(c.relowner)                                                as owner,
       c.relpersistence                                                           as persistence,
       format_type(s.seqtypid, null)                                              as type,
       s.seqstart                                                                 as start,
       s.seqincrement                                                             as increment,
       s.seqmin                                                                   as minimum,
       s.seqmax                                                                   as maximum,
       s.seqcache                                                                 as cache,
       s.seqcycle                                                                 as cycle,
       d.refobjid::regclass || '.' || quote_ident(a.attname)                      as owned_by
  from pg_class c
  join pg_namespace n      on n.oid = c.relnamespace
  join pg_sequence s       on s.seqrelid = c.oid
  left join pg_depend d    on d.classid = 'pg_class'::regclass and d.objid = c.oid
                          and d.refclassid = 'pg_class'::regclass and d.refobjsubid > 0
                          and d.deptype in ('a', 'i')
  left join pg_attribute a on a.attrelid = d.refobjid and a.attnum = d.refobjsubid
 where c.oid >= 16384
   and n.nspname not like 'pg\_temp\_%'
   and c.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_class'::regclass);
