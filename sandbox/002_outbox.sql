--! Title: The outbox: a closed gate records nothing, an open one each fact once; what it refuses
--! Requires: 010_event_types

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

-- The events that this transaction wrote, oldest first.
create function pg_temp.recorded()
returns text
language sql
as $$
  select coalesce(string_agg(e.event_domain || '.' || e.event_type, ' ' order by e.id), 'none')
    from public.event_outbox e
   where e.tx = pg_current_xact_id()
$$;

select * from public.fn_iu_check_outbox();
select * from public.fn_iu_check_event_types();

-- A closed gate (closed here for the probe, should it be open)

select 'the master gate is closed'                                         as scenario,
       r.closed ->> 'status' in ('closed', 'already_closed')               as ok,
       r.closed ->> 'status'                                               as detail
  from (select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'sandbox/002_outbox',
                                       'probe') as closed) as r;

create temporary table before_opening as select pg_temp.recorded() as events;

select 'behind a closed gate a unit is created'                            as scenario,
       r.created ->> 'status' = 'created'                                  as ok,
       r.created ->> 'status'                                              as detail
  from (select public.fn_iu_create(
                 'DE-GG/ART-20', 'Art 20', 'Alle Staatsgewalt geht vom Volke aus.',
                 'sandbox/002_outbox', 'law_unit', 'article') as created) as r;

select 'and no fact is recorded, not even checked'                         as scenario,
       r.emitted = '{"status": "gate_closed"}'
         and pg_temp.recorded() = b.events                                 as ok,
       r.emitted ->> 'status'                                              as detail
  from (select public.fn_iu_emit_event('no_such', 'type', 'nowhere', 'x', 'sandbox/002_outbox',
                                       '{"body": "text"}') as emitted) as r,
       before_opening b;

-- An open one

select 'the master gate opens under a lease'                               as scenario,
       r.opened ->> 'status' = 'opened'                                    as ok,
       'for 60 seconds'                                                    as detail
  from (select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'sandbox/002_outbox',
                                      'probe', 60) as opened) as r;

select 'three units are created'                                           as scenario,
       jsonb_array_length(r.created -> 'units') = 3                        as ok,
       jsonb_path_query_array(r.created, '$.units[*].status')::text        as detail
  from (select public.fn_iu_create_many(
                 (select jsonb_agg(jsonb_build_object(
                           'address',      'DE-GG/ART-' || n,
                           'title',        'Art ' || n,
                           'body',         'Vom Probenlauf ' || n,
                           'unit_kind',    'law_unit',
                           'section_type', 'article'))
                    from generate_series(101, 103) as n),
                 'sandbox/002_outbox') as created) as r;

select 'each is one fact, with the version and without the text'           as scenario,
       count(*) = 3 and bool_and(e.event_stream = 'birth')
         and count(distinct e.correlation_id) = 1
         and bool_and(e.safe_payload ? 'content_hash' and not e.safe_payload ? 'title')
         and bool_and(d.dedupe_key = 'piece.created:' || (e.safe_payload ->> 'version_id')) as ok,
       string_agg(e.canonical_address, ', ' order by e.id)                 as detail
  from public.event_outbox e
  join public.event_dedupe d on d.event_id = e.id
 where e.tx = pg_current_xact_id()
   and e.event_domain = 'piece';

select 'a setting is set'                                                  as scenario,
       r.answer ->> 'status' = 'set'                                       as ok,
       r.answer ->> 'status'                                               as detail
  from (select public.fn_dot_config_set('probe.motto', 'In varietate concordia',
                                        'sandbox/002_outbox', 'probe') as answer) as r;

select 'which is a fact without its value'                                 as scenario,
       count(*) = 1 and bool_and(e.safe_payload = '{"key": "probe.motto"}') as ok,
       string_agg(e.safe_payload::text, ', ')                              as detail
  from public.event_outbox e
 where e.tx = pg_current_xact_id()
   and e.event_type = 'setting_changed';

select 'another system registers a type of its own'                       as scenario,
       r.answer ->> 'written' = '1'                                        as ok,
       h.entry ->> 'description'                                           as detail
  from (select public.fn_iu_event_type_set(
                 '[{"event_domain": "hearing", "event_type": "probed", "event_stream": "update",
                    "delivery_lane": "delayed", "severity": "info",
                    "description": "A hearing was probed."}]',
                 'sandbox/002_outbox') as answer) as r
  left join public.event_type_history h on h.event_domain = 'hearing' and h.event_type = 'probed';

select 'a key is recorded once'                                            as scenario,
       r.first ->> 'status' = 'recorded'                                   as ok,
       r.first ->> 'status'                                                as detail
  from (select public.fn_iu_emit_event('hearing', 'probed', 'public.hearing', 'probe',
                                       'sandbox/002_outbox', '{"witnesses": 3}', null,
                                       'sandbox/002_outbox:probed') as first) as r;

select 'then it is a duplicate of the first'                               as scenario,
       r.again ->> 'status' = 'duplicate'
         and (r.again ->> 'event_uid')::uuid = e.event_uid
         and e.source_system = 'external'                                  as ok,
       r.again ->> 'status'                                                as detail
  from (select public.fn_iu_emit_event('hearing', 'probed', 'public.hearing', 'probe',
                                       'sandbox/002_outbox', '{"witnesses": 4}', null,
                                       'sandbox/002_outbox:probed') as again) as r,
       public.event_outbox e
 where e.tx = pg_current_xact_id()
   and e.event_type = 'probed';

-- Refused

select * from pg_temp.refused(
  'a type that nobody registered is refused', 'IU040',
  $$select public.fn_iu_emit_event('hearing', 'sung', 'public.hearing', 'x', 'sandbox/002_outbox')$$);

select * from pg_temp.refused(
  'a fact of ours is recorded by what makes it true, and by nobody else', 'IU044',
  $$select public.fn_iu_emit_event('piece', 'enacted', 'public.information_unit', 'DE-GG/ART-20',
                                   'sandbox/002_outbox')$$);

select * from pg_temp.refused(
  'a text in the payload is refused, at any depth', 'IU041',
  $$select public.fn_iu_emit_event('hearing', 'probed', 'public.hearing', 'x', 'sandbox/002_outbox',
                                   '{"pieces": [{"Body": "Die Würde des Menschen"}]}')$$);

select * from pg_temp.refused(
  'a payload that is no object is refused', 'IU004',
  $$select public.fn_iu_emit_event('hearing', 'probed', 'public.hearing', 'x', 'sandbox/002_outbox',
                                   '[]')$$);

select * from pg_temp.refused(
  'a type with events is not removed', 'IU043',
  $$select public.fn_iu_event_type_remove(
      '[{"event_domain": "hearing", "event_type": "probed"}]', 'sandbox/002_outbox')$$);

select * from pg_temp.refused(
  'a partition that is written to is not retired', 'IU042',
  $$select public.fn_iu_outbox_retire_partition(iu_core.newest_outbox_partition(),
                                                'sandbox/002_outbox', 'probe')$$);

select * from pg_temp.refused(
  'a direct insert is refused', 'IU001',
  'insert into public.event_outbox select * from public.event_outbox');

select * from pg_temp.refused(
  'into a partition as well', 'IU001',
  format('insert into public.event_outbox_p%s select * from public.event_outbox',
         iu_core.newest_outbox_partition()));

select * from pg_temp.refused(
  'a delete of what is known is refused', 'IU001', 'delete from public.event_dedupe');

-- Closed again

select 'the master gate closes'                                            as scenario,
       r.closed ->> 'status' = 'closed'                                    as ok,
       r.closed ->> 'status'                                               as detail
  from (select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'sandbox/002_outbox',
                                       'shown') as closed) as r;

select 'these facts were recorded, the close last'                         as scenario,
       pg_temp.recorded() like
         '%governance.gate_opened piece.created piece.created piece.created '
         'governance.setting_changed governance.event_types_changed hearing.probed '
         'governance.gate_closed'                                          as ok,
       pg_temp.recorded()                                                  as detail;

select 'the gap until the opening is on show'                              as scenario,
       count(*) filter (where g.gap_to is null) = 1 and count(*) >= 2      as ok,
       string_agg(g.cause, ', ' order by g.gap_from nulls first)           as detail
  from public.v_iu_outbox_gaps g;

select * from public.fn_iu_check_outbox();

rollback;
