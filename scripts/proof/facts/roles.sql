-- Roles, read from the view that everybody may read: passwords are not looked at.
select 'role ' || quote_ident(r.rolname)  as object,
       r.rolsuper                         as superuser,
       r.rolinherit                       as inherit,
       r.rolcreaterole                    as create_role,
       r.rolcreatedb                      as create_db,
       r.rolcanlogin                      as login,
       r.rolreplication                   as replication,
       r.rolbypassrls                     as bypass_rls,
       r.rolconnlimit                     as connection_limit,
       r.rolvaliduntil                    as valid_until
  from pg_roles r;
