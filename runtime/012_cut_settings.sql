--! Title: Set what cuts are held against: the cap on units, the reserved prefixes
--! Requires: 010_event_types

begin;

-- What an operator has set meanwhile stays as it is.
select public.fn_dot_config_set(s.key, s.value, 'runtime/012_cut_settings', 'as shipped', s.description)
  from (values
    ('cutter.max_units', '100000', 'How many units a document may be cut into.'),
    -- The list of scripts/cut/reserved-prefixes.json: a test holds both together.
    ('cutter.reserved_prefixes',
     'DOT,IU-CORE,IU-PROBE,IU-SYSTEM,IU-TEST,PUBLIC,SYSTEM,WORKFLOW-ADMIN',
     'Prefixes that no document is cut under unless its approver names it.')
  ) as s (key, value, description)
 where not exists (select from public.dot_config c where c.key = s.key)
 order by s.key;

select s.key || ' is set' as scenario, c.value is not null as ok, c.value as detail
  from (values ('cutter.max_units'), ('cutter.reserved_prefixes')) as s (key)
  left join public.dot_config c on c.key = s.key
 order by s.key;

commit;
