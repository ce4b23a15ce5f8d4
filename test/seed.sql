--! Title: Rows for rehearsals: articles of the Grundgesetz in force and amended, gates moved, their facts

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

-- In force, in an edition; one article amended since, one retired, one moved and renamed.
select public.fn_iu_enact_many(
         '{DE-GG/TEIL-1,DE-GG/ART-1,DE-GG/ART-20}', 'test/seed',
         (public.fn_iu_review_decide(
            'enact',
            (select jsonb_agg(jsonb_build_object('address', u.canonical_address,
                                                 'version_id', u.draft_version_ref))
               from public.information_unit u),
            'approve', 'test/seed', 'as it stands') ->> 'review_decision_id')::uuid);
select public.fn_iu_save('DE-GG/ART-1', 'Art 1', 'Die Würde des Menschen …', 'test/seed');
select public.fn_iu_retire(
         'DE-GG/ART-20', 'test/seed',
         (public.fn_iu_review_decide(
            'retire',
            (select jsonb_agg(jsonb_build_object('address', u.canonical_address,
                                                 'version_id', u.enacted_version_ref))
               from public.information_unit u
              where u.canonical_address = 'DE-GG/ART-20'),
            'approve', 'test/seed', 'for the rehearsal') ->> 'review_decision_id')::uuid);
select public.fn_iu_move('DE-GG/ART-20', null, 'test/seed', 'to the front');
select public.fn_iu_alias_add('DE-GG/ARTIKEL-20', 'DE-GG/ART-20', 'test/seed', 'as cited');

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
