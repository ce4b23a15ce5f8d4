--! Title: Units: created, created again, refused, read, checked

begin;

select plan(27);

-- Art 1, 2 and 5 of the Grundgesetz (public domain, section 5 UrhG).
create function pg_temp.grundgesetz()
returns jsonb
language sql
as $$
  select jsonb_build_array(
    jsonb_build_object(
      'address',   'DE-GG/TEIL-1',       'title',        'I. - Die Grundrechte',
      'unit_kind', 'law_unit',           'section_type', 'heading',
      'body',      ''),
    jsonb_build_object(
      'address',   'DE-GG/ART-1',        'title',        'Art 1',
      'unit_kind', 'law_unit',           'section_type', 'article',
      'parent_ref', 'DE-GG/TEIL-1',
      'body',      E'(1) Die Würde des Menschen ist unantastbar. Sie zu achten und zu\n'
                    'schützen ist Verpflichtung aller staatlichen Gewalt.\n'),
    jsonb_build_object(
      'address',   'DE-GG/ART-2',        'title',        'Art 2',
      'unit_kind', 'law_unit',           'section_type', 'article',
      'parent_ref', 'DE-GG/TEIL-1',      'owner_ref',    'Referat V A 1',
      'body',      E'(1) Jeder hat das Recht auf die freie Entfaltung seiner\n'
                    'Persönlichkeit, soweit er nicht die Rechte anderer verletzt.\n'))
$$;

-- What the function answers, or the detail of its refusal.
create function pg_temp.problems(p_specs jsonb)
returns text[]
language plpgsql
as $$
declare
  v_detail text;
begin
  perform public.fn_iu_create_many(p_specs, 'test/pgtap/units');
  return '{}';
exception
  when sqlstate 'IU020' then
    get stacked diagnostics v_detail = pg_exception_detail;
    return array(select (p ->> 'index') || ' ' || (p ->> 'reason')
                   from jsonb_array_elements(v_detail::jsonb -> 'problems') as p);
end
$$;

-- Creating, as an editor

set local role iu_editor;

select is(
  jsonb_path_query_array(
    public.fn_iu_create_many(pg_temp.grundgesetz(), 'test/pgtap/units'), '$.units[*].status'),
  '["created", "created", "created"]',
  'a batch of three is created');

select is(
  jsonb_path_query_array(
    public.fn_iu_create_many(pg_temp.grundgesetz(), 'test/pgtap/units'), '$.units[*].status'),
  '["exists_complete", "exists_complete", "exists_complete"]',
  'the same batch again is exists_complete');

select is(public.fn_iu_create_many('[]', 'test/pgtap/units'), '{"units": []}',
          'an empty batch creates nothing');

select is(
  public.fn_iu_create('DE-GG/ART-5', 'Art 5', 'Eine Zensur findet nicht statt.',
                      'test/pgtap/units', 'law_unit', 'article', null, 'DE-GG/TEIL-1')
    ->> 'status',
  'created', 'one unit is created');

select is(
  public.fn_iu_create('DE-GG/ART-5', 'Art 5', 'Eine Zensur findet nicht statt.',
                      'test/pgtap/units', 'law_unit', 'article', null, 'DE-GG/TEIL-1')
    ->> 'status',
  'exists_complete', 'the same unit again is exists_complete');

-- Reading

select is(g.body, pg_temp.grundgesetz() -> 1 ->> 'body', 'the text reads back byte for byte')
  from public.fn_iu_get('DE-GG/ART-1') as g;

select is(g.content_hash, encode(sha256(convert_to(g.body, 'UTF8')), 'hex'),
          'its hash is the sha256 of its bytes')
  from public.fn_iu_get('DE-GG/ART-1') as g;

select results_eq(
  $$ select doc_code, parent_address, lifecycle_status, owner_ref, version_seq
       from public.fn_iu_get('DE-GG/ART-2') $$,
  $$ values ('DE-GG'::text, 'DE-GG/TEIL-1'::text, 'draft'::text, 'Referat V A 1'::text, 1) $$,
  'a unit is the first draft of its owner, under its parent');

select is(g.owner_ref, 'test/pgtap/units', 'without an owner the actor owns it')
  from public.fn_iu_get('DE-GG/ART-1') as g;

select is_empty($$ select * from public.fn_iu_get('DE-GG/ART-146') $$,
                'an address without a unit has no row');
select is_empty($$ select * from public.fn_iu_get(null) $$, 'nor has null');

-- Refused

select throws_ok(
  $$ select public.fn_iu_create('DE-GG/ART-1', 'Art 1', 'Die Würde des Menschen ist antastbar.',
                                'test/pgtap/units', 'law_unit', 'article') $$,
  'IU021', null, 'other content at the same address is refused');

select throws_ok(
  $$ select public.fn_iu_create('DE-GG/ART-6', 'Art 6', 'Ehe und Familie', '  ',
                                'law_unit', 'article') $$,
  'IU004', null, 'a blank actor is refused');

select throws_ok(
  $$ select public.fn_iu_create_many('{"address": "DE-GG/ART-6"}', 'test/pgtap/units') $$,
  'IU004', 'IU004 invalid_argument: p_specs must be an array', 'specs that are no array are refused');

select is(
  pg_temp.problems(jsonb_build_array(
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-7"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-8", "section_type": "stanza"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-9", "unit_kind": "poem"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "de-gg/art-10"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-7"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-11", "parent_ref": "DE-GG/TEIL-99"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-BGB/PAR-1"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-12", "parent_ref": "DE-GG/ART-12"}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-13", "body": 13}',
    pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-14", "colour": "black"}',
    '"Art 15"')),
  array['1 section_type_unknown', '2 unit_kind_unknown', '3 address_grammar',
        '4 duplicate_in_batch', '5 parent_not_found', '6 parent_in_other_document',
        '7 parent_circle', '8 body_not_text', '9 unknown_key', '10 not_an_object'],
  'each bad spec is named with its first reason');

select is_empty($$ select * from public.fn_iu_get('DE-GG/ART-7') $$,
                'of a refused batch nothing is created');

reset role;

select results_eq(
  $$ select u.canonical_address
       from public.information_unit u
       join public.information_unit p on p.id = u.parent_or_container_ref
      where p.canonical_address = 'DE-GG/TEIL-1'
      order by u.sort_key $$,
  $$ values ('DE-GG/ART-1'::text collate "C"), ('DE-GG/ART-2'), ('DE-GG/ART-5') $$,
  'siblings stand in the order in which they came');

-- The wrong role

set local role context_pack_readonly;
select throws_ok(
  $$ select public.fn_iu_create('DE-GG/ART-6', 'Art 6', '', 'a reader', 'law_unit', 'article') $$,
  '42501', null, 'a reader may not create a unit');
select throws_ok(
  $$ select public.fn_iu_create_many('[]', 'a reader') $$,
  '42501', null, 'nor a batch');
select isnt_empty($$ select * from public.fn_iu_get('DE-GG/ART-1') $$, 'a reader may read one');

set local role iu_worker;
select throws_ok($$ select * from public.fn_iu_get('DE-GG/ART-1') $$,
                 '42501', null, 'a worker may not read units');
select throws_ok($$ select * from public.fn_iu_verify_invariants() $$,
                 '42501', null, 'nor verify them');

set local role workflow_admin;
select throws_ok(
  $$ select public.fn_iu_create('DE-GG/ART-6', 'Art 6', '', 'an admin', 'law_unit', 'article') $$,
  'IU001', null, 'nobody creates a unit after SET ROLE workflow_admin');

-- Checking

set local role iu_operator;
select is_empty($$ select * from public.fn_iu_verify_invariants() $$, 'no invariant is broken');
select is_empty($$ select * from public.fn_iu_verify_invariants('{}') $$, 'none of no units');
select results_eq($$ select count(*), bool_and(ok) from public.fn_iu_check_units() $$,
                  $$ values (13::bigint, true) $$, 'every check is ok');
reset role;

select public.fn_iu_vocabulary_set(
  'section_type',
  '[{"code": "article", "name": "Article", "description": "Retired.", "sort_order": 30,
     "active": false}]',
  'test/pgtap/units');
select results_eq(
  $$ select canonical_address, invariant from public.fn_iu_verify_invariants() $$,
  $$ values ('DE-GG/ART-1'::text, 'vocabulary_active'::text),
            ('DE-GG/ART-2', 'vocabulary_active'), ('DE-GG/ART-5', 'vocabulary_active') $$,
  'units of a retired section type are named');

select * from finish();
rollback;
