-- What belongs to an extension, by name only: the other kinds leave members out, so that an
-- extension is one fact and not a thousand. Privileges on members and comments on them are seen all
-- the same.
select 'member ' || i.type || ' ' || i.identity
         || ' of extension ' || quote_ident(e.extname) as object
  from pg_depend d
  join pg_extension e on e.oid = d.refobjid,
       pg_identify_object(d.classid, d.objid, d.objsubid) i
 where d.refclassid = 'pg_extension'::regclass
   and d.deptype = 'e';
