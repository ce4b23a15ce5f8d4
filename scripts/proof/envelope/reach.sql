-- What this login could do outside of its transaction: a tag, what, and whether that can commit.
-- `role`: every role it can become counts, through memberships without inheritance too. A superuser
-- can do everything, so nothing else is asked then.
with role as materialized (
  select r.oid, r.rolname, r.rolsuper, r.rolreplication
    from pg_roles r
   where r.rolname in (session_user, current_user)
      or pg_has_role(session_user, r.oid, 'member')
), super as (
  select exists (select from role where rolsuper) as yes
), reach as (
  select 'superuser' as what, true as commits
    from super
   where yes
  union all
  select 'member of ' || rolname, rolname = 'pg_execute_server_program'
    from role, super
   where not super.yes
     and rolname in ('pg_write_server_files', 'pg_execute_server_program', 'pg_signal_backend')
  union all
  select distinct 'functions of extension ' || e.extname, true
    from super, pg_extension e
    join pg_depend d on d.refclassid = 'pg_extension'::regclass and d.refobjid = e.oid
                    and d.classid = 'pg_proc'::regclass and d.deptype = 'e'
    join pg_proc p on p.oid = d.objid
   where not super.yes
     and e.extname in ('dblink', 'pg_background', 'plproxy')
     and exists (select
                   from role r
                  where has_function_privilege(r.oid, p.oid, 'execute')
                    and has_schema_privilege(r.oid, p.pronamespace, 'usage'))
  union all
  select 'foreign-data wrapper ' || w.fdwname, true
    from super, pg_foreign_data_wrapper w
   where not super.yes
     and exists (select from role r where has_foreign_data_wrapper_privilege(r.oid, w.oid, 'usage'))
  union all
  select 'foreign server ' || s.srvname, true
    from super, pg_foreign_server s
   where not super.yes
     and exists (select from role r where has_server_privilege(r.oid, s.oid, 'usage'))
  union all
  select 'foreign table ' || f.ftrelid::regclass, true
    from super, pg_foreign_table f
   where not super.yes
     and exists (select
                   from role r
                  where has_table_privilege(r.oid, f.ftrelid, 'select, insert, update, delete'))
  union all
  select 'untrusted language ' || l.lanname, true
    from super, pg_language l
   where not super.yes
     and not l.lanpltrusted
     and l.lanname not in ('internal', 'c')
     and exists (select from role r where has_language_privilege(r.oid, l.oid, 'usage'))
  union all
  -- what it may call that acts with more reach than it has itself
  select format('function %s (%s)', p.oid::regprocedure,
                case when l.lanpltrusted or l.lanname in ('internal', 'c', 'sql')
                     then 'runs as ' || o.rolname else l.lanname end), true
    from super, pg_proc p
    join pg_language l on l.oid = p.prolang
    join pg_roles o on o.oid = p.proowner
   where not super.yes
     and p.oid >= 16384
     and (not l.lanpltrusted and l.lanname not in ('internal', 'c')
          or p.prosecdef and (o.rolsuper
                              or pg_has_role(o.oid, 'pg_execute_server_program', 'member')))
     and exists (select
                   from role r
                  where has_function_privilege(r.oid, p.oid, 'execute')
                    and has_schema_privilege(r.oid, p.pronamespace, 'usage'))
)
select 'reach', what, commits::text
  from reach
union all
select 'may', 'replicate', exists (select from role where rolsuper or rolreplication)::text
union all
select 'may', 'signal',
       (has_function_privilege('pg_reload_conf()', 'execute')
         or has_function_privilege('pg_stat_reset()', 'execute'))::text
union all
select 'may', 'track', has_parameter_privilege('track_functions', 'set')::text;
