-- Collations. The version of the library behind one belongs to the machine, not to the schema.
-- The locale moved: colliculocale in 15 and 16, colllocale from 17; rules exist from 16.
select i.type || ' ' || i.identity                           as object,
       pg_get_userbyid(c.collowner)                          as owner,
       c.collprovider                                        as provider,
       c.collisdeterministic                                 as deterministic,
       c.collencoding                                        as encoding,
       c.collcollate                                         as collate,
       c.collctype                                           as ctype,
       coalesce(j ->> 'colllocale', j ->> 'colliculocale')   as locale,
       j ->> 'collicurules'                                  as rules
  from pg_collation c,
       pg_identify_object('pg_collation'::regclass, c.oid, 0) i,
       to_jsonb(c) j
 where c.oid >= 16384
   and c.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_collation'::regclass);
