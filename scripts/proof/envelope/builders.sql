-- What the state query is put together from, for this login on this database: rows of a tag and a
-- value. `statement`: to be run next. `not-observed`: what this login may not read. `snapshot`:
-- where we stand. `declared`: a sequence the probe declares, and its name as it is spelled here.
-- %used%: oids of the relations that are asked for, null for all.
set local lock_timeout = '2s';

select 'snapshot', pg_current_snapshot()::text;

-- fifty to a statement: one statement for thousands would plan in quadratic time
with sequence as (
  select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name,
         has_table_privilege(c.oid, 'select')
           and has_schema_privilege(n.oid, 'usage')              as readable
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where c.relkind = 'S'
     and c.relpersistence <> 't'
     and (c.relpersistence <> 'u' or not pg_is_in_recovery())
     and (%used% is null or c.oid = any (%used%))
), numbered as (
  select name, row_number() over () / 50 as batch
    from sequence
   where readable
)
select 'statement', string_agg(format('select ''sequence'', %L, '
                                      'row(last_value, is_called, log_cnt)::text from %s',
                                      name, name), ' union all ')
  from numbered
 group by batch
union all
select 'not-observed', 'sequence ' || name
  from sequence
 where not readable;

-- a committed change adds or takes away a row version, so its xmin is enough
select case when has_table_privilege(c.oid, 'select') and has_schema_privilege(n.oid, 'usage')
            then 'statement' else 'not-observed' end,
       case when has_table_privilege(c.oid, 'select') and has_schema_privilege(n.oid, 'usage')
            then format('select ''unlogged'', %L, concat_ws(''|'', count(*), '
                        'sum(hashtextextended(xmin::text, 1))) from only %s', t.name, t.name)
            else 'unlogged table ' || t.name end
  from pg_class c
  join pg_namespace n on n.oid = c.relnamespace
  cross join lateral (select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name) t
 where c.relkind = 'r'
   and c.relpersistence = 'u'
   and not pg_is_in_recovery();

select case when r.readable then 'statement' else 'not-observed' end,
       case when r.readable
            then 'select ''file-setting'', concat_ws('' '', sourcefile, sourceline, name), setting '
                 'from pg_file_settings'
            else 'settings in the server''s files' end
  from (select has_table_privilege('pg_file_settings', 'select')
                 and has_function_privilege('pg_show_all_file_settings()', 'execute')
                 as readable) r;

select 'declared', d.name, quote_ident(n.nspname) || '.' || quote_ident(c.relname)
  from unnest(%declared%::text[]) as d (name)
  join pg_class c on c.oid = to_regclass(d.name)
  join pg_namespace n on n.oid = c.relnamespace;
