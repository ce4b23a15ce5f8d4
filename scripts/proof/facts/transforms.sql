-- Transforms between a type and a procedural language.
select i.type || ' ' || i.identity                   as object,
       nullif(t.trffromsql::oid, 0)::regprocedure    as from_sql,
       nullif(t.trftosql::oid, 0)::regprocedure      as to_sql
  from pg_transform t,
       pg_identify_object('pg_transform'::regclass, t.oid, 0) i
 where t.oid >= 16384
   and t.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_transform'::regclass);
