-- Operators: the function, the planner's helpers and the relations to other operators.
select 'operator ' || o.oid::regoperator          as object,
       pg_get_userbyid(o.oprowner)                as owner,
       nullif(o.oprcode, 0)::regprocedure         as function,
       nullif(o.oprresult, 0)::regtype            as result,
       nullif(o.oprrest, 0)::regprocedure         as restriction,
       nullif(o.oprjoin, 0)::regprocedure         as join,
       nullif(o.oprcom, 0)::regoperator           as commutator,
       nullif(o.oprnegate, 0)::regoperator        as negator,
       o.oprcanhash                               as hashes,
       o.oprcanmerge                              as merges
  from pg_operator o
 where o.oid >= 16384
   and o.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_operator'::regclass);
