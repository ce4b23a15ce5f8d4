-- Everything that changes how the server spells a name, a value or a definition, for this
-- transaction only. pg_catalog alone on the path qualifies every other name; pg_temp last, or a
-- temporary table named pg_class would be read instead of the catalog. row_security off: rows that
-- are hidden must be an error.
select set_config(name, value, true)
  from (values ('search_path',                     'pg_catalog, pg_temp'),
               ('row_security',                    'off'),
               ('quote_all_identifiers',           'off'),
               ('standard_conforming_strings',     'on'),
               ('bytea_output',                    'hex'),
               ('client_min_messages',             'warning'),
               ('datestyle',                       'ISO, YMD'),
               ('extra_float_digits',              '3'),
               ('intervalstyle',                   'iso_8601'),
               ('lc_monetary',                     'C'),
               ('timezone',                        'UTC'),
               ('xmloption',                       'content'),
               ('jit',                             'off')) as pinned (name, value);
