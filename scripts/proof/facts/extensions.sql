-- Extensions, plpgsql too: name, version, schema, and the tables whose rows a dump would keep.
select 'extension ' || quote_ident(e.extname)        as object,
       pg_get_userbyid(e.extowner)                   as owner,
       e.extversion                                  as version,
       quote_ident(n.nspname)                        as schema,
       e.extrelocatable                              as relocatable,
       (select string_agg(t::regclass || coalesce(' ' || nullif(e.extcondition[o], ''), ''), ', '
                          order by t::regclass::text collate "C")
          from unnest(e.extconfig) with ordinality as x (t, o)) as configuration
  from pg_extension e
  join pg_namespace n on n.oid = e.extnamespace;
