--! Title: Vocabularies: codes added, changed, retired, removed, refused

begin;

select plan(20);

select is(
  public.fn_iu_vocabulary_set(
    'unit_kind',
    '[{"code": "treaty", "name": "Treaty", "sort_order": 30,
       "description": "A piece of a treaty between states."}]',
    'test/pgtap/vocabulary'),
  '{"vocabulary": "unit_kind", "written": 1, "unchanged": 0}', 'a code is added');
select is(
  public.fn_iu_vocabulary_set(
    'unit_kind',
    '[{"code": "treaty", "name": "Treaty", "sort_order": 30,
       "description": "A piece of a treaty between states."}]',
    'test/pgtap/vocabulary'),
  '{"vocabulary": "unit_kind", "written": 0, "unchanged": 1}', 'added again it is unchanged');
select is(
  public.fn_iu_vocabulary_set(
    'unit_kind',
    '[{"code": "treaty", "name": "Treaty", "sort_order": 30, "active": false,
       "description": "A piece of a treaty between states."}]',
    'test/pgtap/vocabulary') ->> 'written',
  '1', 'a code is retired');
select is(public.fn_iu_vocabulary_set('section_type', '[]', 'test/pgtap/vocabulary') ->> 'written',
          '0', 'no entries write nothing');

select throws_ok($$ select public.fn_iu_vocabulary_set('mood', '[]', 'test/pgtap/vocabulary') $$,
                 'IU004', null, 'another vocabulary is refused');
select throws_ok($$ select public.fn_iu_vocabulary_set(null, '[]', 'test/pgtap/vocabulary') $$,
                 'IU004', null, 'and so is none');
select throws_ok($$ select public.fn_iu_vocabulary_set('unit_kind', '{}', 'test/pgtap') $$,
                 'IU004', null, 'entries that are no array are refused');
select throws_ok(
  $$ select public.fn_iu_vocabulary_set(
       'unit_kind',
       '[{"code": "Decree", "name": "Decree", "sort_order": 1, "description": "Capital."}]',
       'test/pgtap/vocabulary') $$,
  'IU004', null, 'a bad code is refused');
select throws_ok($$ select public.fn_iu_vocabulary_set('unit_kind', '[]', '') $$,
                 'IU004', null, 'a change without an actor is refused');

-- Removing

select lives_ok(
  $$ select public.fn_iu_create('DE-GG/ART-20', 'Art 20', 'Alle Staatsgewalt geht vom Volke aus.',
                                'test/pgtap/vocabulary', 'law_unit', 'article') $$,
  'a unit uses a code');
select throws_ok(
  $$ select public.fn_iu_vocabulary_remove('unit_kind', '{treaty,law_unit}', 'test/pgtap') $$,
  'IU025', null, 'a code in use is not removed');
select is(public.fn_iu_vocabulary_remove('unit_kind', '{treaty,novel}', 'test/pgtap/vocabulary'),
          '{"vocabulary": "unit_kind", "removed": 1}', 'one that nothing uses is');
select results_eq(
  $$ select (entry ->> 'active')::boolean
       from public.iu_vocabulary_history
      where vocabulary = 'unit_kind' and code = 'treaty'
      order by changed_at $$,
  $$ values (true), (false), (null) $$,
  'the history has every change of it');

-- The edges of the lifecycle

select results_eq(
  $$ select from_status || ' ' || to_status from public.iu_lifecycle_transition order by 1 $$,
  $$ values ('draft enacted' collate "C"), ('draft retired'), ('enacted retired'),
            ('enacted superseded'), ('superseded retired') $$,
  'the edges are those of the design');
select lives_ok($$ select iu_core.allow_transition('retired', 'draft') $$,
                'a migration may add one');
select throws_ok(
  $$ select public.fn_iu_vocabulary_remove('lifecycle_status', '{retired}', 'test/pgtap') $$,
  'IU025', null, 'a status that has an edge is not removed');

-- Checking

set local role iu_operator;
select ok(bool_and(c.ok), 'every check is ok') from public.fn_iu_check_vocabulary() as c;
select throws_ok($$ select public.fn_iu_vocabulary_set('unit_kind', '[]', 'an operator') $$,
                 '42501', null, 'an operator may not change a vocabulary');
select throws_ok($$ select public.fn_iu_vocabulary_remove('unit_kind', '{}', 'an operator') $$,
                 '42501', null, 'nor remove from it');
set local role iu_editor;
select throws_ok($$ select * from public.fn_iu_check_vocabulary() $$,
                 '42501', null, 'an editor may not run its check');
reset role;

select * from finish();
rollback;
