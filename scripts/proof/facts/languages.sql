-- Procedural languages, the built-in ones too (plpgsql can be dropped, and its trust changed).
select 'language ' || quote_ident(l.lanname)         as object,
       pg_get_userbyid(l.lanowner)                   as owner,
       l.lanpltrusted                                as trusted,
       nullif(l.lanplcallfoid, 0)::regprocedure      as handler,
       nullif(l.laninline, 0)::regprocedure          as inline,
       nullif(l.lanvalidator, 0)::regprocedure       as validator
  from pg_language l
 where l.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_language'::regclass and objid >= 16384);
