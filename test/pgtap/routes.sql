--! Title: Routes: set, compiled, guarded, removed; inbound ones; targets and consumers

begin;

select plan(77);

-- At rest, whatever the runtime scripts opened.
select public.fn_iu_gate_close('iu_core.routes_master_enabled', 'test/pgtap', 'at rest');
select public.fn_iu_event_type_set(
  '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
     "delivery_lane": "delayed", "severity": "notice", "description": "A treaty was signed."},
    {"event_domain": "treaty", "event_type": "broken", "event_stream": "alert",
     "delivery_lane": "immediate", "severity": "critical", "description": "It was broken."}]',
  'a DBA');

create function pg_temp.topics(p_route_code text)
returns text
language sql
as $$
  select string_agg(concat_ws('.', t.event_domain, t.event_type, t.event_stream), ' '
                    order by t.event_domain, t.event_type)
    from public.iu_route_topic t
   where t.route_code = p_route_code
$$;

-- Set, as an operator

set local role iu_operator;
select is(
  public.fn_iu_route_set(
    '[{"route_code": "treaty.all", "event_domain": "treaty", "event_type": "*",
       "target_kind": "report", "target_ref": "report:treaties", "description": "All of them."}]',
    'an operator'),
  '{"written": 1, "unchanged": 0}', 'a route is set');
select is(
  public.fn_iu_route_set('[{"route_code": "treaty.all"}]', 'an operator'),
  '{"written": 0, "unchanged": 1}', 'what is left out stays as it is');
select results_eq(
  $$ select event_stream, payload_filter, enabled, dry_run, fail_closed, worker,
            (retry_policy ->> 'max_attempts')::integer
       from public.iu_outbound_route where route_code = 'treaty.all' $$,
  $$ values ('*'::text collate "C", null::jsonb, false, true, true,
             'iu_outbound_default'::text collate "C", 5) $$,
  'of a new route it is nothing that could act');
select is(
  public.fn_iu_route_set('[{"route_code": "treaty.all", "payload_filter": {"party": "FR"},
                            "enabled": true}]', 'an operator'),
  '{"written": 1, "unchanged": 0}', 'a route is changed');
select is(public.fn_iu_route_set('[]', 'an operator'), '{"written": 0, "unchanged": 0}',
          'no routes write nothing');
select throws_ok(
  format('select public.fn_iu_route_set(%L, %L)', r, 'an operator'), 'IU004', null,
  'refused as routes: ' || r)
  from unnest(array[
    '{}', '["treaty.all"]',
    '[{"route_code": "Treaty"}]',
    '[{"route_code": "treaty.new"}]',
    '[{"route_code": "treaty.all", "event_type": "si.ned"}]',
    '[{"route_code": "treaty.all", "target_kind": "pigeon"}]',
    '[{"route_code": "treaty.all", "target_ref": " "}]',
    '[{"route_code": "treaty.all", "enabled": "yes"}]',
    '[{"route_code": "treaty.all", "payload_filter": []}]',
    '[{"route_code": "treaty.all", "retry_policy": {}}]',
    '[{"route_code": "treaty.all", "retry_policy": {"max_attempts": 0, "base_seconds": 1,
                                                    "factor": 2, "max_seconds": 9}}]',
    '[{"route_code": "treaty.all", "colour": "red"}]',
    '[{"route_code": "treaty.all"}, {"route_code": "treaty.all"}]'
  ]) as r;
select throws_ok($$ select public.fn_iu_route_set('[]', ' ') $$, 'IU004', null,
                 'a change without an actor is refused');
reset role;

-- Compiled

select is(pg_temp.topics('treaty.all'), 'treaty.broken.alert treaty.signed.update',
          'the patterns are compiled');
select is(
  public.fn_iu_route_set(
    '[{"route_code": "all.alerts", "event_domain": "*", "event_type": "*", "event_stream": "al*t",
       "target_kind": "report", "target_ref": "report:alerts", "description": "Alerts."},
      {"route_code": "treaty.all", "event_type": "s*"}]', 'a DBA') ->> 'written',
  '2', 'two routes are set at once');
select is(pg_temp.topics('treaty.all'), 'treaty.signed.update', 'a narrower pattern has fewer topics');
select ok(pg_temp.topics('all.alerts') like '%treaty.broken.alert%'
          and pg_temp.topics('all.alerts') not like '%update%', 'a stream is a pattern, too');
select is(
  public.fn_iu_event_type_set(
    '[{"event_domain": "treaty", "event_type": "sealed", "event_stream": "birth", "severity": "info",
       "delivery_lane": "delayed", "description": "A treaty was sealed."}]', 'a DBA') ->> 'written',
  '1', 'another type is registered');
select is(pg_temp.topics('treaty.all'), 'treaty.sealed.birth treaty.signed.update',
          'and is a topic of the routes that fit');
select is(
  public.fn_iu_event_type_remove('[{"event_domain": "treaty", "event_type": "sealed"}]', 'a DBA'),
  '{"removed": 1}', 'it is removed');
select is(pg_temp.topics('treaty.all'), 'treaty.signed.update', 'and is no topic any more');
select ok(bool_and(c.ok), 'every check of the routes is ok') from public.fn_iu_check_routes() as c;

-- The guard

create function public.consume_treaty(p_event jsonb)
returns void
language sql
security definer
as $$ select null $$;
create function public.consume_as_caller(p_event jsonb)
returns void
language sql
as $$ select null $$;
grant execute on function public.consume_treaty(jsonb)    to workflow_admin;
grant execute on function public.consume_as_caller(jsonb) to workflow_admin;

create function pg_temp.go_live()
returns text
language sql
as $$
  select $call$ select public.fn_iu_route_set('[
    {"route_code": "treaty.all", "target_kind": "sql_function", "enabled": true, "dry_run": false,
     "target_ref": "public.consume_treaty(jsonb)"}]', 'an operator') $call$
$$;

select throws_ok(pg_temp.go_live(), 'IU050',
                 'IU050 live_route_refused: route treaty.all may not deliver live: not_listed',
                 'a route that is not listed does not go live');
select is(public.fn_dot_config_set('iu_core.delivery_live_routes', 'other treaty.all,', 'a', 'r')
            ->> 'status', 'set', 'it is listed');
select throws_ok(pg_temp.go_live(), 'IU050',
                 'IU050 live_route_refused: route treaty.all may not deliver live: target_unbuilt',
                 'nor one whose target is not built');
select is(public.fn_iu_delivery_target_set('sql_function', true, 'a DBA', 'its tests pass')
            ->> 'status', 'set', 'its target is built');
select is(public.fn_iu_delivery_target_set('sql_function', true, 'a DBA', 'its tests pass')
            ->> 'status', 'unchanged', 'built again it is unchanged');
select throws_ok(
  format('select public.fn_iu_delivery_target_set(%L, %L, %L, %L)', k, b, 'a', 'r'), 'IU004', null,
  coalesce(k, 'null') || ' is not built')
  from (values ('vector', true), ('pigeon', true), (null, true), ('report', null)) as t (k, b);
select throws_ok(pg_temp.go_live(), 'IU050',
                 'IU050 live_route_refused: route treaty.all may not deliver live: '
                 'consumer_unknown',
                 'nor one whose consumer is not registered');
select is(
  public.fn_iu_route_consumer_set('public.consume_treaty(jsonb)', 'Files it.', 'a DBA') ->> 'status',
  'set', 'its consumer is registered');
select is(
  public.fn_iu_route_consumer_set('public.consume_treaty(jsonb)', 'Files it.', 'a DBA') ->> 'status',
  'unchanged', 'registered again it is unchanged');
select throws_ok(
  format('select public.fn_iu_route_consumer_set(%L, %L, %L)', f, 'd', 'a'), 'IU004', null,
  f || ' is no consumer')
  from unnest(array['public.no_such(jsonb)', 'public.consume_treaty( jsonb)',
                    'public.consume_as_caller(jsonb)', 'pg_catalog.jsonb_typeof(jsonb)', '']) as f;
select throws_ok(pg_temp.go_live(), 'IU050',
                 'IU050 live_route_refused: route treaty.all may not deliver live: '
                 'delivery_gate_closed',
                 'nor one behind a closed gate');
select is(public.fn_iu_gate_open('iu_core.delivery_enabled', null, 'an operator', 'live', 60)
            ->> 'status', 'opened', 'the gate is opened');
select lives_ok(pg_temp.go_live(), 'then it goes live');
select is(public.fn_iu_route_consumer_remove('public.consume_treaty(jsonb)', 'a DBA'),
          '{"status": "removed", "function": "public.consume_treaty(jsonb)"}',
          'its consumer is removed');
select is(public.fn_iu_route_consumer_remove('public.consume_treaty(jsonb)', 'a DBA') ->> 'status',
          'absent', 'removed again it is absent');
select results_eq(
  $$ select c.detail from public.fn_iu_check_routes() as c where not c.ok $$,
  $$ values ('treaty.all: consumer_unknown'::text) $$, 'and the check says that it may not be live');

-- Inbound

create table public.embassy (code text primary key, city text);
grant insert, update, delete on public.embassy to iu_editor;
create trigger tell after insert or update or delete on public.embassy
  for each row execute function public.fn_iu_sql_route_capture();
select is(
  public.fn_iu_sql_route_set(
    '[{"route_code": "embassy.opened", "source_table": "public.embassy", "sql_event": "insert",
       "key_column": "code", "payload_columns": ["city"], "event_domain": "treaty",
       "event_type": "signed", "enabled": true}]', 'a DBA'),
  '{"written": 1, "unchanged": 0}', 'an inbound route is set');
select is(
  public.fn_iu_sql_route_set(
    '[{"route_code": "embassy.opened", "source_table": "public.embassy", "sql_event": "insert",
       "key_column": "code", "payload_columns": ["city"], "event_domain": "treaty",
       "event_type": "signed", "enabled": true}]', 'a DBA'),
  '{"written": 0, "unchanged": 1}', 'set again it is unchanged');
select throws_ok(
  format('select public.fn_iu_sql_route_set(%L, %L)', r, 'a'), 'IU004', null,
  'refused as inbound routes: ' || r)
  from unnest(array[
    '{}', '[1]',
    '[{"route_code": "x", "source_table": "public.nowhere", "sql_event": "insert",
       "key_column": "code", "event_domain": "treaty", "event_type": "signed"}]',
    '[{"route_code": "x", "source_table": "public.embassy", "sql_event": "truncate",
       "key_column": "code", "event_domain": "treaty", "event_type": "signed"}]']) as r;
select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'an operator', 'facts', 60);
set local role iu_editor;
select lives_ok($$ insert into public.embassy values ('FR', 'Paris') $$, 'a row is inserted');
reset role;
select results_eq(
  $$ select e.event_type = 'signed', e.subject_table, e.subject_ref, e.safe_payload::jsonb,
            e.causation::jsonb
       from public.event_outbox e where e.event_domain = 'treaty' $$,
  $$ values (true, 'public.embassy'::text, 'FR'::text, '{"city": "Paris"}'::jsonb,
             '{"inbound_route": "embassy.opened"}'::jsonb) $$,
  'which is an event');
select public.fn_iu_sql_route_set(
  '[{"route_code": "embassy.opened", "source_table": "public.embassy", "sql_event": "insert",
     "key_column": "code", "event_domain": "treaty", "event_type": "unknown", "enabled": true}]',
  'a DBA');
select throws_ok($$ insert into public.embassy values ('DE', 'Berlin') $$, 'IU040', null,
                 'a change whose event cannot be recorded fails');
select public.fn_iu_sql_route_set(
  '[{"route_code": "embassy.opened", "source_table": "public.embassy", "sql_event": "insert",
     "key_column": "code", "event_domain": "treaty", "event_type": "unknown", "enabled": true,
     "fail_closed": false}]', 'a DBA');
select lives_ok($$ insert into public.embassy values ('DE', 'Berlin') $$,
                'unless the route is not fail_closed');
select is(public.fn_iu_sql_route_remove('{embassy.opened,none}', 'a DBA'), '{"removed": 1}',
          'an inbound route is removed');
select lives_ok($$ delete from public.embassy $$, 'then the trigger does nothing');

-- Removed

set local role iu_operator;
select is(public.fn_iu_route_remove('{treaty.all,no.such}', 'an operator'), '{"removed": 1}',
          'a route is removed, one that is not there passed over');
select is(public.fn_iu_route_remove('{treaty.all}', 'an operator'), '{"removed": 0}',
          'removed again nothing is');
reset role;
select is(pg_temp.topics('treaty.all'), null, 'its topics are gone');
select results_eq(
  $$ select h.version, h.entry ->> 'enabled', h.actor, h.login = session_user
       from public.iu_outbound_route_history h
      where h.route_code = 'treaty.all' and (h.version <= 2 or h.entry is null) order by 1 $$,
  $$ values (1, 'false', 'an operator', true), (2, 'true', 'an operator', true),
            (5, null, 'an operator', true) $$,
  'what it was is on record, version by version');
select public.fn_iu_route_set(
  '[{"route_code": "treaty.all", "event_domain": "treaty", "event_type": "*",
     "target_kind": "report", "target_ref": "report:again", "description": "Again."}]', 'a DBA');
select is((select r.version from public.iu_outbound_route r where r.route_code = 'treaty.all'), 6,
          'set again it takes the next version, not one that was');
select throws_ok($$ delete from public.iu_outbound_route_history $$, 'IU001', null,
                 'the record is not written by hand');

-- Roles

set local role iu_worker;
select throws_ok($$ select public.fn_iu_route_set('[]', 'w') $$, '42501', null,
                 'a worker may not set routes');
select throws_ok($$ select public.fn_iu_route_remove('{}', 'w') $$, '42501', null, 'nor remove any');
set local role iu_operator;
select throws_ok(c, '42501', null, 'nor may an operator: ' || c)
  from unnest(array[
    $$ select public.fn_iu_sql_route_set('[]', 'o') $$,
    $$ select public.fn_iu_sql_route_remove('{}', 'o') $$,
    $$ select public.fn_iu_delivery_target_set('report', true, 'o', 'r') $$,
    $$ select public.fn_iu_route_consumer_set('f', 'd', 'o') $$,
    $$ select public.fn_iu_route_consumer_remove('f', 'o') $$]) as c;
set local role workflow_admin;
select throws_ok($$ select public.fn_iu_delivery_target_set('report', true, 'a', 'r') $$,
                 'IU001', null, 'nobody builds a target after SET ROLE workflow_admin');
reset role;

select * from finish();
rollback;
