-- Text search parsers, templates, dictionaries and configurations (with the dictionaries per token
-- type).
select i.type || ' ' || i.identity as object, x.owner, x.uses, x.definition
  from (select 'pg_ts_parser'::regclass as classid, p.oid, null::name as owner, null::text as uses,
               concat_ws(', ', p.prsstart::oid::regprocedure, p.prstoken::oid::regprocedure,
                         p.prsend::oid::regprocedure, p.prslextype::oid::regprocedure,
                         nullif(p.prsheadline::oid, 0)::regprocedure) as definition
          from pg_ts_parser p
         union all
        select 'pg_ts_template'::regclass, t.oid, null, null,
               concat_ws(', ', nullif(t.tmplinit::oid, 0)::regprocedure,
                         t.tmpllexize::oid::regprocedure)
          from pg_ts_template t
         union all
        select 'pg_ts_dict'::regclass, d.oid, pg_get_userbyid(d.dictowner), u.identity,
               d.dictinitoption
          from pg_ts_dict d,
               pg_identify_object('pg_ts_template'::regclass, d.dicttemplate, 0) u
         union all
        select 'pg_ts_config'::regclass, c.oid, pg_get_userbyid(c.cfgowner), u.identity,
               (select string_agg(m.maptokentype || ': ' || m.mapdict::regdictionary, ', '
                                  order by m.maptokentype, m.mapseqno)
                  from pg_ts_config_map m where m.mapcfg = c.oid)
          from pg_ts_config c,
               pg_identify_object('pg_ts_parser'::regclass, c.cfgparser, 0) u) x,
       pg_identify_object(x.classid, x.oid, 0) i
 where x.oid >= 16384
   and not exists (select from pg_depend e
                    where e.classid = x.classid and e.objid = x.oid
                      and e.refclassid = 'pg_extension'::regclass and e.deptype = 'e');
