-- Aggregates: pg_get_functiondef refuses them, so all of pg_aggregate by name.
select 'aggregate ' || p.oid::regprocedure                                   as object,
       pg_get_userbyid(p.proowner)                                           as owner,
       pg_get_function_arguments(p.oid)                                      as arguments,
       pg_get_function_result(p.oid)                                         as result,
       p.proparallel                                                         as parallel,
       a.aggkind                                                             as kind,
       a.aggnumdirectargs                                                    as direct_arguments,
       a.aggtransfn::regprocedure                                            as transition,
       format_type(a.aggtranstype, null)                                     as state_type,
       a.aggtransspace                                                       as state_size,
       a.agginitval                                                          as initial,
       nullif(a.aggfinalfn, 0)::regprocedure                                 as final,
       a.aggfinalextra                                                       as final_extra,
       a.aggfinalmodify                                                      as final_modify,
       nullif(a.aggcombinefn, 0)::regprocedure                               as combine,
       nullif(a.aggserialfn, 0)::regprocedure                                as serialize,
       nullif(a.aggdeserialfn, 0)::regprocedure                              as deserialize,
       nullif(a.aggmtransfn, 0)::regprocedure                                as moving_transition,
       nullif(a.aggminvtransfn, 0)::regprocedure                             as moving_inverse,
       nullif(a.aggmfinalfn, 0)::regprocedure                                as moving_final,
       a.aggmfinalextra                                                      as moving_final_extra,
       a.aggmfinalmodify                                                     as moving_final_modify,
       case when a.aggmtranstype <> 0 then
         format_type(a.aggmtranstype, null) end                        as moving_state_type,
       a.aggmtransspace                                                      as moving_state_size,
       a.aggminitval                                                         as moving_initial,
       nullif(a.aggsortop, 0)::regoperator                                   as sort_operator
  from pg_aggregate a
  join pg_proc p      on p.oid = a.aggfnoid
  join pg_namespace n on n.oid = p.pronamespace
 where p.oid >= 16384
   and n.nspname not like 'pg\_temp\_%'
   and p.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_proc'::regclass);
