--! Title: The working tree: saving, moving, deleting, restoring, other names, reading in order

begin;

select plan(81);

-- Part I of the Grundgesetz (public domain, section 5 UrhG): two parts, articles, paragraphs.
create function pg_temp.unit(p_address text, p_parent text, p_type text, p_body text)
returns jsonb
language sql
as $$
  select jsonb_build_object(
    'address', p_address, 'title', split_part(p_address, '/', 2), 'body', p_body,
    'unit_kind', 'law_unit', 'section_type', p_type, 'parent_ref', p_parent)
$$;

create function pg_temp.order_of(p_doc_code text)
returns text
language sql
as $$
  select string_agg(split_part(t.canonical_address, '/', 2), ' ' order by t.path collate "C")
    from public.fn_iu_tree(p_doc_code) as t
$$;

create function pg_temp.problems(p_statement text)
returns text[]
language plpgsql
as $$
declare
  v_detail text;
begin
  execute p_statement;
  return '{}';
exception
  when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return array(select p ->> 'reason' from jsonb_array_elements(v_detail::jsonb -> 'problems') as p);
end
$$;

set local role iu_editor;

select is(
  jsonb_array_length(public.fn_iu_create_many(
    jsonb_build_array(
      pg_temp.unit('DE-GG/TEIL-1', null,           'heading', E'I. Die Grundrechte\n\n'),
      pg_temp.unit('DE-GG/ART-1',  'DE-GG/TEIL-1', 'article', E'Art 1\n'),
      pg_temp.unit('DE-GG/ART-2',  'DE-GG/TEIL-1', 'article', E'Art 2\n'),
      pg_temp.unit('DE-GG/ART-3',  'DE-GG/TEIL-1', 'article', E'Art 3\n'),
      pg_temp.unit('DE-GG/TEIL-2', null,           'heading', E'II. Der Bund und die Länder\n\n'),
      pg_temp.unit('DE-GG/ART-20', 'DE-GG/TEIL-2', 'article', E'Art 20\n'),
      pg_temp.unit('DE-BGB/P-1',   null,           'section', E'§ 1\n')),
    'test/pgtap/working_tree') -> 'units'),
  7, 'two documents are created');

-- Reading in order

select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-1 ART-2 ART-3 TEIL-2 ART-20',
          'the tree reads in the order of the document');
select results_eq(
  $$ select canonical_address, depth, title from public.fn_iu_tree('DE-GG') limit 2 $$,
  $$ values ('DE-GG/TEIL-1'::text, 0, 'TEIL-1'::text), ('DE-GG/ART-1', 1, 'ART-1') $$,
  'with depth and title');
select is_empty($$ select * from public.fn_iu_tree('DE-STGB') $$, 'an unknown document has no tree');
select results_eq(
  $$ select count(*), count(distinct doc_code) from public.v_iu_tree $$,
  $$ values (7::bigint, 2::bigint) $$, 'the view shows every document');
select results_eq(
  $$ select canonical_address from public.fn_iu_subtree('DE-GG/TEIL-2') $$,
  $$ values ('DE-GG/TEIL-2'::text), ('DE-GG/ART-20') $$, 'a subtree is the unit and what is under it');
select is_empty($$ select * from public.fn_iu_subtree('DE-GG/TEIL-9') $$,
                'of an unknown address there is none');
select is(
  public.fn_iu_reconstruct_source('DE-GG'),
  E'I. Die Grundrechte\n\nArt 1\nArt 2\nArt 3\nII. Der Bund und die Länder\n\nArt 20\n',
  'the document reads back byte for byte');
select is(public.fn_iu_reconstruct_source('DE-STGB'), null, 'an unknown one is null');

-- Saving

select is(
  public.fn_iu_save('DE-GG/ART-1', 'ART-1', E'Die Würde …\n', 'an editor') ->> 'status',
  'saved', 'a draft is saved');
select is(
  public.fn_iu_save('DE-GG/ART-1', 'ART-1', E'Die Würde …\n', 'an editor') - 'version_id' - 'unit_id',
  '{"status": "unchanged", "version_seq": 2}', 'the same text again writes nothing');
select is(
  public.fn_iu_save('DE-GG/ART-1', 'Art 1', E'Die Würde …\n', 'an editor') ->> 'version_seq',
  '3', 'another title is another version');
select results_eq(
  $$ select version_seq, title, body, version_id = draft_version_id
       from public.fn_iu_get('DE-GG/ART-1') $$,
  $$ values (3, 'Art 1'::text, E'Die Würde …\n'::text, true) $$, 'the draft is what is read');
select is(
  public.fn_iu_save('DE-GG/ART-2', 'ART-2', '', 'an editor') ->> 'status',
  'saved', 'a body may be empty');
select throws_ok(
  $$ select public.fn_iu_save('DE-GG/ART-1', 'Art 1', 'lost update', 'a second editor',
       (select version_id from public.fn_iu_history('DE-GG/ART-1') where version_seq = 1)) $$,
  'IU024', null, 'on top of an old version nothing is saved');
select is(
  public.fn_iu_save('DE-GG/ART-1', 'Art 1', E'Die Würde des Menschen …\n', 'a second editor',
                    (select version_id from public.fn_iu_get('DE-GG/ART-1'))) ->> 'status',
  'saved', 'on top of the current one it is');
select throws_ok($$ select public.fn_iu_save('DE-GG/ART-99', '', '', 'an editor') $$,
                 'IU022', null, 'an address without a unit is refused');
select throws_ok($$ select public.fn_iu_save('DE-GG/ART-1', null, '', 'an editor') $$,
                 'IU004', null, 'a null title is refused');
select throws_ok($$ select public.fn_iu_save('DE-GG/ART-1', '', null, 'an editor') $$,
                 'IU004', null, 'a null body too');
select throws_ok($$ select public.fn_iu_save('DE-GG/ART-1', '', '', ' ') $$,
                 'IU004', null, 'a blank actor too');

-- Moving

select is(public.fn_iu_move('DE-GG/ART-3', null, 'an editor', 'first'), '{"status": "moved", "units": 1}',
          'a unit moves to the front');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-3 ART-1 ART-2 TEIL-2 ART-20', 'and stands there');
select is(public.fn_iu_move('DE-GG/ART-3', null, 'an editor', 'first'),
          '{"status": "unchanged", "units": 0}', 'moved again it is unchanged');
select is(public.fn_iu_move('DE-GG/ART-3', 'DE-GG/ART-1', 'an editor', 'behind Art 1') ->> 'status',
          'moved', 'a unit moves behind a sibling');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-1 ART-3 ART-2 TEIL-2 ART-20', 'and stands there');
select is(
  public.fn_iu_move_many('{DE-GG/ART-2,DE-GG/ART-3}', 'DE-GG/TEIL-2', 'DE-GG/ART-20', 'an editor',
                         'to part II'),
  '{"status": "moved", "units": 2}', 'several move under another parent');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-1 TEIL-2 ART-20 ART-2 ART-3',
          'in the order in which they were named');
select is(
  public.fn_iu_move_many('{DE-GG/ART-3,DE-GG/ART-2}', 'DE-GG/TEIL-2', 'DE-GG/ART-20', 'an editor',
                         'swap') ->> 'status',
  'moved', 'two swap places');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-1 TEIL-2 ART-20 ART-3 ART-2', 'and have swapped');
select is(public.fn_iu_reparent('DE-GG/ART-2', 'DE-GG/TEIL-1', 'an editor', 'back') ->> 'status',
          'moved', 'a unit gets another parent');
select is(public.fn_iu_reparent('DE-GG/ART-3', 'DE-GG/TEIL-1', 'an editor', 'back') ->> 'status',
          'moved', 'and another');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-1 ART-2 ART-3 TEIL-2 ART-20', 'each behind the last');
select is(public.fn_iu_reparent('DE-GG/ART-3', 'DE-GG/TEIL-1', 'an editor', 'again'),
          '{"status": "unchanged", "units": 0}', 'under the parent it has it is unchanged');
select is(public.fn_iu_reparent('DE-GG/TEIL-2', 'DE-GG/TEIL-1', 'an editor', 'down') ->> 'status',
          'moved', 'a unit takes along what is under it');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-1 ART-2 ART-3 TEIL-2 ART-20', 'which keeps its order');
select is((select max(depth) from public.fn_iu_tree('DE-GG')), 2, 'one deeper');
select is(public.fn_iu_reparent('DE-GG/TEIL-2', null, 'an editor', 'up again') ->> 'status',
          'moved', 'null is the top');
select is(
  pg_temp.problems($$ select public.fn_iu_reparent('DE-GG/TEIL-2', 'DE-GG/ART-20', 'x', 'y') $$),
  '{would_be_its_own_parent}', 'nothing stands under itself');
select is(
  pg_temp.problems($$ select public.fn_iu_reparent('DE-GG/ART-1', 'DE-BGB/P-1', 'x', 'y') $$),
  '{parent_in_other_document}', 'nor in another document');
select is(
  pg_temp.problems($$ select public.fn_iu_move('DE-GG/ART-1', 'DE-GG/ART-20', 'x', 'y') $$),
  '{after_is_no_child_of_parent}', 'a sibling is a child of the same parent');
select is(
  pg_temp.problems($$ select public.fn_iu_move('DE-GG/ART-1', 'DE-GG/ART-1', 'x', 'y') $$),
  '{behind_itself}', 'and another unit');
select is(
  pg_temp.problems($$ select public.fn_iu_move_many(
      '{DE-GG/ART-1,DE-GG/ART-1,DE-BGB/P-1,DE-GG/ART-99}', 'DE-GG/TEIL-1', null, 'x', 'y') $$),
  '{named_twice,in_other_document,unit_not_found}', 'each bad address of a batch is named');
select throws_ok($$ select public.fn_iu_move('DE-GG/ART-99', null, 'x', 'y') $$,
                 'IU022', null, 'an address without a unit is refused');
select throws_ok($$ select public.fn_iu_reparent('DE-GG/ART-1', 'DE-GG/TEIL-9', 'x', 'y') $$,
                 'IU022', null, 'a parent without a unit too');
select throws_ok($$ select public.fn_iu_move_many('{}', null, null, 'x', 'y') $$,
                 'IU004', null, 'no units too');
select throws_ok($$ select public.fn_iu_move('DE-GG/ART-1', null, 'x', '') $$,
                 'IU004', null, 'a move without a reason too');

-- Other names

select is(public.fn_iu_alias_add('DE-GG/ARTIKEL-1', 'DE-GG/ART-1', 'an editor', 'old name') ->> 'status',
          'added', 'an alias is added');
select is(public.fn_iu_alias_add('DE-GG/ARTIKEL-1', 'DE-GG/ART-1', 'an editor', 'old name') ->> 'status',
          'exists', 'added again it exists');
select is(
  (select canonical_address from public.fn_iu_get('DE-GG/ARTIKEL-1')), 'DE-GG/ART-1',
  'the old name resolves');
select is(
  public.fn_iu_save('DE-GG/ARTIKEL-1', 'Art 1', 'by its old name', 'an editor') ->> 'status',
  'saved', 'for writing too');
select throws_ok($$ select public.fn_iu_alias_add('DE-GG/ARTIKEL-1', 'DE-GG/ART-2', 'x', 'y') $$,
                 'IU021', null, 'an alias names one unit');
select throws_ok($$ select public.fn_iu_alias_add('DE-GG/ART-2', 'DE-GG/ART-1', 'x', 'y') $$,
                 'IU021', null, 'and is no address of another');
select throws_ok($$ select public.fn_iu_alias_add('de-gg', 'DE-GG/ART-1', 'x', 'y') $$,
                 'IU004', null, 'it has the grammar of an address');
select throws_ok($$ select public.fn_iu_alias_add('DE-GG/OLD', 'DE-GG/ART-99', 'x', 'y') $$,
                 'IU022', null, 'and names a unit');
select throws_ok(
  $$ select public.fn_iu_create('DE-GG/ARTIKEL-1', 'x', '', 'x', 'law_unit', 'article') $$,
  'IU021', null, 'no unit is born at an alias');
select is(
  public.fn_iu_create('DE-GG/ART-1/ABS-1', 'ABS-1', '', 'an editor', 'law_unit', 'paragraph', null,
                      'DE-GG/ARTIKEL-1') ->> 'status',
  'created', 'but under one');
select is((select parent_address from public.fn_iu_get('DE-GG/ART-1/ABS-1')), 'DE-GG/ART-1',
          'which is under the unit it names');

-- Deleting and restoring

select throws_ok($$ select public.fn_iu_piece_soft_delete('DE-GG/TEIL-1', 'x', 'y') $$,
                 'IU026', null, 'what has units under it is not deleted');
select is(public.fn_iu_piece_soft_delete('DE-GG/ART-2', 'an editor', 'typed twice') ->> 'status',
          'deleted', 'a draft is deleted');
select is(public.fn_iu_piece_soft_delete('DE-GG/ART-2', 'an editor', 'typed twice') ->> 'status',
          'already_deleted', 'deleted again it is so already');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-1 ART-1 ART-3 TEIL-2 ART-20', 'it is out of the tree');
select is_empty($$ select * from public.fn_iu_get('DE-GG/ART-2') $$, 'and not read');
select throws_ok($$ select public.fn_iu_save('DE-GG/ART-2', '', '', 'x') $$,
                 'IU022', null, 'nor saved');
select throws_ok(
  $$ select public.fn_iu_create('DE-GG/ART-2', 'x', '', 'x', 'law_unit', 'article') $$,
  'IU021', null, 'its address stays taken');
select is(public.fn_iu_move('DE-GG/ART-3', null, 'an editor', 'to the front') ->> 'status', 'moved',
          'others move meanwhile');
select is(public.fn_iu_piece_restore('DE-GG/ART-2', 'an editor', 'needed') ->> 'status',
          'restored', 'it is restored');
select is(public.fn_iu_piece_restore('DE-GG/ART-2', 'an editor', 'needed') ->> 'status',
          'already_live', 'restored again it is live already');
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-3 ART-1 ART-1 ART-2 TEIL-2 ART-20', 'at its place');
select throws_ok($$ select public.fn_iu_piece_restore('DE-GG/ART-99', 'x', 'y') $$,
                 'IU022', null, 'what never was is not restored');

-- Rebalancing

set local role iu_operator;
select is(public.fn_iu_rebalance('DE-GG', 'DE-GG/TEIL-1', 'an operator', 'short keys'),
          '{"status": "rebalanced", "units": 3}', 'siblings get new keys');
select is(public.fn_iu_rebalance('DE-STGB', null, 'an operator', 'nothing there'),
          '{"status": "unchanged", "units": 0}', 'of an unknown document none');
select throws_ok($$ select public.fn_iu_rebalance('DE-GG', 'DE-GG/TEIL-9', 'x', 'y') $$,
                 'IU022', null, 'under an unknown parent it is refused');
select is(
  pg_temp.problems($$ select public.fn_iu_rebalance('DE-BGB', 'DE-GG/TEIL-1', 'x', 'y') $$),
  '{parent_in_other_document}', 'and under one of another document');
reset role;
select is(pg_temp.order_of('DE-GG'), 'TEIL-1 ART-3 ART-1 ART-1 ART-2 TEIL-2 ART-20', 'the order stays');

-- What is kept, and the wrong roles

select results_eq(
  $$ select event, detail ->> 'to_parent' from public.fn_iu_history('DE-GG/ART-2') where event <> 'drafted' $$,
  $$ values ('moved'::text, 'DE-GG/TEIL-2'::text), ('moved', 'DE-GG/TEIL-2'), ('moved', 'DE-GG/TEIL-1'),
            ('soft_deleted', 'DE-GG/TEIL-1'), ('restored', 'DE-GG/TEIL-1'),
            ('rebalanced', 'DE-GG/TEIL-1') $$,
  'the history has every change of place');

set local role context_pack_readonly;
select throws_ok($$ select public.fn_iu_save('DE-GG/ART-1', '', '', 'a reader') $$,
                 '42501', null, 'a reader may not save');
select throws_ok($$ select public.fn_iu_reparent('DE-GG/ART-1', null, 'a reader', 'x') $$,
                 '42501', null, 'nor move');
select throws_ok($$ select public.fn_iu_piece_soft_delete('DE-GG/ART-1', 'a reader', 'x') $$,
                 '42501', null, 'nor delete');
select isnt(public.fn_iu_reconstruct_source('DE-GG'), null, 'a reader may read the document');

set local role workflow_admin;
select throws_ok($$ select public.fn_iu_save('DE-GG/ART-1', 'x', 'x', 'an admin') $$,
                 'IU001', null, 'nobody saves after SET ROLE workflow_admin');
reset role;

select is_empty($$ select * from public.fn_iu_verify_invariants() $$, 'no invariant is broken');

select * from finish();
rollback;
