-- Schemas, those of initdb too (their owner may have been changed); temporary ones are nobody's
-- schema.
select 'schema ' || quote_ident(n.nspname) as object,
       pg_get_userbyid(n.nspowner)         as owner
  from pg_namespace n
 where n.nspname !~ '^pg_(toast_)?temp_'
   and n.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_namespace'::regclass);
