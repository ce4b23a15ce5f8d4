--! Title: Units of the Grundgesetz: created, created again, refused; a gate opened and closed
--! Requires: 002_vocabulary, 003_gates

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

-- Art 1 and 2 of the Grundgesetz (public domain, section 5 UrhG), as the corpus has them.
create function pg_temp.grundgesetz()
returns jsonb
language sql
as $$
  select jsonb_build_array(
    jsonb_build_object(
      'address',    'DE-GG/TEIL-1',          'title',        'I. - Die Grundrechte',
      'unit_kind',  'law_unit',           'section_type', 'heading',
      'body',       ''),
    jsonb_build_object(
      'address',    'DE-GG/ART-1',           'title',        'Art 1',
      'unit_kind',  'law_unit',           'section_type', 'article',
      'parent_ref', 'DE-GG/TEIL-1',
      'body',       $body$(1) Die Würde des Menschen ist unantastbar. Sie zu achten und zu
schützen ist Verpflichtung aller staatlichen Gewalt.

(2) Das Deutsche Volk bekennt sich darum zu unverletzlichen und
unveräußerlichen Menschenrechten als Grundlage jeder menschlichen
Gemeinschaft, des Friedens und der Gerechtigkeit in der Welt.

(3) Die nachfolgenden Grundrechte binden Gesetzgebung, vollziehende
Gewalt und Rechtsprechung als unmittelbar geltendes Recht.
$body$),
    jsonb_build_object(
      'address',    'DE-GG/ART-2',           'title',        'Art 2',
      'unit_kind',  'law_unit',           'section_type', 'article',
      'parent_ref', 'DE-GG/TEIL-1',
      'body',       $body$(1) Jeder hat das Recht auf die freie Entfaltung seiner
Persönlichkeit, soweit er nicht die Rechte anderer verletzt und nicht
gegen die verfassungsmäßige Ordnung oder das Sittengesetz verstößt.

(2) Jeder hat das Recht auf Leben und körperliche Unversehrtheit. Die
Freiheit der Person ist unverletzlich. In diese Rechte darf nur auf
Grund eines Gesetzes eingegriffen werden.
$body$))
$$;

-- Creating

select 'three units are created'                               as scenario,
       r.statuses = '["created", "created", "created"]'        as ok,
       r.statuses::text                                        as detail
  from (select jsonb_path_query_array(
                 public.fn_iu_create_many(pg_temp.grundgesetz(), 'sandbox/001_units'),
                 '$.units[*].status') as statuses) as r;

select 'the same again is exists_complete'                                       as scenario,
       r.statuses = '["exists_complete", "exists_complete", "exists_complete"]'  as ok,
       r.statuses::text                                                          as detail
  from (select jsonb_path_query_array(
                 public.fn_iu_create_many(pg_temp.grundgesetz(), 'sandbox/001_units'),
                 '$.units[*].status') as statuses) as r;

select 'the text reads back byte for byte'                                       as scenario,
       g.body = pg_temp.grundgesetz() -> 1 ->> 'body'
         and g.content_hash = encode(sha256(convert_to(g.body, 'UTF8')), 'hex')
         and g.parent_address = 'DE-GG/TEIL-1'                                      as ok,
       format('%s, version %s, %s', g.title, g.version_seq, g.content_hash)      as detail
  from public.fn_iu_get('DE-GG/ART-1') as g;

select 'siblings stand in the order of the batch'                                as scenario,
       string_agg(u.canonical_address, ' ' order by u.sort_key)
         = 'DE-GG/ART-1 DE-GG/ART-2'                                                   as ok,
       string_agg(u.canonical_address || ' at ' || u.sort_key, ', '
                  order by u.sort_key)                                           as detail
  from public.information_unit u
  join public.information_unit p on p.id = u.parent_or_container_ref
 where p.canonical_address = 'DE-GG/TEIL-1';

select * from public.fn_iu_check_units();

-- Refusals of the function

select * from pg_temp.refused(
  'other content at the same address is refused', 'IU021',
  $$select public.fn_iu_create('DE-GG/ART-1', 'Art 1', 'Die Würde des Menschen ist antastbar.',
                               'sandbox/001_units', 'law_unit', 'article')$$);

select * from pg_temp.refused(
  'a batch with a bad index is refused whole', 'IU020',
  $$select public.fn_iu_create_many(
      jsonb_build_array(
        pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-3"}',
        pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-4", "section_type": "stanza"}',
        pg_temp.grundgesetz() -> 1 || '{"address": "de-gg/art-5"}'),
      'sandbox/001_units')$$);

select 'the error names each bad index'                                          as scenario,
       array_agg(p.index || ' ' || p.reason order by p.index)
         = '{"1 section_type_unknown","2 address_grammar","4 parent_not_found","5 parent_circle",
             "6 parent_circle","7 duplicate_in_batch"}'                          as ok,
       string_agg(p.index || ' ' || p.reason, ', ' order by p.index)             as detail
  from jsonb_to_recordset(iu_core.judge_unit_specs(iu_core.read_unit_specs(jsonb_build_array(
         pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-3"}',
         pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-4", "section_type": "stanza"}',
         pg_temp.grundgesetz() -> 1 || '{"address": "de-gg/art-5"}',
         pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-6"}',
         pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-7", "parent_ref": "DE-GG/TEIL-99"}',
         pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-8", "parent_ref": "DE-GG/ART-9"}',
         pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-9", "parent_ref": "DE-GG/ART-8"}',
         pg_temp.grundgesetz() -> 1 || '{"address": "DE-GG/ART-6"}'))))
       as p (index integer, reason text);

select 'none of these was created'         as scenario,
       count(*) = 3                        as ok,
       count(*) || ' units of DE-GG'          as detail
  from public.information_unit u
 where u.doc_code = 'DE-GG';

-- Refusals of the locks

select * from pg_temp.refused(
  'a direct insert is refused', 'IU001',
  'insert into public.unit_version select * from public.unit_version');

select * from pg_temp.refused(
  'a direct update is refused', 'IU001',
  'update public.information_unit set owner_ref = ''somebody else''');

select * from pg_temp.refused(
  'a direct delete is refused', 'IU001', 'delete from public.unit_version');

select * from pg_temp.refused(
  'a merge is refused', 'IU001',
  'merge into public.dot_config c using public.dot_config o on c.key = o.key
     when matched then update set value = ''true''');

select * from pg_temp.refused(
  'a truncate is refused', 'IU001', 'truncate public.iu_gate_transition');

select * from pg_temp.refused(
  'SET ROLE workflow_admin does not help', 'IU001',
  'set local role workflow_admin; delete from public.information_unit');

select * from pg_temp.refused(
  'nor does calling a function under it', 'IU001',
  $$set local role workflow_admin;
    select public.fn_iu_create('DE-GG/ART-3', 'Art 3', '', 'sandbox/001_units', 'law_unit',
                               'article')$$);

-- A gate

select * from pg_temp.refused(
  'what acts behind a closed gate is refused', 'IU010',
  $$select iu_core.assert_gate_open('iu_core.composer_enabled')$$);

select 'a gate opens under a lease'                        as scenario,
       r.opened ->> 'status' = 'opened'
         and r.opened ->> 'lease_token' is not null        as ok,
       'for 60 seconds'                                    as detail
  from (select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'sandbox/001_units',
                                      'show a lease', 60) as opened) as r;

select 'then it is open'                                         as scenario,
       public.fn_iu_gate_is_open('iu_core.composer_enabled')     as ok,
       'fn_iu_gate_is_open'                                      as detail;

select * from pg_temp.refused(
  'a second driver is refused', 'IU012',
  $$select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'another driver', 'too', 60)$$);

select * from pg_temp.refused(
  'the kill-switch of cuts cannot stand open', 'IU014',
  $$select public.fn_iu_gate_open('cutter.execution_enabled', null, 'sandbox/001_units', 'try',
                                  null)$$);

select * from pg_temp.refused(
  'a never-flip key cannot be opened', 'IU013',
  $$select public.fn_iu_gate_open('iu_enact.allow_no_review_decision', null, 'sandbox/001_units',
                                  'try', 60)$$);

select * from pg_temp.refused(
  'a gate is not a setting', 'IU015',
  $$select public.fn_dot_config_set('iu_core.composer_enabled', 'true', 'sandbox/001_units',
                                    'try')$$);

select 'closing it says so'                   as scenario,
       r.closed ->> 'status' = 'closed'       as ok,
       r.closed ->> 'status'                  as detail
  from (select public.fn_iu_gate_close('iu_core.composer_enabled', 'sandbox/001_units',
                                       'shown') as closed) as r;

select 'then it is closed, and no gate is where it must not be' as scenario,
       count(*) filter (where g.state = 'open' and (g.key = 'iu_core.composer_enabled'
                                                    or g.policy <> 'standing')) = 0 as ok,
       'two transitions, both rolled back'       as detail
  from public.fn_iu_gate_list() as g;

rollback;
