-- The checks of the schema: which there are, whether this login may call them, which roles may. Only what
-- workflow_admin owns: a function that somebody else put there under such a name is never called.
select p.proname                                  as name,
       has_function_privilege(p.oid, 'execute')   as may,
       array(select a.grantee::regrole::text
               from aclexplode(p.proacl) as a
              where a.grantee not in (0, p.proowner)
              order by 1)                         as roles
  from pg_catalog.pg_proc p
 where p.pronamespace = 'public'::regnamespace
   and p.proowner = to_regrole('workflow_admin')
   and p.pronargs = 0
   and (starts_with(p.proname, 'fn_iu_check_')
        or p.proname in ('fn_deployment_grant_probe', 'fn_iu_gate_list'))
 order by p.proname collate "C"
