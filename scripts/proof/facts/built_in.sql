-- What initdb made and somebody with the right can still alter. A digest per kind, because these
-- objects are 3,000 to one that ever changes. Below 12,000 an oid is given by hand in the server's
-- source and as good as a name; from there to 16,383 initdb counts, so those enter by content
-- alone.
select 'built-in functions' as object,
       sum(hashtextextended(
         concat_ws('|', case when p.oid < 12000 then p.oid end, p.proname, p.provolatile,
                   p.proisstrict, p.prosecdef, p.proleakproof, p.proparallel, p.procost, p.prorows,
                   p.proconfig,
                   p.prosrc, p.probin, p.proowner <> 10), 0))::text as digest
  from pg_proc p
 where p.oid < 16384
 union all
select 'built-in comments',
       sum(hashtextextended(
         concat_ws('|', case when d.objoid < 12000 then d.objoid end, d.classoid::oid, d.objsubid,
                   d.description), 0))::text
  from pg_description d
 where d.objoid < 16384
   and d.classoid not in ('pg_namespace'::regclass, 'pg_extension'::regclass,
                          'pg_largeobject'::regclass)
 union all
select 'built-in text search configurations',
       sum(hashtextextended(
         concat_ws('|', c.cfgname, m.maptokentype, m.mapseqno, t.dictname,
                   t.dictinitoption), 0))::text
  from pg_ts_config c
  join pg_ts_config_map m on m.mapcfg = c.oid
  join pg_ts_dict t       on t.oid = m.mapdict
 where c.oid < 16384
 union all
select 'built-in owners',
       string_agg(o.what, ', ' order by o.what collate "C")
  from (select 'relation ' || c.oid::regclass || ': ' || pg_get_userbyid(c.relowner) as what
          from pg_class c where c.oid < 16384 and c.relowner <> 10
         union all
        select 'type ' || t.oid::regtype || ': ' || pg_get_userbyid(t.typowner)
          from pg_type t
         where t.oid < 16384 and t.typowner <> 10 and t.typelem = 0 and t.typrelid = 0
       ) o;
