--! Title: Rows for rehearsals: Art 1 and 20 of the Grundgesetz, a setting, gates moved, their facts, routed

-- Loaded by `iu rehearse` and `iu prove` after every runtime script, so that a rollback that loses
-- rows is caught (docs/iu-rehearse.md). The text of the law is in the public domain (section 5 UrhG).
begin;

-- First, so that what follows is recorded. Open already where runtime/050 was applied.
select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'test/seed', 'facts', null);

select public.fn_iu_create_many(
  jsonb_build_array(
    jsonb_build_object(
      'address',    'DE-GG/TEIL-1',      'title',        'I. - Die Grundrechte',
      'unit_kind',  'law_unit',          'section_type', 'heading',
      'body',       ''),
    jsonb_build_object(
      'address',    'DE-GG/ART-1',       'title',        'Art 1',
      'unit_kind',  'law_unit',          'section_type', 'article',
      'parent_ref', 'DE-GG/TEIL-1',
      'body',       $body$(1) Die Würde des Menschen ist unantastbar. Sie zu achten und zu
schützen ist Verpflichtung aller staatlichen Gewalt.
$body$),
    jsonb_build_object(
      'address',    'DE-GG/ART-20',      'title',        'Art 20',
      'unit_kind',  'law_unit',          'section_type', 'article',
      'body',       $body$(1) Die Bundesrepublik Deutschland ist ein demokratischer und sozialer
Bundesstaat.

(2) Alle Staatsgewalt geht vom Volke aus.
$body$)),
  'test/seed');

select public.fn_dot_config_set('iu_core.seeded', 'true', 'test/seed', 'rows for a rehearsal');

select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'test/seed', 'a transition', 60);
select public.fn_iu_gate_close('iu_core.composer_enabled', 'test/seed', 'and back');

-- A million events later: a partition made at run time, and one retired. The worker has not passed
-- it, so it is not registered meanwhile.
select pg_catalog.setval('public.event_outbox_id_seq', 1000000);
select public.fn_iu_route_worker_remove('iu_outbound_default', 'test/seed', 'to retire');
select public.fn_iu_outbox_retire_partition(0, 'test/seed', 'a row of its ledger');
select public.fn_iu_emit_event('review', 'decided', 'public.review', '1', 'test/seed',
                               '{"decision": "granted"}', null, 'test/seed:decided');

-- Routed by a worker, as a dry run.
select public.fn_iu_gate_open('iu_core.route_worker_enabled', null, 'test/seed', 'route', null);
select public.fn_iu_fence_set('seed', 'only for rehearsals', 'test/seed', 'a row of its ledger');
select public.fn_iu_route_set('[
  {"route_code": "seed.report", "event_domain": "review", "event_type": "*", "enabled": true,
   "worker": "seed", "target_kind": "report", "target_ref": "report:seed", "description": "Seed."}
]', 'test/seed');
select public.fn_iu_sql_route_set('[
  {"route_code": "seed.inbound", "source_table": "public.dot_config", "sql_event": "insert",
   "key_column": "key", "event_domain": "review", "event_type": "decided"}
]', 'test/seed');
select public.fn_iu_route_worker_register('seed', '{"description": "Seed."}', 'test/seed');
select public.fn_iu_route_worker_enable('seed', 'test/seed', 'route');
select public.fn_iu_route_worker_run('seed');

select public.fn_iu_gate_close('iu_core.route_worker_enabled', 'test/seed', 'and back');
select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'test/seed', 'and back');

commit;
