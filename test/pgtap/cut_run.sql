--! Title: Runs of cuts: every step, every refusal, every check of the plan; the bodies, and their dry run

begin;

select plan(204);

create function pg_temp.text()
returns bytea
language sql
as $$ select convert_to(e'# One\n\ntext\n\n## Two\n', 'UTF8') $$;

-- As iu cut mark wrote it.
create function pg_temp.manifest()
returns jsonb
language sql
as $$
  select $manifest${
"digest":"177b5ffdd1457390491c781ad99ff7ae1845c0a63a80e27935d6612963fc860a",
"format":"iu-cut-manifest/1","origin":"poem.md","pieces":[
{"address":"POEM/ONE","byte_end":13,"byte_start":0,"id":"p1",
 "kind":"design_doc_section","line_end":4,"line_start":1,"parent":null,"position":1,"role":"unit","section_type":"heading",
 "sha256":"ab6aad419954aecc060cb9c4b307acd154ea7a047c917d966d6b4336b029e15b","title":"One"},
{"address":"POEM/ONE/TWO","byte_end":20,"byte_start":13,"id":"p2",
 "kind":"design_doc_section","line_end":5,"line_start":5,"parent":"p1","position":2,"role":"unit","section_type":"section",
 "sha256":"fb8952b0badfc46a9d4e66b92a8aa9bb115adf750e69a9ed21649b5d46efa5f0","title":"Two"}],
"prefix":"POEM",
"profile":{"name":"markdown","sha256":"2fee4eee156ed3950f17b09df762124f4939024c5063bd87e561fc22220ecf6b","version":1},
"source":{"byte_order_mark":false,"bytes":20,"encoding":"utf-8","line_endings":{"cr":0,"crlf":0,"lf":5},
 "lines":5,"sha256":"7001ae25daf6af772c923d832e3cac96178f9a18accd6992a7ee604573a3538a"}}$manifest$::jsonb
$$;

-- Canonical JSON, made another way than iu_core.manifest_text makes it.
create function pg_temp.canonical(p_value jsonb)
returns text
language plpgsql
as $$
begin
  return case jsonb_typeof(p_value)
    when 'object' then '{' || (select string_agg(to_json(e.key) || ':' || pg_temp.canonical(e.value), ','
                                                 order by e.key collate "C")
                                 from jsonb_each(p_value) as e) || '}'
    when 'array'  then '[' || (select string_agg(pg_temp.canonical(e.value), ',' order by e.n)
                                 from jsonb_array_elements(p_value) with ordinality as e (value, n)) || ']'
    when 'string' then to_json(p_value #>> '{}')::text
    else p_value::text
  end;
end
$$;

create function pg_temp.digested(p_manifest jsonb)
returns jsonb
language sql
as $$
  select p_manifest || jsonb_build_object('digest', encode(sha256(convert_to(
           pg_temp.canonical(p_manifest - '{digest,origin}'::text[]), 'UTF8')), 'hex'))
$$;

select is(pg_temp.digested(pg_temp.manifest()), pg_temp.manifest(),
          'the digest of a manifest is the sha256 of its canonical JSON');

-- Answers have run ids and times in them: what is compared is the rest.
create function pg_temp.run()
returns text
language sql
as $$
  select r.run_id from cutter_governance.cut_run r order by r.opened_at desc, r.run_id limit 1
$$;

create function pg_temp.step(p_answer jsonb)
returns text
language sql
as $$ select (p_answer ->> 'status') || ' ' || (p_answer ->> 'state') $$;

create function pg_temp.source(p_keep boolean default true)
returns uuid
language sql
as $$
  select (public.fn_cut_source_pin('POEM', 'poem.md', pg_temp.text(), 'markdown', 1, p_keep, 'scribe')
          ->> 'source_version_id')::uuid
$$;

create function pg_temp.open(p_mode text default 'DRYRUN')
returns jsonb
language sql
as $$ select public.fn_cut_open(pg_temp.source(), p_mode, 'scribe') $$;

create function pg_temp.mark(p_manifest jsonb default pg_temp.manifest())
returns jsonb
language sql
as $$ select public.fn_cut_mark(pg_temp.run(), p_manifest, 'scribe') $$;

create function pg_temp.to_sg_1(p_mode text default 'DRYRUN')
returns text
language plpgsql
as $$
begin
  perform pg_temp.open(p_mode), pg_temp.mark(), public.fn_cut_plan(pg_temp.run(), 'scribe'),
          public.fn_cut_record_backup(
            pg_temp.run(),
            case p_mode when 'DRYRUN' then '{"kind": "none"}'
                        else jsonb_build_object('kind', 'pg_dump', 'ref', 'b', 'sha256', repeat('a', 64),
                                                'taken_at', clock_timestamp())
            end,
            'scribe');
  return pg_temp.step(public.fn_cut_probe_grants(pg_temp.run(), 'scribe'));
end
$$;

select public.fn_cut_source_set('POEM', 'Poem', null, 'W. S.', 'scribe');

-- Open

select throws_ok($$ select public.fn_cut_open(gen_random_uuid(), 'DRYRUN', 'scribe') $$, 'IU060', null,
                 'a run over nothing that was pinned is refused');
select throws_ok($$ select pg_temp.open('TRIAL') $$, 'IU004', null, 'another mode is refused');
select throws_ok($$ select public.fn_cut_open(null, 'LIVE', 'a') $$, 'IU004', null, 'no source is refused');
select is(pg_temp.step(pg_temp.open()), 'opened source_pinned', 'a run opens over a pinned source');
select matches(pg_temp.run(), '^ictr-\d{8}T\d{6}Z-[0-9a-f]{8}$', 'its id says when');
select is(pg_temp.open() ->> 'run_id', pg_temp.run(), 'opened again it is the same run');
select is(pg_temp.step(pg_temp.open()), 'exists source_pinned', 'and is said to exist');
select throws_ok($$ select pg_temp.open('LIVE') $$, 'IU061', null,
                 'one run over a source version is open at a time');

-- Steps that are not due

select throws_ok($$ select public.fn_cut_plan(pg_temp.run(), 'scribe') $$, 'IU064',
                 format('IU064 step_refused: run %s is source_pinned: the step plan is refused', pg_temp.run()),
                 'a plan before the mark is refused');
select throws_ok(format('select public.fn_cut_%s', c.call), 'IU064', null, c.call || ' is too early')
  from (values ($$record_backup(pg_temp.run(), '{"kind": "none"}', 'scribe')$$),
               ($$probe_grants(pg_temp.run(), 'scribe')$$),
               ($$dryrun(pg_temp.run(), 'scribe')$$),
               ($$close(pg_temp.run(), 'scribe')$$)) as c (call);
select throws_ok(format('select public.fn_cut_%s', c.call), 'IU063', 'IU063 run_unknown: no run has the id x',
                 c.call || ' of no run is refused')
  from (values ($$mark('x', '{}', 'scribe')$$),
               ($$plan('x', 'scribe')$$),
               ($$record_backup('x', '{"kind": "none"}', 'scribe')$$),
               ($$probe_grants('x', 'scribe')$$),
               ($$dryrun('x', 'scribe')$$),
               ($$close('x', 'scribe')$$),
               ($$stop('x', 'r', 'scribe')$$),
               ($$resume('x', 'scribe')$$),
               ($$void('x', 'r', 'scribe')$$),
               ($$apply('x', 'scribe')$$),
               ($$verify('x', 'scribe')$$),
               ($$enact('x', gen_random_uuid(), 'scribe')$$),
               ($$status('x')$$),
               ($$readiness('x')$$),
               ($$plan_tree('x')$$)) as c (call);
select throws_ok(format('select public.fn_cut_%s', c.call), 'IU004', null, c.call || ' is refused')
  from (values ($$mark(pg_temp.run(), '[]', 'scribe')$$),
               ($$mark(pg_temp.run(), pg_temp.manifest(), ' ')$$),
               ($$plan(null, 'scribe')$$),
               ($$record_backup(pg_temp.run(), '{}', 'scribe')$$),
               ($$stop(pg_temp.run(), '', 'scribe')$$),
               ($$void(pg_temp.run(), 'r', null)$$)) as c (call);

-- Mark: what is no manifest of these bytes

create function pg_temp.refusal(p_call text)
returns text
language plpgsql
as $$
declare
  v_detail text;
begin
  execute p_call;
  return 'done';
exception
  when others then
    get stacked diagnostics v_detail = pg_exception_detail;
    return sqlstate || coalesce(' ' || (
      select string_agg(distinct p ->> 'check', ', ' order by p ->> 'check')
        from jsonb_array_elements(v_detail::jsonb -> 'problems') as p), '');
end
$$;

select is(pg_temp.refusal(format('select pg_temp.mark(%L)', m.manifest)), 'IU062 ' || m.name, m.says)
  from (values
    (pg_temp.manifest() || '{"format": "iu-cut-manifest/2"}', 'shape', 'another format is refused'),
    (pg_temp.manifest() - 'digest', 'shape', 'one without a digest'),
    (pg_temp.manifest() || '{"pieces": []}', 'shape', 'one without pieces'),
    (pg_temp.manifest() || '{"pieces": {}}', 'shape', 'one whose pieces are no list'),
    (pg_temp.digested(pg_temp.manifest() || '{"prefix": "SONG"}'), 'prefix', 'one of another document'),
    (pg_temp.digested(jsonb_set(pg_temp.manifest(), '{source,sha256}', to_jsonb(repeat('0', 64)))),
     'source', 'one of other bytes'),
    (pg_temp.digested(jsonb_set(pg_temp.manifest(), '{profile,sha256}', to_jsonb(repeat('0', 64)))),
     'profile', 'one made by other rules'),
    (pg_temp.digested(jsonb_set(pg_temp.manifest(), '{profile,name}', '"unheard"')),
     'profile', 'one made by rules that are not registered'),
    (jsonb_set(pg_temp.manifest(), '{pieces,0,title}', '"Won"'), 'digest', 'one that was changed'),
    (jsonb_set(pg_temp.manifest(), '{pieces,0,extra}', '1'), 'done',
     'a key that nobody knows changes nothing')
  ) as m (manifest, name, says)
 where m.name <> 'done';
select is(pg_temp.refusal(format('select pg_temp.mark(%L)', pg_temp.digested(
            jsonb_set(pg_temp.manifest(), m.path::text[], m.value)))), 'IU062 shape', m.says)
  from (values
    ('{pieces,1,position}', '1'::jsonb, 'two pieces of one position are refused'),
    ('{pieces,1,address}', '"POEM/ONE"', 'and two of one address'),
    ('{pieces,1,byte_end}', '13', 'an empty piece'),
    ('{pieces,1,line_start}', '0', 'a line before the first'),
    ('{pieces,1,role}', '"footer"', 'a role that is none'),
    ('{pieces,1,title}', 'null', 'a piece without a title'),
    ('{pieces,1,sha256}', '"abc"', 'a sha256 that is none'),
    ('{pieces,1,position}', '"second"', 'a number that is none'),
    ('{pieces,1,byte_end}', '99999999999', 'and one that is too large')
  ) as m (path, value, says);
select is((select count(*) from cutter_governance.manifest_envelope), 0::bigint, 'nothing of them is stored');

-- Plan: every check names what it is there for

create function pg_temp.planned(p_manifest jsonb)
returns text
language plpgsql
as $$
declare
  v_answer text;
begin
  perform pg_temp.open(), pg_temp.mark(pg_temp.digested(p_manifest));
  v_answer := pg_temp.refusal('select public.fn_cut_plan(pg_temp.run(), ''scribe'')');
  perform public.fn_cut_void(pg_temp.run(), 'tried', 'approver');
  return v_answer;
end
$$;

select is(pg_temp.planned(jsonb_set(pg_temp.manifest(), m.path::text[], m.value)), 'IU062 ' || m.name, m.says)
  from (values
    ('{pieces,1,position}',     '3'::jsonb, 'addresses, coverage', 'a position is left out'),
    ('{pieces,1,byte_start}',   '14',       'bodies, coverage',    'a byte is in no piece'),
    ('{pieces,1,byte_start}',   '12',       'bodies, coverage',    'a byte is in two'),
    ('{pieces,1,byte_end}',     '19',       'bodies, coverage',    'the last byte is in none'),
    ('{pieces,1,byte_end}',     '21',       'coverage',            'a piece goes on after the end'),
    ('{pieces,1,line_end}',     '6',        'coverage',            'a line is after the last'),
    ('{pieces,1,line_start}',   '4',        'coverage',            'a line is in two'),
    ('{pieces,1,sha256}',       to_jsonb(repeat('0', 64)), 'bodies', 'a body has another sha256'),
    ('{pieces,1,parent}',       '"p9"',     'parents',             'a parent is not there'),
    ('{pieces,1,parent}',       '"p2"',     'parents',             'a piece is its own parent'),
    ('{pieces,0,parent}',       '"p2"',     'parents',             'a parent comes later'),
    ('{pieces,0,role}',         '"preamble"', 'parents',           'a parent is no unit'),
    ('{pieces,1,parent}',       'null',     'addresses',           'the address is that of another place'),
    ('{pieces,1,title}',        '"Three"',  'addresses',           'the title gives another address'),
    ('{pieces,1,address}',      '"POEM/TWO"', 'addresses',         'the address is not by the rules'),
    ('{pieces,1,address}',      '"SONG/TWO"', 'addresses',         'the address is of another document'),
    ('{pieces,1,address}',      '"POEM/two"', 'addresses',         'the address is none'),
    ('{pieces,1,kind}',         '"sonnet"', 'vocabulary',          'a kind is unknown'),
    ('{pieces,1,section_type}', '"couplet"', 'vocabulary',         'a section type is unknown')
  ) as m (path, value, name, says);
select is((select count(*) from cutter_governance.cut_run r where r.state = 'plan_ok'), 0::bigint,
          'no run was planned by any of them');

create function pg_temp.first_problem()
returns jsonb
language plpgsql
as $$
declare
  v_detail text;
begin
  perform pg_temp.open(), pg_temp.mark(pg_temp.digested(
            jsonb_set(pg_temp.manifest(), '{pieces,1,kind}', '"sonnet"')));
  begin
    perform public.fn_cut_plan(pg_temp.run(), 'scribe');
  exception
    when others then get stacked diagnostics v_detail = pg_exception_detail;
  end;
  perform public.fn_cut_void(pg_temp.run(), 'tried', 'approver');
  return v_detail::jsonb;
end
$$;

select is(
  pg_temp.first_problem() -> 'problems',
  '[{"check": "vocabulary", "address": "POEM/ONE/TWO", "line": 5, "byte": 13,
     "problem": "sonnet is no active unit kind"}]',
  'a problem has its address, line and byte');
select is(
  (select c ->> 'detail' from jsonb_array_elements(pg_temp.first_problem() -> 'checks') as c
    where not (c ->> 'ok')::boolean),
  '1: sonnet is no active unit kind', 'and the check that failed says so');

select public.fn_dot_config_set('cutter.max_units', '1', 'operator', 'try');
select is(pg_temp.planned(pg_temp.manifest()), 'IU062 size', 'a document above the cap is refused');
select public.fn_dot_config_set('cutter.max_units', 'many', 'operator', 'try');
select is(pg_temp.planned(pg_temp.manifest()), 'IU062 size', 'a cap that is no number lets nothing through');
select public.fn_dot_config_set('cutter.max_units', '2', 'operator', 'try');

savepoint units;
select public.fn_iu_create('POEM/ELSE', 'Else', '', 'editor', 'law_unit', 'article');
select is(pg_temp.planned(pg_temp.manifest()), 'IU062 document', 'a document that has units is refused');
rollback to units;
select public.fn_iu_create('SONG/ELSE', 'Else', '', 'editor', 'law_unit', 'article');
select public.fn_iu_alias_add('POEM/ELSE', 'SONG/ELSE', 'editor', 'its other name');
select is(pg_temp.planned(pg_temp.manifest()), 'IU062 document', 'and one whose addresses name others');
rollback to units;

-- The way to the pause at SG_1

select pg_temp.open();
select is(pg_temp.step(pg_temp.mark()), 'marked marked', 'a run is marked');
select is(pg_temp.step(pg_temp.mark()), 'unchanged marked', 'marked again it is as it was');
select throws_ok(
  $$ select pg_temp.mark(pg_temp.digested(jsonb_set(pg_temp.manifest(), '{pieces,1,title}', '"Three"'))) $$,
  'IU064', null, 'with another manifest it is refused');
select is(iu_core.manifest_text(pg_temp.manifest() ->> 'digest'),
          pg_temp.canonical(pg_temp.manifest() - '{digest,origin}'::text[]),
          'the rows give the canonical JSON again');
select is(
  public.fn_cut_plan(pg_temp.run(), 'scribe') - '{run_id,plan_digest,writer_digest,checks}'::text[],
  '{"status": "planned", "state": "plan_ok", "units": 2, "bytes": 20}', 'a run is planned');
select is(pg_temp.step(public.fn_cut_plan(pg_temp.run(), 'scribe')), 'unchanged plan_ok', 'once');
select is(
  (select count(*) filter (where (c ->> 'ok')::boolean)
     from jsonb_array_elements(public.fn_cut_plan(pg_temp.run(), 'scribe') -> 'checks') as c),
  9::bigint, 'nine checks hold');
select is(
  public.fn_cut_plan(pg_temp.run(), 'scribe') ->> 'plan_digest',
  encode(sha256(convert_to(
    format(e'1 POEM/ONE design_doc_section heading - %1$s %2$s %3$s\n'
           '2 POEM/ONE/TWO design_doc_section section POEM/ONE %1$s %4$s %5$s\n',
           encode(sha256('W. S.'), 'hex'), encode(sha256('One'), 'hex'),
           pg_temp.manifest() #>> '{pieces,0,sha256}', encode(sha256('Two'), 'hex'),
           pg_temp.manifest() #>> '{pieces,1,sha256}'), 'UTF8')), 'hex'),
  'the plan''s digest is that of the lines it documents');
select results_eq(
  $$ select t.depth, t.address, t.line_start, t.line_end, t.bytes, t.units_below
       from public.fn_cut_plan_tree(pg_temp.run()) as t $$,
  $$ values (0, 'POEM/ONE', 1, 4, 13, 1), (1, 'POEM/ONE/TWO', 5, 5, 7, 0) $$,
  'the plan reads as a tree with counts');

select throws_ok(
  format('select public.fn_cut_record_backup(pg_temp.run(), %L, %L)', b.backup, 'scribe'), 'IU067', null,
  b.says)
  from (values
    ('{"kind": "pg_dump"}'::jsonb, 'a backup without its place is refused'),
    (jsonb_build_object('kind', 'pg_dump', 'ref', 'b', 'sha256', 'x', 'taken_at', now()), 'or its sha256'),
    (jsonb_build_object('kind', 'pg_dump', 'ref', 'b', 'sha256', repeat('a', 64)), 'or its time'),
    (jsonb_build_object('kind', 'pg_dump', 'ref', 'b', 'sha256', repeat('a', 64), 'taken_at', 'soon'),
     'a time that is none'),
    (jsonb_build_object('kind', 'pg_dump', 'ref', 'b', 'sha256', repeat('a', 64), 'taken_at', 'infinity'),
     'and no end of it'),
    (jsonb_build_object('kind', 'pg_dump', 'ref', 'b', 'sha256', repeat('a', 64),
                        'taken_at', now() + interval '1 hour'), 'one of the future'),
    (jsonb_build_object('kind', 'pg_dump', 'ref', 'b', 'sha256', repeat('a', 64),
                        'taken_at', now() - interval '25 hours'), 'one of yesterday')
  ) as b (backup, says);
select is(
  pg_temp.step(public.fn_cut_record_backup(pg_temp.run(), '{"kind": "none"}', 'scribe')),
  'recorded backup_taken', 'a dry run needs no backup');
select is(
  pg_temp.step(public.fn_cut_record_backup(pg_temp.run(), '{"kind": "none"}', 'scribe')),
  'unchanged backup_taken', 'and says so once');
select is(public.fn_cut_probe_grants(pg_temp.run(), 'scribe') - 'run_id',
          '{"status": "probed", "state": "awaiting_sg_1", "deltas": 0}',
          'the grants are probed, and the run is at the pause at SG_1');
select is(pg_temp.step(public.fn_cut_probe_grants(pg_temp.run(), 'scribe')), 'unchanged awaiting_sg_1',
          'once');
select is(pg_temp.step(pg_temp.mark()), 'unchanged awaiting_sg_1', 'and earlier steps are past');
select throws_ok($$ select public.fn_cut_close(pg_temp.run(), 'scribe') $$, 'IU064', null,
                 'it is not closed without a dry run');

-- Stop, resume

select is(pg_temp.step(public.fn_cut_resume(pg_temp.run(), 'scribe')), 'unchanged awaiting_sg_1',
          'a run that goes on is not resumed');
select is(pg_temp.step(public.fn_cut_stop(pg_temp.run(), 'lunch', 'scribe')), 'stopped stopped', 'it stops');
select is(pg_temp.step(public.fn_cut_stop(pg_temp.run(), 'lunch', 'scribe')), 'unchanged stopped', 'once');
select throws_ok($$ select public.fn_cut_dryrun(pg_temp.run(), 'scribe') $$, 'IU064', null,
                 'stopped it takes no step');
select throws_ok($$ select public.fn_cut_plan(pg_temp.run(), 'scribe') $$, 'IU064', null,
                 'not even one that was taken');
select is(pg_temp.step(public.fn_cut_resume(pg_temp.run(), 'scribe')), 'resumed awaiting_sg_1',
          'it is resumed where it was');

-- The dry run

create temporary table before as
select (select count(*) from public.information_unit)                 as units,
       (select count(*) from public.unit_version)                     as versions,
       (select count(*) from public.document_edition)                 as editions,
       (select count(*) from cutter_governance.review_decision)       as decisions,
       (select count(*) from cutter_governance.cut_run_transition)    as transitions;

select is(
  public.fn_cut_dryrun(pg_temp.run(), 'scribe')
    - '{run_id,dryrun_id,milliseconds,events,events_recorded,rows,updated}'::text[],
  jsonb_build_object(
    'status', 'recorded', 'state', 'awaiting_sg_1', 'verdict', 'green', 'problem', null, 'units', 2,
    'manifest_digest', pg_temp.manifest() ->> 'digest',
    'source_sha256', encode(sha256(pg_temp.text()), 'hex'),
    'reconstructed_sha256', encode(sha256(pg_temp.text()), 'hex')),
  'a dry run cuts, verifies, enacts and composes back what was pinned');
select is(
  (select d.impact -> 'rows' from cutter_governance.cut_dryrun d)
    - '{public.event_outbox,public.event_dedupe}'::text[],
  '{"public.information_unit": 2, "public.unit_version": 2, "public.iu_lifecycle_log": 2,
    "public.document_edition": 1, "public.document_edition_unit": 2,
    "cutter_governance.review_decision": 2, "cutter_governance.review_decision_unit": 4,
    "cutter_governance.cut_change_set": 1, "cutter_governance.cut_change_set_affected_row": 2,
    "cutter_governance.dot_pair_signature": 2, "cutter_governance.verify_result": 9,
    "cutter_governance.cut_run_transition": 6}',
  'it says how many rows it would have written, by table');
select is(
  (select d.impact -> 'updated' from cutter_governance.cut_dryrun d),
  '{"public.information_unit": 2, "cutter_governance.cut_run": 6}', 'and changed');
select is(
  (select row(b.*)::text from before b),
  (select row((select count(*) from public.information_unit), (select count(*) from public.unit_version),
              (select count(*) from public.document_edition),
              (select count(*) from cutter_governance.review_decision),
              (select count(*) from cutter_governance.cut_run_transition))::text),
  'nothing of it stayed');
select is((select count(*) from cutter_governance.cut_dryrun), 1::bigint, 'but its record');
select is(pg_temp.step(public.fn_cut_dryrun(pg_temp.run(), 'scribe')), 'recorded awaiting_sg_1',
          'it can be made again');

-- Red: the vocabulary changed since the plan

savepoint green;
select public.fn_iu_vocabulary_set('section_type', '[{"code": "section", "name": "Section", "description": "Out of use.", "sort_order": 20,
                                               "active": false}]', 'operator');
select is(
  (public.fn_cut_dryrun(pg_temp.run(), 'scribe') #- '{problem,detail}' #- '{problem,message}')
    - '{run_id,dryrun_id,milliseconds,events_recorded,manifest_digest,source_sha256}'::text[],
  '{"status": "recorded", "state": "failed", "verdict": "red", "reconstructed_sha256": null,
    "problem": {"code": "IU062", "name": "manifest_refused"}}',
  'a dry run that fails is recorded red, and the run has failed');
select is(
  (select d.problem #>> '{detail,problems,0,address}' from cutter_governance.cut_dryrun d
    where d.verdict = 'red'),
  'POEM/ONE/TWO', 'the record says what, and where');
select throws_ok($$ select public.fn_cut_close(pg_temp.run(), 'scribe') $$, 'IU064', null,
                 'a failed run is not closed');
select is(pg_temp.step(public.fn_cut_resume(pg_temp.run(), 'scribe')), 'resumed awaiting_sg_1',
          'it goes on where it failed');
select throws_ok($$ select public.fn_cut_close(pg_temp.run(), 'scribe') $$, 'IU064', null,
                 'but while its latest dry run is red it is not closed');
select is((select r.state from public.fn_cut_readiness(pg_temp.run()) as r where r.code = 'C3'), 'open',
          'nor ready');
rollback to green;

-- Red: the functions changed since the plan

create function public.fn_stray() returns integer language sql as 'select 1';
alter function public.fn_stray() owner to workflow_admin;
select is(
  public.fn_cut_dryrun(pg_temp.run(), 'scribe') #>> '{problem,detail,problems,0,check}',
  'plan', 'a cut is done by the functions it was planned with, or not at all');
select is((select r.state from public.fn_cut_readiness(pg_temp.run()) as r where r.code = 'PLAN'), 'partial',
          'and readiness says so');
rollback to green;

-- Readiness

select is(
  (select string_agg(r.code || ' ' || r.state, ', ') from public.fn_cut_readiness(pg_temp.run()) as r),
  'C1 closed, C2 closed, C3 closed, C4 closed, C5 open, C6 open, C7 closed, C8 partial, '
  'MANIFEST closed, PLAN closed, BACKUP partial, GRANTS closed, ROLES closed, GATE '
  || (case when public.fn_iu_gate_is_open('iu_core.routes_master_enabled') then 'closed' else 'partial' end)
  || ', SG_1 open, SG_2 open, SWITCH open',
  'a run whose dry run is green still lacks what only others can give');
select is(
  (select count(*) from public.fn_cut_readiness(pg_temp.run()) as r
    where (r.state = 'closed') <> (r.next is null) or r.owner is null or r.form is null or r.item is null),
  0::bigint, 'each row says who owes it and in which form; each open one what to do');
select public.fn_cut_source_set('POEM', null, 'non_authoritative', null, 'scribe');
select is(
  (select string_agg(r.code, ', ') from public.fn_cut_readiness(pg_temp.run()) as r
    where r.code in ('C5', 'C6') and r.state = 'closed'),
  'C5, C6', 'a document of no authority needs to be named by nobody');
select public.fn_cut_source_set('POEM', null, 'authoritative', null, 'scribe');
select is((select r.state from public.fn_cut_readiness(pg_temp.run()) as r where r.code = 'C6'), 'open',
          'one of authority does');
select public.fn_dot_config_set('cutter.reserved_prefixes', 'DOT, POEM', 'operator', 'try');
select is((select r.state from public.fn_cut_readiness(pg_temp.run()) as r where r.code = 'C2'), 'open',
          'a reserved prefix is open');
select iu_core.forget_settings('{cutter.reserved_prefixes,cutter.max_units}', 'operator');
select is(
  (select string_agg(r.code, ', ') from public.fn_cut_readiness(pg_temp.run()) as r
    where r.code in ('C2', 'C4') and r.state = 'open'),
  'C2, C4', 'settings that are missing leave it open');
rollback to green;
select public.fn_iu_create('POEM/ELSE', 'Else', '', 'editor', 'law_unit', 'article');
select is((select r.state from public.fn_cut_readiness(pg_temp.run()) as r where r.code = 'C7'), 'open',
          'units under the prefix leave it open');
rollback to green;

-- Close, status, runs

select is(pg_temp.step(public.fn_cut_close(pg_temp.run(), 'scribe')), 'closed closed',
          'a dry run that is green is closed');
select is(pg_temp.step(public.fn_cut_close(pg_temp.run(), 'scribe')), 'unchanged closed', 'once');
select throws_ok($$ select public.fn_cut_stop(pg_temp.run(), 'r', 'scribe') $$, 'IU064', null,
                 'what has ended is not stopped');
select throws_ok($$ select public.fn_cut_void(pg_temp.run(), 'r', 'scribe') $$, 'IU064', null, 'nor voided');
select is(
  (select string_agg(t ->> 'to', ' ' order by (t ->> 'seq')::integer)
     from jsonb_array_elements(public.fn_cut_status(pg_temp.run()) -> 'transitions') as t),
  'source_pinned marked plan_ok backup_taken grants_probed awaiting_sg_1 stopped awaiting_sg_1 closed',
  'its status tells the whole way');
select is(
  (select public.fn_cut_status(pg_temp.run())
          - '{run_id,opened_at,transitions,dry_runs,source,plan_digest,next_step}'::text[]),
  jsonb_build_object('mode', 'DRYRUN', 'state', 'closed', 'terminal', true, 'actor', 'scribe',
                     'doc_prefix', 'POEM', 'pieces', 2, 'manifest_digest', pg_temp.manifest() ->> 'digest'),
  'and what it was about');
select is((select r.state || ' ' || r.doc_prefix from public.fn_cut_runs() as r where r.run_id = pg_temp.run()),
          'closed POEM', 'it is in the list of runs');

-- Void

select isnt(pg_temp.open() ->> 'run_id', null, 'once a run has ended another opens over the same source');
select is(pg_temp.step(public.fn_cut_void(pg_temp.run(), 'the wrong text', 'approver')), 'voided voided',
          'an approver voids a run');
select is(pg_temp.step(public.fn_cut_void(pg_temp.run(), 'the wrong text', 'approver')), 'unchanged voided',
          'once');
select is(
  (select t.actor || ': ' || t.reason from cutter_governance.cut_run_transition t
    where t.run_id = pg_temp.run() and t.to_state = 'voided'),
  'approver: the wrong text', 'with who and why');
select throws_ok($$ select public.fn_cut_resume(pg_temp.run(), 'scribe'), pg_temp.mark() $$, 'IU064', null,
                 'it is never taken up again');

-- Bytes that are not kept

savepoint kept;
select public.fn_cut_source_set('SONG', null, null, null, 'scribe');
create function pg_temp.song()
returns uuid
language sql
as $$
  select (public.fn_cut_source_pin('SONG', 'song.md', pg_temp.text(), 'markdown', 1, false, 'scribe')
          ->> 'source_version_id')::uuid
$$;
create function pg_temp.song_manifest()
returns jsonb
language sql
as $$
  select pg_temp.digested(replace(pg_temp.manifest()::text, 'POEM', 'SONG')::jsonb)
$$;
select public.fn_cut_open(pg_temp.song(), 'DRYRUN', 'scribe');
select pg_temp.mark(pg_temp.song_manifest());
select throws_ok($$ select public.fn_cut_plan(pg_temp.run(), 'scribe') $$, 'IU065', null,
                 'bytes that are not kept must be brought');
select throws_ok($$ select public.fn_cut_plan(pg_temp.run(), 'scribe', '\x2320') $$, 'IU065', null,
                 'other bytes are refused');
select is(pg_temp.step(public.fn_cut_plan(pg_temp.run(), 'scribe', pg_temp.text())), 'planned plan_ok',
          'the very bytes are taken');
select public.fn_cut_record_backup(pg_temp.run(), '{"kind": "none"}', 'scribe'),
       public.fn_cut_probe_grants(pg_temp.run(), 'scribe');
select throws_ok($$ select public.fn_cut_dryrun(pg_temp.run(), 'scribe') $$, 'IU065', null,
                 'for the dry run as well');
select is(public.fn_cut_dryrun(pg_temp.run(), 'scribe', pg_temp.text()) ->> 'verdict', 'green',
          'which is green with them');
select is((select r.state from public.fn_cut_readiness(pg_temp.run()) as r where r.code = 'C1'), 'partial',
          'and readiness says that they are not kept');
rollback to kept;

-- Live: nobody may yet

select is(pg_temp.to_sg_1('LIVE'), 'probed awaiting_sg_1', 'a live run comes to the pause at SG_1');
select throws_ok(format('select public.fn_cut_%s', c.call), 'IU090',
                 format('IU090 production_execution_not_authorized: run %s may not act: switch_closed',
                        pg_temp.run()), c.call || ' is refused while the switch is closed')
  from (values ($$apply(pg_temp.run(), 'scribe')$$), ($$verify(pg_temp.run(), 'clerk')$$),
               ($$enact(pg_temp.run(), gen_random_uuid(), 'scribe')$$)) as c (call);
select is(cutter_governance.execution_enabled(pg_temp.run()), false, 'the switch is closed');
select public.fn_iu_gate_open('cutter.execution_enabled', null, 'somebody', 'try', 60);
select is(cutter_governance.execution_enabled(pg_temp.run()), false, 'nor is it open under another''s lease');
select public.fn_iu_gate_close('cutter.execution_enabled', 'operator', 'try');
select public.fn_iu_gate_open('cutter.execution_enabled', null, pg_temp.run(), 'try', 60);
select is(cutter_governance.execution_enabled(pg_temp.run()), true, 'it is under the run''s own');
select is(cutter_governance.execution_enabled('ictr-another'), false, 'and for no other run');
select is(cutter_governance.execution_enabled(null), false, 'nor for none');
select throws_ok($$ select public.fn_cut_apply(pg_temp.run(), 'scribe') $$, 'IU090',
                 format('IU090 production_execution_not_authorized: run %s may not act: not_approved',
                        pg_temp.run()),
                 'the switch alone is not enough: an approver must have authorised it');
select is((select r.state from public.fn_cut_readiness(pg_temp.run()) as r where r.code = 'SWITCH'), 'closed',
          'readiness sees the switch');
select throws_ok($$ select public.fn_cut_close(pg_temp.run(), 'scribe') $$, 'IU064', null,
                 'a live run is not closed before it is enacted');

-- The bodies, as their functions will call them

create function pg_temp.body(p_call text)
returns jsonb
language plpgsql
security definer
as $$
declare
  v_answer jsonb;
begin
  perform iu_core.begin_write();
  execute 'select ' || p_call into v_answer;
  return v_answer;
end
$$;
alter function pg_temp.body(text) owner to workflow_admin;

create function pg_temp.apply()
returns jsonb
language sql
as $$
  select pg_temp.body(format(
    $call$ iu_core.cut_apply_impl(%L, row('e', 'executor', '1', false), row('a', 'approver', '2', false), null) $call$,
    pg_temp.run()))
$$;
create function pg_temp.verify(p_login text default 'verifier', p_session text default '3')
returns jsonb
language sql
as $$
  select pg_temp.body(format(
    'iu_core.cut_verify_impl(%L, row(%L, %L, %L, false))', pg_temp.run(), 'v', p_login, p_session))
$$;
create function pg_temp.enact()
returns jsonb
language sql
as $$
  select pg_temp.body(format(
    $call$ iu_core.cut_enact_impl(%L, (iu_core.write_review_decision('enact', 'approve', null,
             array(select row(a.unit_id, a.version_id, null)::iu_core.review_subject
                     from cutter_governance.cut_change_set_affected_row a), 'a', 'read')
             ->> 'review_decision_id')::uuid, row('e', 'executor', '1', false)) $call$, pg_temp.run()))
$$;

select throws_ok('select pg_temp.verify()', 'IU064', null, 'nothing is verified before it is cut');
select throws_ok(
  $$ select pg_temp.body(format('iu_core.cut_enact_impl(%L, null, iu_core.caller(%L))', pg_temp.run(), 'a')) $$,
  'IU064', null, 'nor enacted');
savepoint whole;
create function public.dropped() returns trigger language plpgsql as 'begin return null; end';
create trigger dropped before insert on public.unit_version for each row execute function public.dropped();
alter table public.information_unit drop constraint information_unit_draft_version_fk;
alter table cutter_governance.review_decision_unit drop constraint review_decision_unit_version_fk;
alter table cutter_governance.cut_change_set_affected_row
  drop constraint cut_change_set_affected_row_version_fk;
select throws_ok('select pg_temp.apply()', 'IU066', 'IU066 cut_incomplete: units stored as their pieces: 0 of 2',
                 'a cut whose rows were dropped on the way is no success');
rollback to whole;
select is(pg_temp.apply() - '{run_id,change_set_id,review_decision_id,rollback_key,plan_digest,writer_digest}'::text[],
          '{"status": "cut", "state": "cut_committed", "units": 2}', 'a cut writes its units');
select results_eq(
  $$ select u.canonical_address collate "default", v.title, u.owner_ref
       from cutter_governance.cut_change_set_affected_row a
       join public.information_unit u on u.id = a.unit_id
       join public.unit_version v     on v.id = a.version_id
      order by a.position $$,
  $$ values ('POEM/ONE', 'One', 'W. S.'), ('POEM/ONE/TWO', 'Two', 'W. S.') $$,
  'each from its piece');
select is(
  (select d.act || ' ' || d.verdict || ' ' || d.units || ' ' || d.actor
     from cutter_governance.cut_change_set c
     join cutter_governance.review_decision d on d.id = c.review_decision_id),
  'cut approve 2 a', 'under the decision to cut');
select throws_ok('select pg_temp.apply()', 'IU064', null, 'it cuts once');
select throws_ok($$ select public.fn_cut_void(pg_temp.run(), 'r', 'approver') $$, 'IU064', null,
                 'what is written is not voided');
select is(pg_temp.step(pg_temp.open()), 'already_cut cut_committed',
          'opened again, the source is said to be cut');
select throws_ok($$ select pg_temp.verify('executor', '9') $$, 'IU069', null,
                 'the login that cut does not verify');
select throws_ok($$ select pg_temp.verify('verifier', '1') $$, 'IU069', null,
                 'nor does the session that cut');

-- What is stored was changed behind our back: each finding names it

create function pg_temp.broken(p_change text)
returns text
language plpgsql
as $$
declare
  v_found text;
begin
  begin
    set local session_replication_role = replica;
    execute p_change;
    set local session_replication_role = origin;
    v_found := (select pg_temp.step(a) || ': '
                       || (select string_agg(r ->> 'name', ' ' order by r ->> 'name')
                             from jsonb_array_elements(a -> 'results') as r
                            where not (r ->> 'ok')::boolean)
                  from pg_temp.verify() as a);
    raise exception using errcode = 'IUDRY';
  exception
    when sqlstate 'IUDRY' then null;
  end;
  return v_found;
end
$$;

select is(pg_temp.broken(b.change), 'failed failed: ' || b.names, b.says)
  from (values
    ($$update public.unit_version set body = 'x', content_hash = encode(sha256('x'), 'hex') where title = 'Two'$$,
     'bodies source', 'a body that was changed'),
    ($$update public.unit_version set title = 'x' where title = 'Two'$$, 'titles', 'a title'),
    ($$update public.information_unit set section_type = 'article' where canonical_address = 'POEM/ONE'$$,
     'vocabulary', 'a section type'),
    ($$update public.information_unit set parent_or_container_ref = null, sort_key = 'a9'
        where canonical_address = 'POEM/ONE/TWO'$$,
     'parents', 'a parent'),
    ($$update public.information_unit set deleted_at = now() where canonical_address = 'POEM/ONE/TWO'$$,
     'order source units', 'a unit that was deleted')
  ) as b (change, names, says);
select is(pg_temp.verify() - '{run_id,results}'::text[],
          '{"status": "verified", "state": "awaiting_sg_2", "verdict": "green"}',
          'what is as it was approved is verified, and the run at the pause at SG_2');
select is(
  (select string_agg(s.duty || ' ' || s.login, ', ' order by s.duty) from cutter_governance.dot_pair_signature s),
  'executor executor, verifier verifier', 'two principals signed');
select is((pg_temp.enact() #- '{edition,edition_id}' #- '{edition,root_hash}') - '{run_id,review_decision_id}'::text[],
          '{"status": "enacted", "state": "enacted", "units": 2,
            "edition": {"doc_code": "POEM", "edition": 1, "units": 2, "moved_units": 0}}',
          'the whole change set comes into force as an edition');
select is(convert_to(public.fn_iu_reconstruct_source('POEM', 1), 'UTF8'), pg_temp.text(),
          'which is the source, byte for byte');
select is(pg_temp.step(public.fn_cut_close(pg_temp.run(), 'scribe')), 'closed closed', 'and the run ends');
select is_empty('select * from public.fn_iu_verify_invariants()', 'no invariant is broken');

-- A run moves by transitions only, and what a stand-in wrote is never committed

create function pg_temp.careless(p_statement text)
returns void
language plpgsql
security definer
as $$ begin execute p_statement; end $$;
alter function pg_temp.careless(text) owner to workflow_admin;
select throws_ok(format('select pg_temp.careless(%L)', c.change), 'IU002', null, c.change || ' is refused')
  from (values
    ($$update cutter_governance.cut_run set state = 'closed'$$),
    ($$update cutter_governance.cut_run set mode = 'LIVE', seq = seq + 1$$),
    ($$update cutter_governance.cut_run set manifest_digest = null$$),
    ($$delete from cutter_governance.cut_run$$)) as c (change);
select throws_ok(
  format('select pg_temp.body(%L)', format(
    $call$ to_jsonb(iu_core.move_run(iu_core.lock_run(%L), 'marked', iu_core.caller('a'))) $call$, pg_temp.run())),
  '23503', null, 'there is no way but the edges');
select pg_temp.open();
select public.fn_cut_source_pin('POEM', 'poem.md', '\x23', 'markdown', 1, true, 'scribe');
select public.fn_cut_open(s.id, 'DRYRUN', 'scribe')
  from cutter_governance.source_version s where s.bytes = 1;
select throws_ok(
  format($$ select pg_temp.body(%L); set constraints all immediate $$, format(
    $call$ to_jsonb(iu_core.move_run(iu_core.lock_run(%L), 'stopped', row('a', 'a', 'a', true))) $call$,
    pg_temp.run())),
  'IU091', null, 'a stand-in''s transition does not reach the commit');

-- Roles

set local role iu_worker;
select throws_ok(format('select public.fn_cut_%s', c.call), '42501', null, c.call || ' is not for everybody')
  from (values ($$open(null, 'LIVE', 'a')$$), ($$mark('x', '{}', 'a')$$), ($$plan('x', 'a')$$),
               ($$record_backup('x', '{}', 'a')$$), ($$probe_grants('x', 'a')$$), ($$dryrun('x', 'a')$$),
               ($$close('x', 'a')$$), ($$stop('x', 'r', 'a')$$), ($$resume('x', 'a')$$),
               ($$void('x', 'r', 'a')$$), ($$apply('x', 'a')$$), ($$verify('x', 'a')$$),
               ($$enact('x', null, 'a')$$), ($$runs()$$), ($$status('x')$$), ($$readiness('x')$$),
               ($$plan_tree('x')$$)) as c (call);
reset role;

select * from finish();
rollback;
