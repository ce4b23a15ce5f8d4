-- Per catalog of this server: its name, and the statement that seals it (null where this login may
-- not read it). A row stands for (oid, xmin): its own oid, or else the first oid it refers to. What
-- is written in place (relpages, reltuples, relallvisible, relhasindex) moves neither: it is left out
-- by nature. Also left out: statistics, rows about temporary objects (known by the schema or
-- relation that a row refers to), and of the shared catalogs the rows about other databases.
with catalog as (
  select c.oid, c.relname as name,
         (select a.attname
            from pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and a.atttypid = 'oid'::regtype
           order by a.attname <> 'oid', a.attnum
           limit 1) as key,
         (select a.attname
            from pg_attribute a
           where a.attrelid = c.oid and a.attnum > 0 and a.atttypid = 'oid'::regtype
             and a.attname ~ '(namespace|relid|^ev_class)$'
           order by a.attnum
           limit 1) as refers
    from pg_class c
   where c.relnamespace = 'pg_catalog'::regnamespace
     and c.relkind = 'r'
     and c.oid < 16384
     and c.relname not in ('pg_statistic', 'pg_statistic_ext_data')
), condition as (
  select c.*,
         (select oid from pg_database where datname = current_database()) as database,
         case when c.refers !~ 'namespace$' then c.refers end           as relation,
         case when c.refers ~ 'namespace$'  then c.refers end           as schema
    from catalog c
)
select name,
       case when has_table_privilege(oid, 'select') then
         format('select %L, count(*), coalesce(sum(hashtextextended(x, k)), 0), '
                'coalesce(sum(hashtextextended(x, k + 4294967296)), 0) '
                'from (select xmin::text collate "C" as x, %I::bigint as k from pg_catalog.%I',
                name, key, name)
         || case
              when relation is not null then
                format(' where %I not in (select oid from pg_class where relpersistence = ''t'')',
                       relation)
              when schema is not null then
                format(' where %I not in (select oid from pg_namespace '
                       'where nspname ~ ''^pg_(toast_)?temp_'')', schema)
              when name = 'pg_namespace'       then ' where nspname !~ ''^pg_(toast_)?temp_'''
              when name = 'pg_depend' then
                ' where objid not in ('
                'with n as (select oid from pg_namespace where nspname ~ ''^pg_(toast_)?temp_'') '
                'select oid from pg_class where relpersistence = ''t'' '
                'union all select oid from pg_type where typnamespace in (table n) '
                'union all select oid from pg_constraint where connamespace in (table n) '
                'union all select oid from pg_proc where pronamespace in (table n) '
                'union all select d.oid from pg_attrdef d join pg_class c on c.oid = d.adrelid '
                'where c.relpersistence = ''t'')'
              when name = 'pg_database'        then format(' where oid = %s', database)
              when name = 'pg_shdepend'        then format(' where dbid in (0, %s)', database)
              when name = 'pg_db_role_setting' then
                format(' where setdatabase in (0, %s)', database)
              else ''
            end || ' offset 0) t'
       end
  from condition
 where key is not null
 order by name;
