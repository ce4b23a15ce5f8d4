--! Title: A document from draft to force: arranged, approved, enacted, amended, replaced, retired, read back
--! Requires: 002_vocabulary, 003_gates, 010_event_types

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

-- A reviewer's approval of an act on the current versions of these units.
create function pg_temp.approved(p_act text, p_addresses text[], p_successor text default null)
returns uuid
language sql
as $$
  select (public.fn_iu_review_decide(
            p_act,
            (select jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                      'address', u.canonical_address, 'successor_address', p_successor,
                      'version_id', case p_act when 'enact' then u.draft_version_ref
                                               else coalesce(u.enacted_version_ref,
                                                             u.draft_version_ref)
                                    end)))
               from public.information_unit u
              where u.canonical_address = any (p_addresses)),
            'approve', 'sandbox/003_lifecycle', 'read and found right')
          ->> 'review_decision_id')::uuid
$$;

-- What is recorded from here on goes to the outbox too.
select 'the master gate is open for this transaction'                      as scenario,
       r.opened ->> 'status' in ('opened', 'already_open')                  as ok,
       r.opened ->> 'key'                                                   as detail
  from (select public.fn_iu_gate_open('iu_core.routes_master_enabled', null,
                                      'sandbox/003_lifecycle', 'see the facts', null) as opened) as r;

-- Article II of the Constitution of the United States, sections 1 to 3 (public domain).
select 'four units are drafted'                      as scenario,
       jsonb_array_length(r.created -> 'units') = 4  as ok,
       'US-CONST/ART-2 and its sections'             as detail
  from (select public.fn_iu_create_many(
                 jsonb_build_array(
                   jsonb_build_object(
                     'address', 'US-CONST/ART-2', 'title', 'Article II',
                     'body', E'Article. II.\n\n',
                     'unit_kind', 'law_unit', 'section_type', 'article'),
                   jsonb_build_object(
                     'address', 'US-CONST/ART-2/SEC-1', 'title', 'Section 1',
                     'parent_ref', 'US-CONST/ART-2',
                     'body', E'The executive Power shall be vested in a President.\n\n',
                     'unit_kind', 'law_unit', 'section_type', 'section'),
                   jsonb_build_object(
                     'address', 'US-CONST/ART-2/SEC-3', 'title', 'Section 3',
                     'parent_ref', 'US-CONST/ART-2',
                     'body', E'He shall from time to time give to the Congress Information.\n',
                     'unit_kind', 'law_unit', 'section_type', 'section'),
                   jsonb_build_object(
                     'address', 'US-CONST/ART-2/SEC-2', 'title', 'Section 2',
                     'parent_ref', 'US-CONST/ART-2',
                     'body', E'The President shall be Commander in Chief of the Army.\n\n',
                     'unit_kind', 'law_unit', 'section_type', 'section')),
                 'sandbox/003_lifecycle') as created) as r;

-- Arranging

select 'a section moves behind another'                                     as scenario,
       r.moved ->> 'status' = 'moved'                                       as ok,
       (select string_agg(t.title, ', ' order by t.path collate "C")
          from public.v_iu_tree t
         where t.doc_code = 'US-CONST' and t.depth = 1)                     as detail
  from (select public.fn_iu_move('US-CONST/ART-2/SEC-2', 'US-CONST/ART-2/SEC-1',
                                 'sandbox/003_lifecycle', 'their order') as moved) as r;

select 'the working text reads in that order'                               as scenario,
       public.fn_iu_reconstruct_source('US-CONST') like 'Article. II.%executive%Commander%Congress%'
                                                                            as ok,
       length(public.fn_iu_reconstruct_source('US-CONST')) || ' characters' as detail;

select * from pg_temp.refused(
  'nothing stands under itself', 'IU023',
  $$select public.fn_iu_reparent('US-CONST/ART-2', 'US-CONST/ART-2/SEC-1', 'x', 'x')$$);

select 'an old name is added'                                               as scenario,
       r.added ->> 'status' = 'added'                                       as ok,
       r.added ->> 'alias'                                                  as detail
  from (select public.fn_iu_alias_add('US-CONST/ARTICLE-II-1', 'US-CONST/ART-2/SEC-1',
                                      'sandbox/003_lifecycle', 'as cited') as added) as r;

select 'and resolves'                                                       as scenario,
       g.canonical_address = 'US-CONST/ART-2/SEC-1'                         as ok,
       g.title                                                              as detail
  from public.fn_iu_get('US-CONST/ARTICLE-II-1') as g;

-- Enacting

select * from pg_temp.refused(
  'without a review decision nothing is enacted', 'IU030',
  $$select public.fn_iu_enact('US-CONST/ART-2', 'sandbox/003_lifecycle', null)$$);

create temporary table decision on commit drop as
select pg_temp.approved('enact', array['US-CONST/ART-2', 'US-CONST/ART-2/SEC-1',
                                       'US-CONST/ART-2/SEC-2', 'US-CONST/ART-2/SEC-3']) as id;

select 'a dry run says what enacting would write, and writes nothing'       as scenario,
       r.answer -> 'rows' ->> 'public.document_edition_unit' = '4'
         and not exists (select from public.iu_lifecycle_log)               as ok,
       r.answer ->> 'rows'                                                  as detail
  from (select public.fn_iu_enact_many(
                 array(select t.canonical_address from public.fn_iu_tree('US-CONST') as t),
                 'sandbox/003_lifecycle', d.id, p_dry_run => true) as answer
          from decision d) as r;

select 'the document is enacted, with its first edition'                    as scenario,
       r.answer -> 'editions' -> 0 ->> 'edition' = '1'                      as ok,
       r.answer -> 'editions' -> 0 ->> 'root_hash'                          as detail
  from (select public.fn_iu_enact_many(
                 array(select t.canonical_address from public.fn_iu_tree('US-CONST') as t),
                 'sandbox/003_lifecycle', d.id, p_reason => 'ratified') as answer
          from decision d) as r;

select 'again it is enacted already, and nothing is written'                as scenario,
       r.answer ->> 'status' = 'unchanged'                                  as ok,
       r.answer ->> 'rows'                                                  as detail
  from (select public.fn_iu_enact('US-CONST/ART-2', 'sandbox/003_lifecycle', d.id) as answer
          from decision d) as r;

-- Amending

select 'an amendment is drafted beside the text in force'                   as scenario,
       r.saved ->> 'version_seq' = '2'                                      as ok,
       r.saved ->> 'status'                                                 as detail
  from (select public.fn_iu_save('US-CONST/ART-2/SEC-1', 'Section 1',
                                 E'The executive Power shall be vested in a Council.\n\n',
                                 'sandbox/003_lifecycle') as saved) as r;

select 'the text in force is read still'                                    as scenario,
       g.version_seq = 1 and g.draft_version_id is not null                 as ok,
       format('version %s in force', g.version_seq)                         as detail
  from public.fn_iu_get('US-CONST/ART-2/SEC-1') as g;

select * from pg_temp.refused(
  'an approval of retiring it does not carry enacting it', 'IU030',
  format('select public.fn_iu_enact(%L, %L, pg_temp.approved(%L, %L))', 'US-CONST/ART-2/SEC-1', 'x',
         'retire', '{US-CONST/ART-2/SEC-1}'));

select 'nor does the approval of the first text'                            as scenario,
       r.answer ->> 'status' = 'unchanged'                                  as ok,
       r.answer -> 'units' -> 0 ->> 'status'                                as detail
  from (select public.fn_iu_enact('US-CONST/ART-2/SEC-1', 'sandbox/003_lifecycle', d.id) as answer
          from decision d) as r;

select 'approved anew it supersedes the former'                             as scenario,
       r.answer -> 'rows' ->> 'public.iu_lifecycle_log' = '2'               as ok,
       r.answer -> 'editions' -> 0 ->> 'edition' || '. edition'             as detail
  from (select public.fn_iu_enact('US-CONST/ART-2/SEC-1', 'sandbox/003_lifecycle',
                                  pg_temp.approved('enact', '{US-CONST/ART-2/SEC-1}')) as answer)
       as r;

select 'the first edition reads as it did, the second as amended'           as scenario,
       public.fn_iu_reconstruct_source('US-CONST', 1) like '%a President%'
         and public.fn_iu_reconstruct_source('US-CONST', 2) like '%a Council%' as ok,
       'fn_iu_reconstruct_source'                                           as detail;

select * from pg_temp.refused(
  'what is in force is not deleted', 'IU026',
  $$select public.fn_iu_piece_soft_delete('US-CONST/ART-2/SEC-1', 'x', 'x')$$);

-- Out of force

select 'one section takes the place of another'                             as scenario,
       r.answer ->> 'status' = 'superseded'                                 as ok,
       r.answer -> 'units' -> 0 ->> 'successor_address'                     as detail
  from (select public.fn_iu_supersede(
                 'US-CONST/ART-2/SEC-2', 'sandbox/003_lifecycle',
                 pg_temp.approved('supersede', '{US-CONST/ART-2/SEC-2}', 'US-CONST/ART-2/SEC-3'))
               as answer) as r;

select 'another is retired'                                                 as scenario,
       r.answer ->> 'status' = 'retired'                                    as ok,
       r.answer -> 'editions' -> 0 ->> 'units' || ' units in force'         as detail
  from (select public.fn_iu_retire('US-CONST/ART-2/SEC-3', 'sandbox/003_lifecycle',
                                   pg_temp.approved('retire', '{US-CONST/ART-2/SEC-3}')) as answer)
       as r;

select * from pg_temp.refused(
  'what is retired stays so', 'IU031',
  $$select public.fn_iu_save('US-CONST/ART-2/SEC-3', 'Section 3', 'again', 'x')$$);

-- What is left to check

select 'the history of a section has every step'                            as scenario,
       string_agg(h.event, ' ' order by h.at, h.version_seq)
         = 'drafted alias_added enacted drafted superseded enacted'         as ok,
       string_agg(h.event, ', ' order by h.at, h.version_seq)                              as detail
  from public.fn_iu_history('US-CONST/ART-2/SEC-1') as h;

select 'every step was a fact'                                              as scenario,
       count(*) filter (where e.event_type = 'created') = 4
         and count(*) filter (where e.event_type = 'enacted') = 5
         and count(*) filter (where e.event_type = 'superseded') = 2
         and count(*) filter (where e.event_type = 'retired') = 1
         and count(*) filter (where e.event_type = 'edition_frozen') = 4    as ok,
       string_agg(distinct e.event_domain || '.' || e.event_type, ', ')     as detail
  from public.event_outbox e
 where e.tx = pg_current_xact_id();

select * from public.fn_iu_check_units();

rollback;
