-- Row security policies. Whether row security is on, and forced, are fields of the table.
select 'policy ' || quote_ident(p.polname) || ' on '
         || quote_ident(n.nspname) || '.' || quote_ident(c.relname)               as object,
       p.polcmd                                                                   as command,
       p.polpermissive                                                            as permissive,
       (select string_agg(case r when 0 then 'public' else quote_ident(pg_get_userbyid(r)) end, ', '
                          order by pg_get_userbyid(r))
          from unnest(p.polroles) r)                                              as roles,
       pg_get_expr(p.polqual, p.polrelid)                                         as using,
       pg_get_expr(p.polwithcheck, p.polrelid)                                    as with_check
  from pg_policy p
  join pg_class c     on c.oid = p.polrelid
  join pg_namespace n on n.oid = c.relnamespace
 where p.oid >= 16384;
