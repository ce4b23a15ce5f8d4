-- ALTER DATABASE … SET, and ALTER ROLE … IN DATABASE … SET for this database.
select case s.setrole when 0 then 'database'
                      else 'role ' || quote_ident(pg_get_userbyid(s.setrole)) || ' in this database'
       end                                                                              as object,
       (select string_agg(c, ', ' order by c collate "C") from unnest(s.setconfig) c)   as settings
  from pg_db_role_setting s
 where s.setdatabase = (select oid from pg_database where datname = current_database());
