-- Tablespaces, with their place in the file system.
select 'tablespace ' || quote_ident(t.spcname)                                         as object,
       pg_get_userbyid(t.spcowner)                                                     as owner,
       nullif(pg_tablespace_location(t.oid), '')                                       as location,
       (select string_agg(o, ', ' order by o collate "C") from unnest(t.spcoptions) o) as options,
       (select string_agg(a::text, ', ' order by a::text collate "C")
          from unnest(coalesce(t.spcacl, acldefault('t', t.spcowner))) a)              as privileges
  from pg_tablespace t;
