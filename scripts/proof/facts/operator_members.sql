-- The operators and support functions in operator families, those added to a built-in family too.
select i.type || ' ' || i.identity                                                as object,
       o.amopopr::regoperator::text                                               as member,
       o.amoppurpose                                                              as purpose,
       case when o.amopsortfamily <> 0 then
         (select s.identity
            from pg_identify_object('pg_opfamily'::regclass, o.amopsortfamily, 0) s)
       end                                                                        as sort_family
  from pg_amop o,
       pg_identify_object('pg_amop'::regclass, o.oid, 0) i
 where o.oid >= 16384
   and o.amopfamily not in (select objid from pg_depend
                             where refclassid = 'pg_extension'::regclass and deptype = 'e'
                               and classid = 'pg_opfamily'::regclass)
 union all
select i.type || ' ' || i.identity, p.amproc::regprocedure::text, null, null
  from pg_amproc p,
       pg_identify_object('pg_amproc'::regclass, p.oid, 0) i
 where p.oid >= 16384
   and p.amprocfamily not in (select objid from pg_depend
                               where refclassid = 'pg_extension'::regclass and deptype = 'e'
                                 and classid = 'pg_opfamily'::regclass);
