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

-- A document cut live by the bodies themselves, as their functions would once an approver authorised
-- it; and a dry run that is waiting for that.
create schema seed;
create function seed.live(p_call text)
returns jsonb
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer jsonb;
begin
  perform iu_core.begin_write();
  execute 'select ' || p_call into v_answer;
  return v_answer;
end
$$;
alter function seed.live(text) owner to workflow_admin;

select public.fn_cut_profile_set(
  $profile${"description":"Seed.","format":"iu-cut-profile/1","front_matter":{"section_type":"technical_spec","segment":"FRONT-MATTER","title":"Front matter"},"labels":[],"levels":["heading","section"],"name":"seed","openers":[],"preamble":{"section_type":"paragraph","segment":"PREAMBLE","title":"Preamble"},"reads":"markdown","unit_kind":"design_doc_section","version":1}$profile$,
  'test/seed');
select public.fn_cut_source_set('SEED-LAW', 'A law', 'non_authoritative', 'test/seed', 'test/seed');
select public.fn_cut_open(
         (public.fn_cut_source_pin('SEED-LAW', 'poem.md', convert_to(e'# One\n\ntext\n\n## Two\n', 'UTF8'),
                                   'seed', 1, true, 'test/seed') ->> 'source_version_id')::uuid,
         'LIVE', 'test/seed');
select public.fn_cut_mark(r.run_id, $manifest${
"digest":"b793a86aae6018334c3255d91fe77d8a3868f59760adaa2058134dac76d7ea3c",
"format":"iu-cut-manifest/1","origin":"poem.md","pieces":[
{"address":"SEED-LAW/ONE","byte_end":13,"byte_start":0,"id":"p1",
 "kind":"design_doc_section","line_end":4,"line_start":1,"parent":null,"position":1,"role":"unit","section_type":"heading",
 "sha256":"ab6aad419954aecc060cb9c4b307acd154ea7a047c917d966d6b4336b029e15b","title":"One"},
{"address":"SEED-LAW/ONE/TWO","byte_end":20,"byte_start":13,"id":"p2",
 "kind":"design_doc_section","line_end":5,"line_start":5,"parent":"p1","position":2,"role":"unit","section_type":"section",
 "sha256":"fb8952b0badfc46a9d4e66b92a8aa9bb115adf750e69a9ed21649b5d46efa5f0","title":"Two"}],
"prefix":"SEED-LAW",
"profile":{"name":"seed","sha256":"a4dd7786a960c74ba651050035bd40c25d1cd27f766f3423635fd028f53065c5","version":1},
"source":{"byte_order_mark":false,"bytes":20,"encoding":"utf-8","line_endings":{"cr":0,"crlf":0,"lf":5},
 "lines":5,"sha256":"7001ae25daf6af772c923d832e3cac96178f9a18accd6992a7ee604573a3538a"}}$manifest$, 'test/seed'),
       public.fn_cut_plan(r.run_id, 'test/seed'),
       public.fn_cut_record_backup(
         r.run_id,
         jsonb_build_object('kind', 'seed', 'ref', 'none', 'sha256', repeat('0', 64), 'taken_at', now()),
         'test/seed')
  from cutter_governance.cut_run r;
-- What the seed created itself is not in the matrix, so a live run is refused there.
select seed.live(format(
         $call$ to_jsonb(iu_core.move_run(iu_core.move_run(
                  iu_core.lock_run(%L), 'grants_probed', iu_core.caller('test/seed')),
                  'awaiting_sg_1', iu_core.caller('test/seed'))) $call$, r.run_id))
  from cutter_governance.cut_run r;
select public.fn_cut_dryrun(r.run_id, 'test/seed') from cutter_governance.cut_run r;
select seed.live(format(
         $call$ iu_core.cut_apply_impl(%L, row('a', 'a', 'a', false), row('b', 'b', 'b', false), null) $call$,
         r.run_id)),
       seed.live(format($call$ iu_core.cut_verify_impl(%L, row('c', 'c', 'c', false)) $call$, r.run_id))
  from cutter_governance.cut_run r;

-- A million events later: a partition made at run time, and one retired. The worker has not passed
-- it, so it is not registered meanwhile.
select pg_catalog.setval('public.event_outbox_id_seq', 1000000);
select public.fn_iu_route_worker_remove('iu_outbound_default', 'test/seed', 'to retire');
select public.fn_iu_outbox_retire_partition(0, 'test/seed', 'a row of its ledger');
select public.fn_iu_emit_event('hearing', 'held', 'public.hearing', '1', 'test/seed',
                               '{"witnesses": 3}', null, 'test/seed:held');

-- Routed by a worker: as a dry run; live, to a consumer that fails, so a dead letter, closed by hand;
-- one that waits for the fence; and met by another worker, so a conflict.
select public.fn_iu_event_type_set('[
  {"event_domain": "seed", "event_type": "sown", "event_stream": "update", "severity": "info",
   "delivery_lane": "immediate", "description": "Seed was sown."}
]', 'test/seed');
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
