-- Operator classes and families. What belongs to a family is in operator_members.sql.
select i.type || ' ' || i.identity                                                as object,
       pg_get_userbyid(o.opcowner)                                                as owner,
       format_type(o.opcintype, null)                                             as type,
       case when o.opckeytype <> 0 then format_type(o.opckeytype, null) end       as storage,
       o.opcdefault                                                               as default,
       f.identity                                                                 as family
  from pg_opclass o,
       pg_identify_object('pg_opclass'::regclass, o.oid, 0) i,
       pg_identify_object('pg_opfamily'::regclass, o.opcfamily, 0) f
 where o.oid >= 16384
   and o.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_opclass'::regclass)
 union all
select i.type || ' ' || i.identity, pg_get_userbyid(o.opfowner), null, null, null, null
  from pg_opfamily o,
       pg_identify_object('pg_opfamily'::regclass, o.oid, 0) i
 where o.oid >= 16384
   and o.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_opfamily'::regclass);
