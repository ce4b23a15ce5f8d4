--! Title: A document cut without cutting it: pinned, marked, planned, dry run; what a live cut still lacks
--! Requires: 002_vocabulary, 003_gates, 010_event_types, 011_cut_profiles, 012_cut_settings

begin;

-- Runs a statement that must be refused, in a subtransaction, and reports with which SQLSTATE.
create function pg_temp.refused(p_scenario text, p_sqlstate text, p_statement text)
returns table (scenario text, ok boolean, detail text)
language plpgsql
as $$
begin
  begin
    execute p_statement;
    return query select p_scenario, false, 'not refused'::text;
  exception
    when others then
      return query select p_scenario, sqlstate = p_sqlstate, sqlstate || ': ' || sqlerrm;
  end;
end
$$;

create function pg_temp.run()
returns text
language sql
as $$
  select r.run_id
    from cutter_governance.cut_run r
    join cutter_governance.source_version s  on s.id = r.source_version_id
    join cutter_governance.source_document d on d.id = s.document_id
   where d.doc_prefix = 'US-ART'
$$;

-- Article I, section 1 of the Constitution of the United States (public domain).
create function pg_temp.document()
returns bytea
language sql
as $$
  select convert_to(e'# Article I\n\n## Section 1\n\nAll legislative Powers herein granted shall be '
                    'vested in a Congress of the United States.\n', 'UTF8')
$$;

-- What iu cut mark art-1.md --prefix US-ART --profile law makes of it.
create function pg_temp.manifest()
returns jsonb
language sql
as $$
  select $manifest${
"digest":"9fa719da69702350e1868b08d9292c4d73674bb05fe50617b1e42738fa62089d",
"format":"iu-cut-manifest/1","origin":"art-1.md","pieces":[
{"address":"US-ART/ART-I","byte_end":13,"byte_start":0,"id":"p1",
 "kind":"law_unit","line_end":2,"line_start":1,"parent":null,"position":1,"role":"unit","section_type":"article",
 "sha256":"f2c36f9fe082f107ebfb511ed953a893acf5da904a287a72ee3359c8c2acd154","title":"Article I"},
{"address":"US-ART/ART-I/SEC-1","byte_end":117,"byte_start":13,"id":"p2",
 "kind":"law_unit","line_end":5,"line_start":3,"parent":"p1","position":2,"role":"unit","section_type":"section",
 "sha256":"2f076f62fdc657883ab696aa5c2a58c41dce5a5b601290d881f7813acefe40de","title":"Section 1"}],
"prefix":"US-ART",
"profile":{"name":"law","sha256":"c2824c1502316d7995e226cc287eb13a86bf44709e99c622bffa2bd8bfa10aae","version":1},
"source":{"byte_order_mark":false,"bytes":117,"encoding":"utf-8","line_endings":{"cr":0,"crlf":0,"lf":5},
 "lines":5,"sha256":"f099b032fa074b7b9bee381c35930d5092bfa8f9d3d658b30689ca5885686bf3"}}$manifest$::jsonb
$$;

-- What is recorded from here on goes to the outbox too.
select 'the master gate is open'                                            as scenario,
       r.opened ->> 'status' in ('opened', 'already_open')                  as ok,
       r.opened ->> 'status'                                                as detail
  from (select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'sandbox/005_cut',
                                      'see the facts', null) as opened) as r;

-- To the pause at SG_1

select 'the document is stated and its bytes are pinned'                    as scenario,
       r.pinned ->> 'status' = 'pinned'                                     as ok,
       r.pinned ->> 'sha256'                                                as detail
  from (select public.fn_cut_source_set('US-ART', 'Article I', 'authoritative', 'archivist',
                                        'sandbox/005_cut') as stated) as d
 cross join lateral (
         select public.fn_cut_source_pin(d.stated ->> 'doc_prefix', 'art-1.md', pg_temp.document(),
                                         'law', 1, true, 'sandbox/005_cut') as pinned) as r;

select 'a run opens over them'                                              as scenario,
       r.opened ->> 'state' = 'source_pinned'                               as ok,
       r.opened ->> 'run_id'                                                as detail
  from (select public.fn_cut_open(s.id, 'DRYRUN', 'sandbox/005_cut') as opened
          from cutter_governance.source_version s
          join cutter_governance.source_document d on d.id = s.document_id
         where d.doc_prefix = 'US-ART') as r;

select * from pg_temp.refused(
  'a manifest that was changed is refused', 'IU062',
  $$select public.fn_cut_mark(pg_temp.run(), jsonb_set(pg_temp.manifest(), '{pieces,0,title}', '"Article II"'),
                              'sandbox/005_cut')$$);

select 'the run is marked, planned, at the pause at SG_1'                   as scenario,
       array[m.answer, p.answer, b.answer, g.answer]
         = array['marked', 'plan_ok', 'backup_taken', 'awaiting_sg_1']      as ok,
       public.fn_cut_status(pg_temp.run()) ->> 'next_step'                  as detail
  from (select public.fn_cut_mark(pg_temp.run(), pg_temp.manifest(), 'sandbox/005_cut')
               ->> 'state' as answer offset 0) as m
 cross join lateral (
         select public.fn_cut_plan(pg_temp.run(), 'sandbox/005_cut') ->> 'state' as answer
          where m.answer is not null offset 0) as p
 cross join lateral (
         select public.fn_cut_record_backup(pg_temp.run(), '{"kind": "none"}', 'sandbox/005_cut')
                ->> 'state' as answer
          where p.answer is not null offset 0) as b
 cross join lateral (
         select public.fn_cut_probe_grants(pg_temp.run(), 'sandbox/005_cut') ->> 'state' as answer
          where b.answer is not null offset 0) as g;

select 'the plan reads as a tree'                                           as scenario,
       count(*) = 2 and max(t.depth) = 1                                    as ok,
       string_agg(format('%s (lines %s-%s)', t.address, t.line_start, t.line_end), ', '
                  order by t.position)                                      as detail
  from public.fn_cut_plan_tree(pg_temp.run()) as t;

-- The dry run

select 'the dry run cuts, verifies, enacts and composes back the very bytes' as scenario,
       r.tried ->> 'verdict' = 'green'
         and r.tried ->> 'reconstructed_sha256' = encode(sha256(pg_temp.document()), 'hex')
                                                                            as ok,
       format('rows %s, events %s', r.tried -> 'rows', r.tried -> 'events') as detail
  from (select public.fn_cut_dryrun(pg_temp.run(), 'sandbox/005_cut') as tried) as r;

select 'and leaves no unit, no edition and no decision'                     as scenario,
       count(*) = 0                                                         as ok,
       count(*) || ' units'                                                 as detail
  from public.information_unit u
 where u.doc_code = 'US-ART'
   and not exists (select from public.document_edition e where e.doc_code = 'US-ART');

-- What a live cut lacks

select 'what is missing is said, with who owes it'                          as scenario,
       count(*) filter (where r.code in ('C6', 'SG_1', 'SG_2', 'SWITCH') and r.state = 'open') = 4
                                                                            as ok,
       string_agg(r.code || ': ' || r.owner, ', ') filter (where r.state <> 'closed') as detail
  from public.fn_cut_readiness(pg_temp.run()) as r;

select * from pg_temp.refused(
  'nothing is cut live', 'IU090', $$select public.fn_cut_apply(pg_temp.run(), 'sandbox/005_cut')$$);

select 'the run is closed'                                                  as scenario,
       r.closed ->> 'state' = 'closed'                                      as ok,
       r.closed ->> 'run_id'                                                as detail
  from (select public.fn_cut_close(pg_temp.run(), 'sandbox/005_cut') as closed) as r;

rollback;
