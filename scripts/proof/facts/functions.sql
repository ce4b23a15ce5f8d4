-- Functions, procedures and window functions: every property by name, so that a difference names
-- itself.
select case p.prokind when 'p' then 'procedure ' else 'function ' end
         || p.oid::regprocedure                                                 as object,
       pg_get_userbyid(p.proowner)                                              as owner,
       p.prokind                                                                as kind,
       pg_get_function_arguments(p.oid)                                         as arguments,
       pg_get_function_result(p.oid)                                            as result,
       l.lanname                                                                as language,
       case when p.prosqlbody is null then p.prosrc
            else pg_get_function_sqlbody(p.oid) end                             as body,
       p.probin                                                                 as library,
       p.provolatile                                                            as volatility,
       p.proisstrict                                                            as strict,
       p.prosecdef                                                              as security_definer,
       p.proleakproof                                                           as leakproof,
       p.proparallel                                                            as parallel,
       p.procost                                                                as cost,
       p.prorows                                                                as rows,
       case when p.prosupport <> 0 then p.prosupport::regprocedure end          as support,
       case when p.protrftypes is not null then
         (select string_agg(format_type(t, null), ', ' order by o)
            from unnest(p.protrftypes) with ordinality as x (t, o)) end         as transforms,
       case when p.proconfig is not null then
         (select string_agg(s, ', ' order by s collate "C") from unnest(p.proconfig) s)
       end                                                                      as settings
  from pg_proc p
  join pg_namespace n on n.oid = p.pronamespace
  join pg_language l  on l.oid = p.prolang
 where p.oid >= 16384
   and p.prokind <> 'a'
   and n.nspname not like 'pg\_temp\_%'
   and p.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_proc'::regclass);
