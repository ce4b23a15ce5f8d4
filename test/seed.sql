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

-- Routed by a worker: as a dry run; live, to a consumer that fails, so a dead letter, closed by hand;
-- one that waits for the fence; and met by another worker, so a conflict.
select public.fn_iu_event_type_set('[
  {"event_domain": "seed", "event_type": "sown", "event_stream": "update", "severity": "info",
   "delivery_lane": "immediate", "description": "Seed was sown."}
]', 'test/seed');
create schema seed;
create function seed.consume(p_event jsonb)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$ begin raise exception 'barren ground'; end $$;
grant usage on schema seed to workflow_admin;
grant execute on function seed.consume(jsonb) to workflow_admin;

select public.fn_iu_gate_open('iu_core.route_worker_enabled', null, 'test/seed', 'route', null);
select public.fn_iu_gate_open('iu_core.delivery_enabled', null, 'test/seed', 'deliver', null);
select public.fn_iu_fence_set('seed', 'only for rehearsals', 'test/seed', 'a row of its ledger');
select public.fn_iu_delivery_target_set('sql_function', true, 'test/seed', 'built');
select public.fn_iu_route_consumer_set('seed.consume(jsonb)', 'Fails.', 'test/seed');
select public.fn_dot_config_set('iu_core.delivery_live_routes', 'seed.live', 'test/seed', 'live');
select public.fn_iu_route_set('[
  {"route_code": "seed.report", "event_domain": "seed", "event_type": "*", "enabled": true,
   "worker": "seed", "target_kind": "report", "target_ref": "report:seed", "description": "Seed."},
  {"route_code": "seed.live", "event_domain": "seed", "event_type": "*", "enabled": true,
   "worker": "seed", "target_kind": "sql_function", "target_ref": "seed.consume(jsonb)",
   "dry_run": false, "description": "Seed.",
   "retry_policy": {"max_attempts": 1, "base_seconds": 1, "factor": 1, "max_seconds": 1}}
]', 'test/seed');
select public.fn_iu_sql_route_set('[
  {"route_code": "seed.inbound", "source_table": "public.dot_config", "sql_event": "insert",
   "key_column": "key", "event_domain": "seed", "event_type": "sown"}
]', 'test/seed');
select public.fn_iu_route_worker_register(w, '{"description": "Seed."}', 'test/seed')
  from unnest(array['seed', 'seed_again']) as w;
select public.fn_iu_route_worker_enable(w, 'test/seed', 'route')
  from unnest(array['seed', 'seed_again']) as w;
select public.fn_iu_emit_event('seed', 'sown', 'public.seed', '1', 'test/seed');
select public.fn_iu_route_worker_run('seed', null, 'seed:only for rehearsals');
select public.fn_iu_route_worker_resolve(d.id, 'test/seed', 'nothing grows there')
  from public.v_iu_route_dead_letter_open d;
select public.fn_iu_emit_event('seed', 'sown', 'public.seed', '2', 'test/seed');
select public.fn_iu_route_worker_run('seed');
select public.fn_iu_route_set('[{"route_code": "seed.report", "worker": "seed_again"}]', 'test/seed');
select public.fn_iu_route_worker_run('seed_again');

select public.fn_iu_gate_close('iu_core.delivery_enabled', 'test/seed', 'and back');
select public.fn_iu_gate_close('iu_core.route_worker_enabled', 'test/seed', 'and back');
select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'test/seed', 'and back');

commit;
