-- Casts: (source AS target), what makes it (f function, b binary, i text form) and when it applies.
select 'cast (' || c.castsource::regtype || ' as ' || c.casttarget::regtype || ')' as object,
       c.castmethod                                                                as method,
       c.castcontext                                                               as context,
       nullif(c.castfunc, 0)::regprocedure                                         as function
  from pg_cast c
 where c.oid >= 16384
   and c.oid not in (select objid from pg_depend
                      where refclassid = 'pg_extension'::regclass and deptype = 'e'
                        and classid = 'pg_cast'::regclass);
