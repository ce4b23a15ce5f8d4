-- ALTER DEFAULT PRIVILEGES: what future objects of a role, everywhere or in one schema, are born
-- with.
select 'default privileges ' || i.identity                                             as object,
       coalesce((select string_agg(a::text, ', ' order by a::text collate "C")
                   from unnest(d.defaclacl) a), '')                                    as privileges
  from pg_default_acl d,
       pg_identify_object('pg_default_acl'::regclass, d.oid, 0) i;
