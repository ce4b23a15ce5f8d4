-- Who is a member of what. The inherit and set options exist from 16.
select 'membership of ' || quote_ident(pg_get_userbyid(m.member)) || ' in '
         || quote_ident(pg_get_userbyid(m.roleid)) || ' granted by '
         || quote_ident(pg_get_userbyid(m.grantor))      as object,
       m.admin_option                                    as admin,
       to_jsonb(m) ->> 'inherit_option'                  as inherit,
       to_jsonb(m) ->> 'set_option'                      as set
  from pg_auth_members m;
