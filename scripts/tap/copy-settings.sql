-- What CREATE DATABASE … TEMPLATE leaves behind: the grants on database $1 and its ALTER … SET, put on $2.
-- Straight into the catalogs, as list settings (search_path) cannot be written back as one literal. For a
-- clone that lives for one test file.
with source as (
  select d.oid, d.datacl from pg_catalog.pg_database d where d.datname = $1
),
settings as (
  insert into pg_catalog.pg_db_role_setting (setdatabase, setrole, setconfig)
  select c.oid, r.setrole, r.setconfig
    from pg_catalog.pg_db_role_setting r
    join source s on s.oid = r.setdatabase
   cross join pg_catalog.pg_database c
   where c.datname = $2
)
update pg_catalog.pg_database c
   set datacl = s.datacl
  from source s
 where c.datname = $2 and s.datacl is not null
