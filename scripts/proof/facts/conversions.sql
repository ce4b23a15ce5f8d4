-- Encoding conversions.
select i.type || ' ' || i.identity               as object,
       pg_get_userbyid(c.conowner)               as owner,
       pg_encoding_to_char(c.conforencoding)     as source,
       pg_encoding_to_char(c.contoencoding)      as target,
       c.conproc::regprocedure                   as function,
       c.condefault                              as default
  from pg_conversion c,
       pg_identify_object('pg_conversion'::regclass, c.oid, 0) i
 where c.oid >= 16384
   and c.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_conversion'::regclass);
