--! Title: Sources of cuts: profiles registered, documents stated, bytes pinned and hashed by the server

begin;

select plan(35);

create function pg_temp.profile(p_version integer, p_description text default 'Poems.')
returns text
language sql
as $$
  select format('{"description":"%s","format":"iu-cut-profile/1","labels":[],"name":"poem","version":%s}',
                p_description, p_version)
$$;

-- Profiles

select is(
  public.fn_cut_profile_set(pg_temp.profile(1), 'test/pgtap/cut_sources'),
  jsonb_build_object('status', 'registered', 'name', 'poem', 'version', 1,
                     'sha256', encode(sha256(convert_to(pg_temp.profile(1), 'UTF8')), 'hex')),
  'a profile is registered under the sha256 of its text');
select is(
  public.fn_cut_profile_set(pg_temp.profile(1), 'test/pgtap/cut_sources') ->> 'status',
  'exists', 'registered again it is there');
select throws_ok(
  format('select public.fn_cut_profile_set(%L, %L)', pg_temp.profile(1, 'Other rules.'), 'a'),
  'IU068', 'IU068 profile_taken: profile poem 1 is registered with other rules',
  'other rules under its version are refused');
select is(
  public.fn_cut_profile_set(pg_temp.profile(2, 'Other rules.'), 'test/pgtap/cut_sources') ->> 'status',
  'registered', 'they have a version of their own');
select throws_ok($$ select public.fn_cut_profile_set('no json', 'a') $$, 'IU004', null,
                 'what is no JSON is refused');
select throws_ok($$ select public.fn_cut_profile_set('{"name": "poem"}', 'a') $$, 'IU004', null,
                 'what is no profile is refused');
select throws_ok($$ select public.fn_cut_profile_set('[]', 'a') $$, 'IU004', null,
                 'and so is a list');
select throws_ok($$ select public.fn_cut_profile_set(null, 'a') $$, 'IU004', null, 'and nothing');
select throws_ok(format('select public.fn_cut_profile_set(%L, %L)', pg_temp.profile(3), ' '),
                 'IU004', null, 'a blank actor is refused');

-- Documents

select is(
  public.fn_cut_source_set('SONNETS', 'Sonnets', null, null, 'scribe') - 'document_id',
  '{"status": "created", "doc_prefix": "SONNETS", "authority_class": null, "owner_ref": "scribe"}',
  'a document is stated; who states it owns it');
select is(
  public.fn_cut_source_set('SONNETS', null, null, null, 'another') ->> 'status',
  'unchanged', 'null leaves what is known');
select is(
  public.fn_cut_source_set('SONNETS', null, 'authoritative', 'W. S.', 'another') - 'document_id',
  '{"status": "updated", "doc_prefix": "SONNETS", "authority_class": "authoritative", "owner_ref": "W. S."}',
  'authority and owner are changed');
select is((select d.title from cutter_governance.source_document d where d.doc_prefix = 'SONNETS'),
          'Sonnets', 'and the title stayed');
select throws_ok(format('select public.fn_cut_source_set(%L, null, null, null, %L)', p.prefix, 'a'),
                 'IU004', null, 'the prefix ' || p.prefix || ' is refused')
  from (values ('sonnets'), ('AB'), ('-ABC'), ('A B C'), ('')) as p (prefix);
select throws_ok($$ select public.fn_cut_source_set('SONNETS', null, 'holy', null, 'a') $$,
                 'IU004', null, 'another authority class is refused');
select throws_ok($$ select public.fn_cut_source_set('SONNETS', null, null, ' ', 'a') $$,
                 'IU004', null, 'a blank owner is refused');

-- Bytes

create function pg_temp.pin(p_content bytea, p_keep boolean default true,
                            p_prefix text default 'SONNETS', p_profile text default 'poem')
returns jsonb
language sql
as $$
  select public.fn_cut_source_pin(p_prefix, 'sonnets.md', p_content, p_profile, 1, p_keep, 'scribe')
$$;

select is(
  pg_temp.pin(convert_to(e'\ufeff# 1\r\nShall I\rcompare\nthee', 'UTF8')) - 'source_version_id',
  jsonb_build_object(
    'status', 'pinned', 'kept', true, 'profile', 'poem', 'profile_version', 1, 'bytes', 28,
    'sha256', encode(sha256(convert_to(e'\ufeff# 1\r\nShall I\rcompare\nthee', 'UTF8')), 'hex')),
  'bytes are pinned; the server hashes and counts them');
select is(
  (select to_jsonb(s) - array['id', 'document_id', 'sha256', 'pinned_at', 'login', 'content']
     from cutter_governance.source_version s),
  '{"bytes": 28, "encoding": "utf-8", "byte_order_mark": true, "lines": 4, "origin": "sonnets.md",
    "line_endings": {"lf": 1, "crlf": 1, "cr": 1}, "profile_name": "poem", "profile_version": 1,
    "pinned_by": "scribe"}',
  'with their encoding, their mark and their line endings');
select is((select s.content from cutter_governance.source_version s),
          convert_to(e'\ufeff# 1\r\nShall I\rcompare\nthee', 'UTF8'), 'and stay as they are');
select is(
  pg_temp.pin(convert_to(e'\ufeff# 1\r\nShall I\rcompare\nthee', 'UTF8'), false) ->> 'status',
  'exists', 'the same bytes are pinned once');
select is(pg_temp.pin(convert_to(e'# 2\n', 'UTF8'), false) ->> 'kept', 'false',
          'bytes need not be kept');
select is((select s.content is null and s.lines = 1 and s.bytes = 4
             from cutter_governance.source_version s where s.bytes = 4),
          true, 'then only what was counted is');
select throws_ok($$ select pg_temp.pin('\xff23') $$, 'IU060', null, 'what is no UTF-8 is refused');
select throws_ok($$ select pg_temp.pin('\x2300') $$, 'IU060', null, 'and a NUL');
select throws_ok($$ select pg_temp.pin('') $$, 'IU004', null, 'and no bytes');
select throws_ok($$ select pg_temp.pin(null) $$, 'IU004', null, 'and null');
select throws_ok($$ select pg_temp.pin('\x23', null) $$, 'IU004', null,
                 'whether to keep them must be said');
select throws_ok($$ select pg_temp.pin('\x23', true, 'UNKNOWN') $$, 'IU060', null,
                 'an unknown document is refused');
select throws_ok($$ select pg_temp.pin('\x23', true, 'SONNETS', 'prose') $$, 'IU060', null,
                 'and an unknown profile');
select throws_ok(
  $$ update cutter_governance.source_version set origin = 'elsewhere' $$, 'IU001', null,
  'nobody changes a pinned source');

-- Taking profiles out

select results_eq(
  $$ select * from iu_core.forget_profiles('{poem}') $$,
  $$ values ('poem', 1, true), ('poem', 2, false) $$,
  'a profile by which something was pinned stays, the other goes');

select * from finish();

rollback;
