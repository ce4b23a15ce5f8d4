--! Title: Rows for rehearsals: Art 1 and 20 of the Grundgesetz, a setting, gates moved, their facts

-- Loaded by `iu rehearse` and `iu prove` after every runtime script, so that a rollback that loses
-- rows is caught (docs/iu-rehearse.md). The text of the law is in the public domain (section 5 UrhG).
begin;

-- Of another system: a fact of ours comes from a governed function only.
select public.fn_iu_event_type_set(
  '[{"event_domain": "hearing", "event_type": "held", "event_stream": "update",
     "delivery_lane": "delayed", "severity": "info", "description": "A hearing was held."}]',
  'test/seed');

-- First, so that what follows is recorded.
select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'test/seed', 'facts', 60);

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

-- A million events later: a partition made at run time, and one retired.
select pg_catalog.setval('public.event_outbox_id_seq', 1000000);
select public.fn_iu_outbox_retire_partition(0, 'test/seed', 'a row of its ledger');
select public.fn_iu_emit_event('hearing', 'held', 'public.hearing', '1', 'test/seed',
                               '{"witnesses": 3}', null, 'test/seed:held');

select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'test/seed', 'and back');

commit;
