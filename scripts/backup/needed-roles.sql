-- The cluster roles that this database depends on: those that own something in it or are named in a
-- privilege, a policy or a setting of it, and the roles these are members of. initdb's own role, which
-- owns what initdb made, is never listed by pg_shdepend. The pg_* roles exist everywhere.
with recursive here as (
  select oid, datdba from pg_catalog.pg_database where datname = current_database()
), needed (oid) as (
  (select d.refobjid
     from pg_catalog.pg_shdepend d, here
    where d.refclassid = 'pg_catalog.pg_authid'::regclass
      and (d.dbid = here.oid
           or d.classid = 'pg_catalog.pg_database'::regclass and d.objid = here.oid)
    union
   select datdba from here
    union
   select s.setrole from pg_catalog.pg_db_role_setting s, here
    where s.setdatabase = here.oid and s.setrole <> 0
    union
   select 10::oid)
  union
  select m.roleid
    from pg_catalog.pg_auth_members m
    join needed on needed.oid = m.member
)
select r.rolname::text     as name,
       r.oid = 10::oid     as bootstrap,
       format(
         'do %L;',
         format('begin if not exists (select from pg_catalog.pg_roles where rolname = %L) then ',
                r.rolname)
           || format('create role %I with ', r.rolname)
           || case when r.rolsuper       then '' else 'no' end || 'superuser '
           || case when r.rolinherit     then '' else 'no' end || 'inherit '
           || case when r.rolcreaterole  then '' else 'no' end || 'createrole '
           || case when r.rolcreatedb    then '' else 'no' end || 'createdb '
           || case when r.rolcanlogin    then '' else 'no' end || 'login '
           || case when r.rolreplication then '' else 'no' end || 'replication '
           || case when r.rolbypassrls   then '' else 'no' end || 'bypassrls '
           || format('connection limit %s', r.rolconnlimit)
           || coalesce(' valid until ' || quote_literal(r.rolvaliduntil), '') || '; '
           || coalesce(format('comment on role %I is ', r.rolname)
                         || quote_literal(shobj_description(r.oid, 'pg_authid')) || '; ', '')
           || coalesce((select string_agg(format(
                                 'alter role %I set %I to %s; ', r.rolname,
                                 split_part(c, '=', 1),
                                 -- lists are stored as they are written
                                 case when lower(split_part(c, '=', 1)) in
                                   ('search_path', 'temp_tablespaces', 'session_preload_libraries',
                                    'local_preload_libraries')
                                   then coalesce(nullif(substr(c, strpos(c, '=') + 1), ''), '''''')
                                   else quote_literal(substr(c, strpos(c, '=') + 1))
                                 end), '' order by c)
                          from pg_catalog.pg_db_role_setting s, unnest(s.setconfig) c
                         where s.setrole = r.oid and s.setdatabase = 0), '')
           || 'end if; end') as creation,
       array(select format('grant %I to %I', g.rolname, r.rolname)
                    || case when to_jsonb(m) ? 'inherit_option'  -- since 16
                            then format(' with admin %s, inherit %s, set %s', m.admin_option::text,
                                        to_jsonb(m) ->> 'inherit_option',
                                        to_jsonb(m) ->> 'set_option')
                            when m.admin_option then ' with admin option'
                            else '' end
                    || ';'
               from pg_catalog.pg_auth_members m
               join pg_catalog.pg_roles g on g.oid = m.roleid
              where m.member = r.oid
              order by 1)  as memberships
  from pg_catalog.pg_roles r
  join needed on needed.oid = r.oid
 where r.rolname !~ '^pg_'
 order by r.oid <> 10::oid, r.rolname;
