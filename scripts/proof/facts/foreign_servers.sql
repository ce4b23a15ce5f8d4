-- Foreign-data wrappers and servers.
select 'foreign-data wrapper ' || quote_ident(w.fdwname)                               as object,
       pg_get_userbyid(w.fdwowner)                                                     as owner,
       nullif(w.fdwhandler, 0)::regprocedure                                           as handler,
       nullif(w.fdwvalidator, 0)::regprocedure                                         as validator,
       null                                                                            as wrapper,
       null                                                                            as type,
       null                                                                            as version,
       (select string_agg(o, ', ' order by o collate "C") from unnest(w.fdwoptions) o) as options
  from pg_foreign_data_wrapper w
 where w.oid >= 16384
   and w.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_foreign_data_wrapper'::regclass)
 union all
select 'server ' || quote_ident(s.srvname), pg_get_userbyid(s.srvowner), null, null, w.fdwname,
       s.srvtype, s.srvversion,
       (select string_agg(o, ', ' order by o collate "C") from unnest(s.srvoptions) o)
  from pg_foreign_server s
  join pg_foreign_data_wrapper w on w.oid = s.srvfdw
 where s.oid >= 16384
   and s.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_foreign_server'::regclass);
