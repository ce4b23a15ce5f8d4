-- The database's own properties, without its name and without what an administrator flips to clone
-- it (datistemplate, datallowconn). Properties that CREATE DATABASE … TEMPLATE does not copy are
-- here on purpose: leave the kind out where clones are compared.
select 'database'                                                               as object,
       pg_get_userbyid(d.datdba)                                                as owner,
       pg_encoding_to_char(d.encoding)                                          as encoding,
       d.datlocprovider                                                         as provider,
       d.datcollate                                                             as collate,
       d.datctype                                                               as ctype,
       coalesce(j ->> 'datlocale', j ->> 'daticulocale')                        as locale,
       j ->> 'daticurules'                                                      as rules,
       d.datconnlimit                                                           as connection_limit,
       s.spcname                                                                as tablespace,
       (select string_agg(a::text, ', ' order by a::text collate "C")
          from unnest(coalesce(d.datacl, acldefault('d', d.datdba))) a)         as privileges,
       shobj_description(d.oid, 'pg_database')                                  as comment
  from pg_database d
  join pg_tablespace s on s.oid = d.dattablespace,
       to_jsonb(d) j
 where d.datname = current_database();
