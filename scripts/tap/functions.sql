-- Every function whose calls a test should reach: not an extension's, not pgTAP's, not the harness's own.
select p.oid::text                                                                     as oid,
       format('%I.%I(%s)', n.nspname, p.proname, oidvectortypes(p.proargtypes))          as name,
       -- What the planner may put in place of a call, and what the server calls without counting. The
       -- planner's further conditions are about the body, so some of these do leave a row.
       coalesce(
         l.lanname = 'sql'
           and p.prokind = 'f'
           and not p.prosecdef
           and p.proconfig is null
           and (not p.proretset or not p.proisstrict and p.provolatile <> 'v')
         or l.lanname = 'internal'
         or p.prokind = 'a'
         or exists (select from pg_catalog.pg_aggregate a
                     where p.oid in (a.aggtransfn, a.aggfinalfn, a.aggcombinefn, a.aggserialfn,
                                     a.aggdeserialfn, a.aggmtransfn, a.aggminvtransfn, a.aggmfinalfn))
         or exists (select from pg_catalog.pg_amproc a where a.amproc = p.oid)
         or exists (select from pg_catalog.pg_type t
                     where p.oid in (t.typinput, t.typoutput, t.typreceive, t.typsend, t.typmodin,
                                     t.typmodout, t.typanalyze, t.typsubscript)),
         false)                                                                        as may_hide
  from pg_catalog.pg_proc p
  join pg_catalog.pg_namespace n on n.oid = p.pronamespace
  join pg_catalog.pg_language  l on l.oid = p.prolang
 where n.nspname !~ '^pg_'
   and n.nspname not in ('information_schema', 'pgtap', 'iu_ledger', 'graphile_migrate')
   and not exists (
         select from pg_catalog.pg_depend d
          where d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e')
 order by n.nspname collate "C", p.proname collate "C", 2
