--! Title: Lifecycle: review decisions, enact, supersede, retire, dry run, editions, the past

begin;

select plan(77);

-- At rest, whatever the runtime scripts opened.
select public.fn_iu_gate_close(g.key, 'test/pgtap', 'at rest')
  from unnest(array['iu_core.routes_master_enabled', 'iu_core.route_worker_enabled']) as g (key);

-- Three articles of the Constitution of the United States (public domain).
set local role iu_editor;
select is(
  jsonb_array_length(public.fn_iu_create_many(
    (select jsonb_agg(jsonb_build_object(
              'address', 'US-CONST/' || u.name, 'title', u.name, 'body', u.body,
              'unit_kind', 'law_unit', 'section_type', u.type, 'parent_ref', u.parent) order by u.n)
       from (values (1, 'ART-1',       null,             'heading', E'Article I\n'),
                    (2, 'ART-1-SEC-1', 'US-CONST/ART-1', 'section', E'All legislative Powers …\n'),
                    (3, 'ART-1-SEC-2', 'US-CONST/ART-1', 'section', E'The House …\n'),
                    (4, 'ART-2',       null,             'heading', E'Article II\n'))
            as u (n, name, parent, type, body)),
    'test/pgtap/lifecycle') -> 'units'),
  4, 'four units are drafted');
reset role;

-- What a decision is to name: of each unit its draft, or its version in force.
create function pg_temp.targets(p_addresses text[], p_successor text default null)
returns jsonb
language sql
security definer  -- a reviewer reads through functions; this reads the columns
as $$
  select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
           'address', a.address,
           'version_id', coalesce(case when p_successor is null then u.draft_version_ref end,
                                  u.enacted_version_ref, u.draft_version_ref),
           'successor_address', p_successor)) order by a.n)
    from unnest(p_addresses) with ordinality as a (address, n)
    left join public.information_unit u on u.canonical_address = a.address
$$;

create temporary table decision (name text primary key, id uuid);
grant all on decision to public;

create function pg_temp.decide(p_name text, p_act text, p_targets jsonb, p_verdict text default 'approve')
returns text
language sql
as $$
  insert into decision
  select p_name, (public.fn_iu_review_decide(p_act, p_targets, p_verdict, 'a reviewer',
                                             'test/pgtap/lifecycle') ->> 'review_decision_id')::uuid
  returning 'decided'
$$;

create function pg_temp.decided(p_name text)
returns uuid
language sql
as $$ select d.id from decision d where d.name = p_name $$;

create function pg_temp.why(p_statement text)
returns text
language plpgsql
as $$
declare
  v_detail text;
begin
  execute p_statement;
  return 'not refused';
exception
  when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    v_detail := nullif(v_detail, '');
    return sqlstate || ' ' || coalesce(v_detail::jsonb ->> 'reason',
                                       v_detail::jsonb -> 'problems' -> 0 ->> 'reason',
                                       v_detail::jsonb ->> 'from' || ' to '
                                       || (v_detail::jsonb ->> 'to'), '');
end
$$;

-- Deciding

set local role cutter_approver;
select is(
  pg_temp.decide('first', 'enact', pg_temp.targets('{US-CONST/ART-1,US-CONST/ART-1-SEC-1}')),
  'decided', 'a reviewer approves two drafts');
select is(pg_temp.decide('no', 'enact', pg_temp.targets('{US-CONST/ART-2}'), 'reject'),
          'decided', 'and rejects one');
select is(pg_temp.decide('other act', 'retire', pg_temp.targets('{US-CONST/ART-2}')),
          'decided', 'and approves another act on it');
select is(
  (select (public.fn_iu_review_decide('enact', pg_temp.targets('{US-CONST/ART-1}'), 'approve',
                                      'a reviewer', 'x') ->> 'subject_digest') ~ '^[0-9a-f]{64}$'),
  true, 'a decision has a digest of what it is about');
select throws_ok($$ select public.fn_iu_review_decide('cut', '[{}]', 'approve', 'x', 'y') $$,
                 'IU004', null, 'of another act');
select throws_ok($$ select public.fn_iu_review_decide('enact', '[{}]', 'perhaps', 'x', 'y') $$,
                 'IU004', null, 'another verdict');
select throws_ok($$ select public.fn_iu_review_decide('enact', '[]', 'approve', 'x', 'y') $$,
                 'IU004', null, 'or nothing none can be made');
select throws_ok($$ select public.fn_iu_review_decide('enact', '[{}]', 'approve', 'x', ' ') $$,
                 'IU004', null, 'nor without a reason');
select is(
  pg_temp.why(format('select public.fn_iu_review_decide(%L, %L, %L, %L, %L)', 'enact', t.targets,
                     'approve', 'x', 'y')),
  'IU032 ' || t.reason, 'a target is refused: ' || t.reason)
  from (values
    ('["US-CONST/ART-1"]',                                                'not_an_object'),
    ('[{"address": "US-CONST/ART-1", "text": "x"}]',                      'unknown_key'),
    ('[{"address": "US-CONST/ART-9"}]',                                   'unit_not_found'),
    ('[{"address": "US-CONST/ART-1"}]',                                   'version_not_current'),
    ('[{"address": "US-CONST/ART-1", "version_id": "draft"}]',            'version_not_current')
  ) as t (targets, reason);
select is(
  pg_temp.why(format('select public.fn_iu_review_decide(%L, %L, %L, %L, %L)', 'enact',
                     pg_temp.targets('{US-CONST/ART-1}', 'US-CONST/ART-2'), 'approve', 'x', 'y')),
  'IU032 successor_not_asked_for', 'to enact has no successor');

set local role iu_operator;
select throws_ok($$ select public.fn_iu_review_decide('enact', '[]', 'approve', 'x', 'y') $$,
                 '42501', null, 'an operator decides nothing');

-- Enacting: refused

select is(pg_temp.why($$ select public.fn_iu_enact('US-CONST/ART-1', 'x', null) $$),
          'IU030 missing', 'without a decision nothing is enacted');
select is(pg_temp.why(format('select public.fn_iu_enact(%L, %L, %L)', 'US-CONST/ART-1', 'x',
                             '00000000-0000-7000-8000-000000000000')),
          'IU030 unknown', 'nor under one that nobody made');
select is(pg_temp.why(format('select public.fn_iu_enact(%L, %L, %L)', 'US-CONST/ART-2', 'x',
                             pg_temp.decided('no'))),
          'IU030 not_an_approval', 'nor under a rejection');
select is(pg_temp.why(format('select public.fn_iu_enact(%L, %L, %L)', 'US-CONST/ART-2', 'x',
                             pg_temp.decided('other act'))),
          'IU030 made_for_another_act', 'nor under an approval of another act');
select is(pg_temp.why(format('select public.fn_iu_enact(%L, %L, %L)', 'US-CONST/ART-2', 'x',
                             pg_temp.decided('first'))),
          'IU030 not_in_the_review_decision', 'nor what it does not name');
select is(pg_temp.why(format('select public.fn_iu_enact(%L, %L, %L)', 'US-CONST/ART-9', 'x',
                             pg_temp.decided('first'))),
          'IU022 unit_not_found', 'nor what is not there');
select throws_ok(format('select public.fn_iu_enact(%L, %L, %L)', 'US-CONST/ART-1', ' ',
                        pg_temp.decided('first')), 'IU004', null, 'nor without an actor');
select throws_ok(format('select public.fn_iu_enact_many(%L, %L, %L)', '{}', 'x',
                        pg_temp.decided('first')), 'IU004', null, 'nor no units');

-- A dry run

select is(
  public.fn_iu_enact_many('{US-CONST/ART-1,US-CONST/ART-1-SEC-1}', 'an operator',
                          pg_temp.decided('first'), p_dry_run => true)
    #- '{units}' #- '{editions}',
  '{"status": "enacted", "dry_run": true,
    "rows": {"public.iu_lifecycle_log": 2, "public.information_unit": 2,
             "public.document_edition": 1, "public.document_edition_unit": 2,
             "public.event_outbox": 0}}', 'a dry run says what would be written');
reset role;
select is_empty($$ select from public.iu_lifecycle_log $$, 'it writes no log');
select is_empty($$ select from public.document_edition $$, 'no edition');
select is_empty($$ select from public.information_unit where lifecycle_status <> 'draft' $$,
                'and moves no unit');

-- Enacting

set local role iu_operator;
select is(
  public.fn_iu_enact_many('{US-CONST/ART-1,US-CONST/ART-1-SEC-1}', 'an operator',
                          pg_temp.decided('first'), null, 'ratified') -> 'rows',
  '{"public.iu_lifecycle_log": 2, "public.information_unit": 2, "public.document_edition": 1,
    "public.document_edition_unit": 2, "public.event_outbox": 0}',
  'what the dry run said is written');
select is(
  jsonb_path_query_array(
    public.fn_iu_enact_many('{US-CONST/ART-1,US-CONST/ART-1-SEC-1}', 'an operator',
                            pg_temp.decided('first')), '$.*.status'),
  '["already_enacted", "already_enacted"]', 'again it is enacted already');
select is(
  public.fn_iu_enact('US-CONST/ART-1', 'an operator', pg_temp.decided('first')) ->> 'status',
  'unchanged', 'which writes nothing');
reset role;
select results_eq(
  $$ select concat_ws(' ', from_status, to_status, reason, actor) collate "default"
       from public.iu_lifecycle_log $$,
  $$ values ('draft enacted ratified an operator'), ('draft enacted ratified an operator') $$,
  'the log has a row for each');
select is(public.fn_iu_reconstruct_source('US-CONST', 1), E'Article I\nAll legislative Powers …\n',
          'the edition has what is in force');
select results_eq(
  $$ select f.position, f.depth, f.parent_ref is null
       from public.document_edition_unit f order by f.position $$,
  $$ values (1::bigint, 0, true), (2, 1, false) $$, 'in reading order, with its tree');
select is(public.fn_iu_reconstruct_source('US-CONST'),
          E'Article I\nAll legislative Powers …\nThe House …\nArticle II\n',
          'the working text has the drafts too');
select is(public.fn_iu_reconstruct_source('US-CONST', 2), null, 'an edition to come is null');

-- A draft beside what is in force

set local role iu_editor;
select is(
  public.fn_iu_save('US-CONST/ART-1-SEC-1', 'ART-1-SEC-1', E'All Powers …\n', 'an editor') ->> 'status',
  'saved', 'an enacted unit gets a draft');
select is((select body from public.fn_iu_get('US-CONST/ART-1-SEC-1')), E'All legislative Powers …\n',
          'what is in force is read still');
select throws_ok($$ select public.fn_iu_piece_soft_delete('US-CONST/ART-1-SEC-1', 'x', 'y') $$,
                 'IU026', null, 'what is in force is not deleted');
set local role cutter_approver;
select is(pg_temp.decide('second', 'enact', pg_temp.targets('{US-CONST/ART-1-SEC-1}')), 'decided',
          'the draft is approved');
set local role iu_editor;
select is(
  public.fn_iu_save('US-CONST/ART-1-SEC-1', 'ART-1-SEC-1', E'Some Powers …\n', 'an editor') ->> 'status',
  'saved', 'and changed afterwards');
set local role iu_operator;
select is(pg_temp.why(format('select public.fn_iu_enact(%L, %L, %L)', 'US-CONST/ART-1-SEC-1', 'x',
                             pg_temp.decided('second'))),
          'IU030 version_not_current', 'the approval does not carry the change');
set local role cutter_approver;
select is(pg_temp.decide('third', 'enact', pg_temp.targets('{US-CONST/ART-1-SEC-1}')), 'decided',
          'approved anew');
set local role iu_operator;
select is(
  public.fn_iu_enact('US-CONST/ART-1-SEC-1', 'an operator', pg_temp.decided('third')) -> 'rows'
    ->> 'public.iu_lifecycle_log',
  '2', 'it is enacted, and the former version superseded');
reset role;
select results_eq(
  $$ select event, version_seq from public.fn_iu_history('US-CONST/ART-1-SEC-1') where event <> 'drafted' $$,
  $$ values ('enacted'::text, 1), ('superseded', 1), ('enacted', 3) $$,
  'the history has both moves');
select is(public.fn_iu_reconstruct_source('US-CONST', 1), E'Article I\nAll legislative Powers …\n',
          'the first edition stays');
select is(public.fn_iu_reconstruct_source('US-CONST', 2), E'Article I\nSome Powers …\n',
          'the second has the new text');

-- The past

select is(
  (select g.body
     from public.document_edition e
    cross join lateral public.fn_iu_get('US-CONST/ART-1-SEC-1', e.frozen_at) as g
    where e.edition = 1),
  E'All legislative Powers …\n', 'a unit reads as it was in force at a moment');
select is(
  (select public.fn_iu_reconstruct_source('US-CONST', e.frozen_at)
     from public.document_edition e where e.edition = 1),
  E'Article I\nAll legislative Powers …\n', 'and so does the document');
select is(public.fn_iu_reconstruct_source('US-CONST', clock_timestamp()), E'Article I\nSome Powers …\n',
          'now it is the last edition');
select is(public.fn_iu_reconstruct_source('US-CONST', '1787-09-17'::timestamptz), null,
          'before the first there was nothing');
select is_empty($$ select * from public.fn_iu_get('US-CONST/ART-1', '1787-09-17'::timestamptz) $$,
                'of a unit neither');

-- Superseding

set local role cutter_approver;
select is(pg_temp.why(format('select public.fn_iu_review_decide(%L, %L, %L, %L, %L)', 'supersede',
                             pg_temp.targets('{US-CONST/ART-1-SEC-1}'), 'approve', 'x', 'y')),
          'IU032 successor_missing', 'what is superseded has a successor');
select is(pg_temp.why(format('select public.fn_iu_review_decide(%L, %L, %L, %L, %L)', 'supersede',
                             pg_temp.targets('{US-CONST/ART-1-SEC-1}', 'US-CONST/ART-9'), 'approve', 'x', 'y')),
          'IU032 successor_not_found', 'that is there');
select is(pg_temp.why(format('select public.fn_iu_review_decide(%L, %L, %L, %L, %L)', 'supersede',
                             pg_temp.targets('{US-CONST/ART-1-SEC-1}', 'US-CONST/ART-1-SEC-1'), 'approve', 'x', 'y')),
          'IU032 successor_is_itself', 'and another');
select is(
  pg_temp.decide('replace', 'supersede',
                 pg_temp.targets('{US-CONST/ART-1-SEC-1}', 'US-CONST/ART-1-SEC-2')),
  'decided', 'a reviewer approves that section 2 takes the place of section 1');
select is(pg_temp.decide('sec 2', 'enact', pg_temp.targets('{US-CONST/ART-1-SEC-2}')), 'decided',
          'and section 2 itself');
set local role iu_operator;
select is(pg_temp.why(format('select public.fn_iu_supersede(%L, %L, %L)', 'US-CONST/ART-1-SEC-1', 'x',
                             pg_temp.decided('replace'))),
          'IU030 successor_not_in_force', 'the successor must be in force');
select is(
  public.fn_iu_enact('US-CONST/ART-1-SEC-2', 'an operator', pg_temp.decided('sec 2')) ->> 'status',
  'enacted', 'then it is');
select is(pg_temp.why(format('select public.fn_iu_supersede(%L, %L, %L, p_successor_address => %L)',
                             'US-CONST/ART-1-SEC-1', 'x', pg_temp.decided('replace'),
                             'US-CONST/ART-1')),
          'IU030 successor_is_another', 'and be the one of the decision');
select is(
  public.fn_iu_supersede('US-CONST/ART-1-SEC-1', 'an operator', pg_temp.decided('replace'),
                         p_successor_address => 'US-CONST/ART-1-SEC-2') ->> 'status',
  'superseded', 'the unit is superseded');
select is(
  public.fn_iu_supersede_many('{US-CONST/ART-1-SEC-1}', 'an operator', pg_temp.decided('replace'))
    ->> 'status',
  'unchanged', 'again it is so already');
reset role;
select is(public.fn_iu_reconstruct_source('US-CONST', clock_timestamp()), E'Article I\nThe House …\n',
          'and out of force');
set local role iu_editor;
select is(pg_temp.why($$ select public.fn_iu_save('US-CONST/ART-1-SEC-1', '', '', 'x') $$),
          'IU031 superseded to draft', 'a superseded unit gets no draft');

-- Retiring

set local role cutter_approver;
select is(
  pg_temp.decide('retire', 'retire', pg_temp.targets('{US-CONST/ART-1-SEC-2,US-CONST/ART-2}')),
  'decided', 'a reviewer approves retiring what is in force and a draft');
select is(
  pg_temp.decide('retire old', 'retire',
                 jsonb_build_array(jsonb_build_object(
                   'address', 'US-CONST/ART-1-SEC-1',
                   'version_id', (select version_id from public.fn_iu_history('US-CONST/ART-1-SEC-1')
                                   where event = 'superseded' and version_seq = 3)))),
  'decided', 'and what was superseded');
set local role iu_operator;
select is(
  public.fn_iu_retire_many('{US-CONST/ART-1-SEC-2,US-CONST/ART-2}', 'an operator',
                           pg_temp.decided('retire')) ->> 'status',
  'retired', 'both are retired');
select is(
  public.fn_iu_retire('US-CONST/ART-1-SEC-1', 'an operator', pg_temp.decided('retire old'))
    -> 'editions',
  '[]', 'what was out of force already freezes no edition');
select is(
  public.fn_iu_retire('US-CONST/ART-1-SEC-1', 'an operator', pg_temp.decided('retire old')) ->> 'status',
  'unchanged', 'again it is so already');

-- Taking a decision back

set local role cutter_approver;
select is(pg_temp.decide('late', 'retire', pg_temp.targets('{US-CONST/ART-1}')), 'decided',
          'a decision');
select is(public.fn_iu_review_revert(pg_temp.decided('late'), 'a reviewer', 'an error') ->> 'verdict',
          'revert', 'is taken back');
select is(public.fn_iu_review_revert(pg_temp.decided('late'), 'a reviewer', 'an error') ->> 'status',
          'already_reverted', 'again it is so already');
select is(pg_temp.why($$ select public.fn_iu_review_revert(iu_core.uuid_v7(), 'x', 'y') $$),
          '42501 ', 'internals are not for a reviewer');
set local role iu_operator;
select is(pg_temp.why(format('select public.fn_iu_retire(%L, %L, %L)', 'US-CONST/ART-1', 'x',
                             pg_temp.decided('late'))),
          'IU030 taken_back', 'it carries nothing any more');
reset role;

select is_empty($$ select * from public.fn_iu_verify_invariants() $$, 'no invariant is broken');

-- What is in force cannot change

select throws_ok($$ update public.unit_version set body = '' $$, 'IU001', null,
                 'nobody writes versions');
select throws_ok($$ update public.information_unit set lifecycle_status = 'draft' $$, 'IU001', null,
                 'nor a status');

select * from finish();
rollback;
