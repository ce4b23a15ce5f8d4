--! Title: Rows for rehearsals: the Grundgesetz in two editions, a setting, gates moved, their facts, routed

-- Loaded by `iu rehearse` and `iu prove` after every runtime script, so that a rollback that loses
-- rows is caught (docs/iu-rehearse.md). The text of the law is in the public domain (section 5 UrhG).
begin;

-- Of another system: a fact of ours comes from a governed function only.
select public.fn_iu_event_type_set(
  '[{"event_domain": "hearing", "event_type": "held", "event_stream": "update",
     "delivery_lane": "delayed", "severity": "info", "description": "A hearing was held."}]',
  'test/seed');

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

-- A text amended, another name, a move, a deletion; two editions, of which one superseded a version.
select public.fn_iu_save('DE-GG/ART-20', 'Art 20', $body$(1) Die Bundesrepublik Deutschland ist ein
demokratischer und sozialer Bundesstaat.
$body$, 'test/seed');
select public.fn_iu_alias_add('DE-GG/ARTIKEL-20', 'DE-GG/ART-20', 'test/seed', 'its long name');
select public.fn_iu_move('DE-GG/ART-20', null, 'test/seed', 'comes first');
select public.fn_iu_create('DE-GG/ART-146', 'Art 146', '', 'test/seed', 'law_unit', 'article');
select public.fn_iu_piece_soft_delete('DE-GG/ART-146', 'test/seed', 'not now');

select public.fn_iu_enact_many(
         '{DE-GG/TEIL-1,DE-GG/ART-1}', 'test/seed',
         (public.fn_iu_review_decide(
            'enact',
            (select jsonb_agg(jsonb_build_object('address', g.canonical_address,
                                                 'version_id', g.version_id))
               from unnest('{DE-GG/TEIL-1,DE-GG/ART-1}'::text[]) as a (address)
              cross join lateral public.fn_iu_get(a.address) as g),
            'approve', 'test/seed', 'read') ->> 'review_decision_id')::uuid);
select public.fn_iu_save('DE-GG/ART-1', 'Art 1', 'Die Würde des Menschen ist unantastbar.', 'test/seed');
select public.fn_iu_enact(
         'DE-GG/ART-1', 'test/seed',
         (public.fn_iu_review_decide(
            'enact',
            (select jsonb_build_array(jsonb_build_object('address', g.canonical_address,
                                                         'version_id', g.draft_version_id))
               from public.fn_iu_get('DE-GG/ART-1') as g),
            'approve', 'test/seed', 'read') ->> 'review_decision_id')::uuid);

select public.fn_dot_config_set('iu_core.seeded', 'true', 'test/seed', 'rows for a rehearsal');

select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'test/seed', 'a transition', 60);
select public.fn_iu_gate_close('iu_core.composer_enabled', 'test/seed', 'and back');

-- A million events later: a partition made at run time, and one retired. The worker has not passed
-- it, so it is not registered meanwhile.
select pg_catalog.setval('public.event_outbox_id_seq', 1000000);
select public.fn_iu_route_worker_remove('iu_outbound_default', 'test/seed', 'to retire');
select public.fn_iu_outbox_retire_partition(0, 'test/seed', 'a row of its ledger');
select public.fn_iu_emit_event('hearing', 'held', 'public.hearing', '1', 'test/seed',
                               '{"witnesses": 3}', null, 'test/seed:held');

-- Routed by a worker, as a dry run.
select public.fn_iu_gate_open('iu_core.route_worker_enabled', null, 'test/seed', 'route', null);
select public.fn_iu_fence_set('seed', 'only for rehearsals', 'test/seed', 'a row of its ledger');
select public.fn_iu_route_set('[
  {"route_code": "seed.report", "event_domain": "hearing", "event_type": "*", "enabled": true,
   "worker": "seed", "target_kind": "report", "target_ref": "report:seed", "description": "Seed."}
]', 'test/seed');
select public.fn_iu_sql_route_set('[
  {"route_code": "seed.inbound", "source_table": "public.dot_config", "sql_event": "insert",
   "key_column": "key", "event_domain": "hearing", "event_type": "held"}
]', 'test/seed');
select public.fn_iu_route_worker_register('seed', '{"description": "Seed."}', 'test/seed');
select public.fn_iu_route_worker_enable('seed', 'test/seed', 'route');
select public.fn_iu_route_worker_run('seed');

select public.fn_iu_gate_close('iu_core.route_worker_enabled', 'test/seed', 'and back');
select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'test/seed', 'and back');

commit;
