-- ALTER ROLE … SET for every database of the cluster.
select case s.setrole when 0 then 'all roles'
                      else 'role ' || quote_ident(pg_get_userbyid(s.setrole)) end       as object,
       (select string_agg(c, ', ' order by c collate "C") from unnest(s.setconfig) c)   as settings
  from pg_db_role_setting s
 where s.setdatabase = 0;
