-- Everything in this database that the login could write, one sentence each. Every role it can become counts, through
-- memberships without inheritance too. What every login of PostgreSQL may (temporary tables, large objects of its
-- own) is no governed data and not asked for.
with role as materialized (
  select r.oid, r.rolname, r.rolsuper, r.rolcreaterole, r.rolcreatedb, r.rolreplication
    from pg_catalog.pg_roles r
   where r.rolname in (session_user, current_user)
      or pg_catalog.pg_has_role(session_user, r.oid, 'member')
), super as (
  select exists (select from role where rolsuper) as yes
), own_schema as (
  select n.oid, n.nspname, n.nspowner
    from pg_catalog.pg_namespace n
   where n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
)
select 'it is, or can become, superuser' as what
  from super
 where yes
union all
select format('it can become %s, which may %s', r.rolname,
              concat_ws(' and ', case when r.rolcreaterole then 'create roles' end,
                                 case when r.rolcreatedb then 'create databases' end,
                                 case when r.rolreplication then 'replicate' end))
  from role r, super
 where not super.yes
   and (r.rolcreaterole or r.rolcreatedb or r.rolreplication)
union all
select 'it is a member of ' || r.rolname
  from role r, super
 where not super.yes
   and r.rolname in ('pg_write_all_data', 'pg_write_server_files', 'pg_execute_server_program',
                     'pg_maintain', 'pg_create_subscription', 'pg_database_owner')
union all
select 'it may create schemas in database ' || d.datname
  from pg_catalog.pg_database d, super
 where not super.yes
   and d.datname = current_database()
   and exists (select from role r
                where pg_catalog.has_database_privilege(r.oid, d.oid, 'create'))
union all
select 'it may create in schema ' || n.nspname
  from own_schema n, super
 where not super.yes
   and exists (select from role r
                where r.oid = n.nspowner
                   or pg_catalog.has_schema_privilege(r.oid, n.oid, 'create'))
union all
select format('it may write %s', c.oid::regclass)
  from pg_catalog.pg_class c
  join own_schema n on n.oid = c.relnamespace, super
 where not super.yes
   and c.relkind in ('r', 'p', 'v', 'f')
   and exists (select from role r
                where r.oid = c.relowner
                   or pg_catalog.has_table_privilege(r.oid, c.oid, 'insert, update, delete, truncate')
                   or pg_catalog.has_any_column_privilege(r.oid, c.oid, 'insert, update'))
union all
select format('it may move %s', c.oid::regclass)
  from pg_catalog.pg_class c
  join own_schema n on n.oid = c.relnamespace, super
 where not super.yes
   and c.relkind = 'S'
   and exists (select from role r
                where r.oid = c.relowner
                   or pg_catalog.has_sequence_privilege(r.oid, c.oid, 'usage, update'))
union all
-- What runs with its owner's rights and is not declared to write nothing.
select format('it may call %s, which runs as %s', p.oid::regprocedure,
              pg_catalog.pg_get_userbyid(p.proowner))
  from pg_catalog.pg_proc p
  join own_schema n on n.oid = p.pronamespace, super
 where not super.yes
   and p.prosecdef
   and p.provolatile = 'v'
   and p.prorettype not in ('pg_catalog.trigger'::regtype, 'pg_catalog.event_trigger'::regtype)
   and exists (select from role r
                where pg_catalog.has_function_privilege(r.oid, p.oid, 'execute')
                  and pg_catalog.has_schema_privilege(r.oid, n.oid, 'usage'))
 order by 1
