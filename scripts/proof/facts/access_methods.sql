-- Access methods.
select 'access method ' || quote_ident(m.amname)     as object,
       m.amtype                                      as type,
       m.amhandler::oid::regprocedure                as handler
  from pg_am m
 where m.oid >= 16384
   and m.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_am'::regclass);
