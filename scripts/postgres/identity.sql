-- Who and where we are, in one round trip, for any login on PostgreSQL 15 to 18.
select
  -- A nested query, because a call that is merely written in the statement is checked for EXECUTE even
  -- where CASE never reaches it. The identifier is text: it does not fit into a JavaScript number.
  case
    when has_function_privilege('pg_catalog.pg_control_system()', 'execute') then
      substring(
        query_to_xml(
          'select system_identifier as id from pg_catalog.pg_control_system()', false, true, ''
        )::text
        from '<id>([0-9]+)</id>'
      )
  end                                                              as system_identifier,
  current_database()::text                                         as database,
  current_user::text                                               as "user",
  session_user::text                                               as session_user,
  r.rolsuper                                                       as is_superuser,
  r.rolsuper or r.rolcreaterole                                    as may_create_roles,
  r.rolsuper or r.rolcreatedb                                      as may_create_databases,
  has_database_privilege(d.oid, 'create')                          as may_create_in_database,
  current_setting('server_version')                                as server_version,
  current_setting('server_version_num')::int                       as server_version_num,
  pg_is_in_recovery()                                              as in_recovery,
  current_setting('default_transaction_read_only')::boolean
    or current_setting('transaction_read_only')::boolean           as read_only,
  pg_encoding_to_char(d.encoding)::text                            as encoding,
  pg_backend_pid()                                                 as backend_pid
from pg_catalog.pg_database d
join pg_catalog.pg_roles r on r.rolname = current_user
where d.datname = current_database();
