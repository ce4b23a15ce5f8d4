--! Title: The route worker: registered, run, health, dead letters, conflicts, live delivery, the fence

begin;

select plan(142);

-- At rest, whatever the runtime scripts opened; then a worker, a type and routes of our own.
select public.fn_iu_gate_close(g.key, 'test/pgtap', 'at rest')
  from unnest(array['iu_core.routes_master_enabled', 'iu_core.route_worker_enabled']) as g (key);
select public.fn_iu_route_worker_remove('iu_outbound_default', 'test/pgtap', 'at rest');
select public.fn_iu_event_type_set(
  '[{"event_domain": "treaty", "event_type": "signed", "event_stream": "update",
     "delivery_lane": "delayed", "severity": "notice", "description": "A treaty was signed."}]',
  'a DBA');

create function pg_temp.emit(p_ref text)
returns bigint
language sql
as $$
  select (public.fn_iu_emit_event('treaty', 'signed', 'public.treaty', p_ref, 'a DBA',
                                  jsonb_build_object('ref', p_ref)) ->> 'event_id')::bigint
$$;

create function pg_temp.attempts(p_route_code text)
returns text
language sql
as $$
  select string_agg(format('%s:%s:%s', a.safe_payload ->> 'ref', a.attempt_no, a.status), ' '
                    order by a.event_id, a.attempt_no)
    from public.iu_route_attempt a
   where a.route_code = p_route_code
$$;

create function pg_temp.dead(p_route_code text)
returns uuid
language sql
as $$ select d.id from public.v_iu_route_dead_letter_open d where d.route_code = p_route_code $$;

-- Registration, as an operator

set local role iu_operator;
select is(public.fn_iu_route_worker_register('clerk', '{"page_limit": 10}', 'an operator'),
          '{"status": "registered", "worker": "clerk"}', 'a worker is registered');
select is(public.fn_iu_route_worker_register('clerk', '{}', 'an operator') ->> 'status',
          'unchanged', 'registered again it is unchanged');
select is(public.fn_iu_route_worker_register('clerk', '{"max_behind": 2}', 'an operator')
            ->> 'status', 'registered', 'its limits are changed');
select throws_ok(
  format('select public.fn_iu_route_worker_register(%L, %L, %L)', w, s, 'o'), 'IU004', null,
  format('refused as a worker: %s %s', w, s))
  from (values ('Clerk', '{}'), ('', '{}'), ('clerk', '[]'), ('clerk', '{"page_limit": 0}'),
               ('clerk', '{"interval_seconds": "soon"}'), ('clerk', '{"colour": 1}'),
               ('clerk', '{"description": ""}'), ('clerk', '{"max_behind": null}')) as t (w, s);
select is(public.fn_iu_route_worker_run('clerk'), '{"status": "master_gate_closed"}',
          'behind a closed master gate it does nothing');
select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'an operator', 'facts', 60);
select is(public.fn_iu_route_worker_run('clerk'), '{"status": "worker_gate_closed"}',
          'behind its own closed gate neither');
select public.fn_iu_gate_open('iu_core.route_worker_enabled', null, 'an operator', 'route', 60);
select is(public.fn_iu_route_worker_run('clerk'), '{"status": "inert"}',
          'and it is inert until it is enabled');
select throws_ok($$ select public.fn_iu_route_worker_run('nobody') $$, 'IU054', null,
                 'one that is not registered is refused');
select throws_ok(format('select public.fn_iu_route_worker_run(%L, %L)', 'clerk', n), 'IU004', null,
                 n || ' is no limit') from unnest(array[0, 10001]) as n;
select is(public.fn_iu_route_worker_enable('clerk', 'an operator', 'work') ->> 'status', 'enabled',
          'it is enabled');
select is(public.fn_iu_route_worker_enable('clerk', 'an operator', 'work') ->> 'status',
          'unchanged', 'enabled again it is unchanged');
select is(public.fn_iu_route_worker_rebaseline('clerk', 'fresh', 'an operator', 'from now on')
            - 'generation', '{"status": "rebaselined", "mode": "fresh", "was": null}',
          'it begins now, without what was there before');
select throws_ok(format('select public.fn_iu_route_worker_rebaseline(%L, %L, %L, %L)', w, m, 'o', r),
                 e, null, format('%s %s is refused', w, m))
  from (values ('clerk', 'again', 'r', 'IU004'), ('clerk', 'fresh', ' ', 'IU004'),
               ('nobody', 'fresh', 'r', 'IU054')) as t (w, m, r, e);
select public.fn_iu_route_set('[
  {"route_code": "treaty.archive", "event_domain": "treaty", "event_type": "*", "enabled": true,
   "target_kind": "report", "target_ref": "report:archive", "worker": "clerk",
   "description": "All of them."},
  {"route_code": "treaty.paris", "event_domain": "treaty", "event_type": "*", "enabled": true,
   "payload_filter": {"ref": "Paris"}, "target_kind": "report", "target_ref": "report:paris",
   "worker": "clerk", "description": "One of them."},
  {"route_code": "treaty.off", "event_domain": "treaty", "event_type": "*",
   "target_kind": "report", "target_ref": "report:off", "worker": "clerk",
   "description": "Disabled."}]', 'an operator');
reset role;

-- A dry run

select is((public.fn_iu_route_worker_run('clerk') - 'generation') ->> 'status', 'ran',
          'the first run after an enable leaves a generation');
select pg_temp.emit(r) from unnest(array['Lissabon', 'Paris']) as r;
select is(
  (select b.behind from public.v_iu_event_backlog b where b.worker = 'clerk'), 2::bigint,
  'two events wait');
set local role iu_worker;
select is(public.fn_iu_route_worker_run('clerk') - 'generation',
          '{"status": "ran", "seen": 2, "deliveries": 3, "attempts": 3, "dead_lettered": 0,
            "conflicts": 0, "more": false}', 'they are routed');
select is(public.fn_iu_route_worker_run('clerk') ->> 'status', 'idle', 'then there is nothing');
reset role;
select is(pg_temp.attempts('treaty.archive'), 'Lissabon:1:dry_run Paris:1:dry_run',
          'a route has what fits it');
select is(pg_temp.attempts('treaty.paris'), 'Paris:1:dry_run', 'and its filter');
select is(pg_temp.attempts('treaty.off'), null, 'a disabled one nothing');
select results_eq(
  $$ select a.idempotency_key = a.event_uid || ':treaty.paris', a.target_kind = 'report',
            a.target_ref, a.safe_payload
       from public.iu_route_attempt a where a.route_code = 'treaty.paris' $$,
  $$ values (true, true, 'report:paris'::text, '{"ref": "Paris"}'::jsonb) $$,
  'an attempt says what it would send');
select results_eq(
  $$ select w.decided_by, w.outcome from public.v_iu_route_why w
      where w.event_id = (select max(e.id) - 1 from public.event_outbox e)
        and w.route_code like 'treaty.%' order by w.route_code $$,
  $$ values ('delivered'::text, 'dry_run'::text), ('route_disabled', 'none'),
            ('payload_filter', 'none') $$, 'and why is told');
select results_eq(
  $$ select s.status, s.attempts, s.events from public.v_iu_route_attempt_summary s
      where s.route_code = 'treaty.archive' $$,
  $$ values ('dry_run'::text, 2::bigint, 2::bigint) $$, 'and how often');
select public.fn_iu_route_set(
  '[{"route_code": "treaty.paris", "target_ref": "report:versailles"}]', 'an operator');
select is((select a.target_ref from public.iu_route_attempt a where a.route_code = 'treaty.paris'),
          'report:paris', 'where it would have sent it then, whatever the route became');
select throws_ok($$ delete from public.iu_route_attempt $$, '55000', null, 'attempts are read only');
select throws_ok($$ delete from public.iu_route_attempt_made $$, 'IU001', null,
                 'those that were made, too');
select public.fn_iu_route_worker_run('clerk');

-- Pages

select pg_temp.emit('n' || n) from generate_series(1, 25) as n;
select is(
  array(select public.fn_iu_route_worker_run('clerk') ->> 'seen' from generate_series(1, 4)),
  array['10', '10', '5', '0'], 'a large window is paged, as registered');
select pg_temp.emit('m' || n) from generate_series(1, 4) as n;
select is(public.fn_iu_route_worker_run('clerk', 2) ->> 'more', 'true', 'or as asked for');
select pg_temp.emit('late');
select is(public.fn_iu_route_worker_run('clerk', 2) ->> 'more', 'true',
          'a full page may not be the last');
select is(public.fn_iu_route_worker_run('clerk', 2) ->> 'seen', '0', 'here it was');
select is(public.fn_iu_route_worker_run('clerk', 2) ->> 'seen', '1',
          'what came meanwhile is in the next window');

-- What is emitted after a run in the same transaction is not lost

select pg_temp.emit('after');
select is(public.fn_iu_route_worker_run('clerk') ->> 'seen', '1', 'it is the next one''s');

-- Health

set local role context_pack_readonly;
select is(public.fn_iu_route_worker_health('clerk') ->> 'healthy', 'true', 'the worker is healthy');
select is(public.fn_iu_route_worker_health('nobody') -> 'reasons', '["not_registered", "never_ran"]',
          'nobody is not');
reset role;
select pg_temp.emit('h' || n) from generate_series(1, 5) as n;
select is(public.fn_iu_route_worker_health('clerk') -> 'reasons', '["behind"]',
          'more than its limit waits');
select results_eq(
  $$ select h.h ->> 'behind', h.h ->> 'behind_is_more'
       from (select public.fn_iu_route_worker_health('clerk') as h) as h $$,
  $$ values ('3'::text, 'true'::text) $$, 'counted as far as that');
select is(public.fn_iu_route_worker_register('clerk', '{"max_behind": 100, "max_lag_seconds": 0}',
                                             'a DBA') ->> 'status', 'registered', 'other limits');
select is(public.fn_iu_route_worker_health('clerk') -> 'reasons', '["lag"]', 'another reason');
select is(public.fn_iu_route_worker_disable('clerk', 'a DBA', 'rest') ->> 'status', 'disabled',
          'it is disabled');
select is(public.fn_iu_route_worker_disable('clerk', 'a DBA', 'rest') ->> 'status', 'unchanged',
          'disabled again it is unchanged');
select is(public.fn_iu_route_worker_health('clerk') -> 'reasons', '["inert", "lag"]', 'and inert');
select is(public.fn_iu_route_worker_run('clerk') ->> 'status', 'inert', 'and does nothing');
select public.fn_iu_route_worker_enable('clerk', 'a DBA', 'work');
select public.fn_iu_route_worker_register('clerk', '{"max_lag_seconds": 300}', 'a DBA');
select is(public.fn_iu_route_worker_run('clerk') ->> 'deliveries', '5',
          'enabled again it goes on where it was');
select throws_ok(format('select public.%s(%L, %L, %L)', f, 'nobody', 'a', 'r'), 'IU054', null,
                 f || ' of nobody is refused')
  from unnest(array['fn_iu_route_worker_enable', 'fn_iu_route_worker_disable']) as f;

-- A poison event

create function public.refuse_poison()
returns trigger
language plpgsql
as $$
begin
  if new.dry_run and new.route_code = 'treaty.archive'
     and exists (select from public.event_outbox e
                  where e.id = new.event_id and e.safe_payload ->> 'ref' = 'poison')
  then
    raise exception 'this is poison' using errcode = '22000';
  end if;
  return new;
end
$$;
create trigger poison before insert on public.iu_route_delivery
  for each row execute function public.refuse_poison();
select pg_temp.emit(r) from unnest(array['a', 'b', 'poison', 'c', 'd']) as r;
select is(public.fn_iu_route_worker_run('clerk') - 'generation',
          '{"status": "ran", "seen": 5, "deliveries": 4, "attempts": 4, "dead_lettered": 1,
            "conflicts": 0, "more": false}', 'a poison event does not stop the others');
select ok(pg_temp.attempts('treaty.archive') like '%a:1:dry_run b:1:dry_run poison:1:failed c:1:dry_run d:1:dry_run',
          'they are all there');
select results_eq(
  $$ select d.failure_code, d.failure, d.event_snapshot -> 'safe_payload'
       from public.v_iu_route_dead_letter_open d where d.route_code = 'treaty.archive' $$,
  $$ values ('22000'::text, 'this is poison'::text, '{"ref": "poison"}'::jsonb) $$,
  'it is a dead letter');
select is(public.fn_iu_route_worker_health('clerk') -> 'reasons', '["dead_letters"]',
          'which health shows');
drop trigger poison on public.iu_route_delivery;
set local role iu_operator;
select is(public.fn_iu_route_dead_letter_replay(pg_temp.dead('treaty.archive'), 'an operator',
                                                'mended') - 'detail',
          '{"status": "dry_run", "resolved": true, "attempt_no": 2}', 'it is replayed');
reset role;
select is(pg_temp.dead('treaty.archive'), null, 'then it is settled');
select is(public.fn_iu_route_dead_letter_replay(d.id, 'a', 'r') ->> 'status', 'already_resolved',
          'once') from public.iu_route_dead_letter d;
select throws_ok($$ select public.fn_iu_route_dead_letter_replay(gen_random_uuid(), 'a', 'r') $$,
                 'IU053', null, 'an unknown one is refused');
select throws_ok($$ select public.fn_iu_route_dead_letter_replay(null, 'a', ' ') $$,
                 'IU004', null, 'and one for no reason');
select is((public.fn_iu_route_worker_health('clerk') ->> 'healthy')::boolean, true,
          'health is well again');

-- A conflict

select public.fn_iu_route_worker_register('other', '{}', 'a DBA');
select public.fn_iu_route_worker_enable('other', 'a DBA', 'work');
select public.fn_iu_route_worker_rebaseline('other', 'fresh', 'a DBA', 'from now on');
select pg_temp.emit('twice');
select is(public.fn_iu_route_worker_run('clerk') ->> 'deliveries', '1', 'an event is routed');
select public.fn_iu_route_set('[{"route_code": "treaty.archive", "worker": "other"}]', 'a DBA');
select ok(r.run ->> 'conflicts' = '1' and r.run ->> 'deliveries' = '0',
          'another worker meets the delivery: an alarm, no wedge')
  from (select public.fn_iu_route_worker_run('other') as run) as r;
select is(public.fn_iu_route_worker_health('other') -> 'reasons', '["conflicts"]',
          'which health shows');
set local role iu_operator;
select is(public.fn_iu_route_worker_resolve(c.id, 'an operator', 'known'),
          '{"status": "resolved", "kind": "conflict"}', 'it is closed')
  from public.v_iu_route_conflict_open c;
select is(public.fn_iu_route_worker_resolve(x.alarm_id, 'an operator', 'known') ->> 'status',
          'already_resolved', 'once') from public.iu_route_resolution x where x.kind = 'conflict';
select throws_ok($$ select public.fn_iu_route_worker_resolve(gen_random_uuid(), 'a', 'r') $$,
                 'IU053', null, 'an unknown one is refused');
select throws_ok($$ select public.fn_iu_route_worker_resolve(gen_random_uuid(), 'a', '') $$,
                 'IU004', null, 'and one for no reason');
reset role;

-- Live, in the worker's transaction

create table public.filed (event jsonb);
create function public.file_treaty(p_event jsonb)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.filed values (p_event);
  if p_event -> 'safe_payload' ->> 'ref' like 'bad%' then
    raise exception 'no room for %', p_event -> 'safe_payload' ->> 'ref';
  end if;
end
$$;
grant execute on function public.file_treaty(jsonb) to workflow_admin;
select public.fn_iu_route_consumer_set('public.file_treaty(jsonb)', 'Files it.', 'a DBA');
select public.fn_iu_delivery_target_set(k, true, 'a DBA', 'built')
  from unnest(array['sql_function', 'report']) as k;
select public.fn_dot_config_set('iu_core.delivery_live_routes', 'treaty.file, treaty.report', 'a', 'r');
select public.fn_iu_gate_open('iu_core.delivery_enabled', null, 'an operator', 'live', 600);
select public.fn_iu_route_set('[{"route_code": "treaty.archive", "enabled": false}]', 'a DBA');
select is(
  public.fn_iu_route_set('[
    {"route_code": "treaty.file", "event_domain": "treaty", "event_type": "*", "enabled": true,
     "target_kind": "sql_function", "target_ref": "public.file_treaty(jsonb)", "worker": "clerk",
     "dry_run": false, "description": "Files it.",
     "retry_policy": {"max_attempts": 2, "base_seconds": 0, "factor": 1, "max_seconds": 0}}]',
    'a DBA') ->> 'written', '1', 'a live route');
select pg_temp.emit('good');
select is(public.fn_iu_route_worker_run('clerk', null, 'no:fence') ->> 'attempts', '0',
          'without the fence nothing is delivered');
select is((select count(*) from public.iu_route_pending), 1::bigint, 'it waits');
set local role iu_operator;
select is(public.fn_iu_fence_set('here', 'sixteen characters', 'an operator', 'this is it')
            ->> 'status', 'set', 'a fence is set');
select is(public.fn_iu_fence_set('here', 'sixteen characters', 'an operator', 'this is it')
            ->> 'status', 'unchanged', 'set again it is unchanged');
select throws_ok(format('select public.fn_iu_fence_set(%L, %L, %L, %L)', d, t, 'o', 'r'), 'IU004',
                 null, format('refused as a fence: %s %s', d, t))
  from (values ('here', 'short'), ('he re', 'sixteen characters'), ('', 'sixteen characters'))
       as t (d, t);
reset role;
select is(public.fn_iu_route_worker_run('clerk', null, 'there:sixteen characters') ->> 'attempts',
          '0', 'with another fence nothing is delivered either');
select is(public.fn_iu_route_worker_run('clerk', null, 'here:sixteen characters') ->> 'attempts',
          '1', 'with it, it is');
select is(pg_temp.attempts('treaty.file'), 'good:1:sent', 'and recorded');
select results_eq(
  $$ select event ->> 'route_code', event ->> 'idempotency_key' = (event ->> 'event_uid')
            || ':treaty.file', event -> 'safe_payload' from public.filed $$,
  $$ values ('treaty.file'::text, true, '{"ref": "good"}'::jsonb) $$, 'the consumer had the event');
select pg_temp.emit('bad');
select is(public.fn_iu_route_worker_run('clerk', null, 'here:sixteen characters') ->> 'attempts',
          '1', 'a consumer fails');
select is((select count(*) from public.filed), 1::bigint, 'nothing of it is left');
select ok(r.run ->> 'attempts' = '1' and r.run ->> 'dead_lettered' = '1',
          'it is tried again, and then a dead letter')
  from (select public.fn_iu_route_worker_run('clerk', null, 'here:sixteen characters') as run) as r;
select is(pg_temp.attempts('treaty.file'), 'good:1:sent bad:1:failed bad:2:failed',
          'each try is an attempt');
select is(public.fn_iu_route_dead_letter_replay(pg_temp.dead('treaty.file'), 'a', 'again')
            ->> 'status', 'refused', 'a live replay without the fence is refused');
select is(public.fn_iu_route_dead_letter_replay(pg_temp.dead('treaty.file'), 'a', 'again',
                                                'here:sixteen characters') ->> 'status',
          'failed', 'with it, it fails as before');
select is((select d.failure from public.v_iu_route_dead_letter_open d
            where d.route_code = 'treaty.file'), 'no room for bad', 'and stays open');
select public.fn_iu_route_set('[{"route_code": "treaty.file", "enabled": false}]', 'a DBA');
select is(public.fn_iu_route_dead_letter_replay(pg_temp.dead('treaty.file'), 'a', 'again')
            ->> 'status', 'skipped', 'on a disabled route it is skipped');
select is(public.fn_iu_route_worker_resolve(pg_temp.dead('treaty.file'), 'a', 'given up'),
          '{"status": "resolved", "kind": "dead_letter"}', 'and may be closed by hand');

-- Live, by a dispatcher

select is(
  public.fn_iu_route_set('[
    {"route_code": "treaty.report", "event_domain": "treaty", "event_type": "*", "enabled": true,
     "target_kind": "report", "target_ref": "report:live", "worker": "clerk", "dry_run": false,
     "description": "Reports it.",
     "retry_policy": {"max_attempts": 2, "base_seconds": 0, "factor": 1, "max_seconds": 0}}]',
    'a DBA') ->> 'written', '1', 'another live route');
select pg_temp.emit('r' || n) from generate_series(1, 4) as n;
select is(public.fn_iu_route_worker_run('clerk') ->> 'deliveries', '4', 'its events are pending');
create temporary table claimed (like public.iu_route_pending, attempt_no integer, payload jsonb);
grant all on claimed to iu_worker;
set local role iu_worker;
select throws_ok($$ select * from public.fn_iu_route_claim_pending('clerk', 9, 'no:fence') $$,
                 'IU051', null, 'without the fence nobody claims them');
select throws_ok(format('select * from public.fn_iu_route_claim_pending(%L, %L, %L, %L)', w, n, 'f', s),
                 'IU004', null, format('refused as a claim: %s %s %s', w, n, s))
  from (values ('clerk', 0, 60), ('clerk', 1001, 60), ('clerk', 1, 0), ('', 1, 60)) as t (w, n, s);
insert into claimed (event_id, route_code, worker, target_kind, tries, due_at, queued_at,
                     claim_token, claimed_until, attempt_no, payload)
select c.event_id, c.route_code, 'clerk', c.target_kind, 0, now(), now(), c.claim_token,
       c.claimed_until, c.attempt_no, c.safe_payload
  from public.fn_iu_route_claim_pending('clerk', 3, 'here:sixteen characters') as c;
select results_eq($$ select attempt_no, payload ->> 'ref' from claimed order by event_id $$,
                  $$ values (1, 'r1'::text), (1, 'r2'), (1, 'r3') $$, 'three are claimed');
select is((select count(*) from public.fn_iu_route_claim_pending('clerk', 3,
                                                                 'here:sixteen characters')),
          1::bigint, 'nobody else gets these');
select is(public.fn_iu_route_may_deliver(c.event_id, c.route_code, c.claim_token,
                                         'here:sixteen characters'),
          null, 'one may go out') from claimed c where c.payload ->> 'ref' = 'r1';
select is(public.fn_iu_route_may_deliver(c.event_id, c.route_code, gen_random_uuid(),
                                         'here:sixteen characters'),
          'claim_lost', 'not of another claim') from claimed c where c.payload ->> 'ref' = 'r1';
select is(public.fn_iu_route_may_deliver(c.event_id, c.route_code, c.claim_token, null),
          'fence_mismatch', 'nor without the fence') from claimed c where c.payload ->> 'ref' = 'r1';

create function pg_temp.record(p_ref text, p_status text, p_detail jsonb default null)
returns text
language sql
as $$
  select concat_ws(' ', r.r ->> 'attempt_no', r.r ->> 'outcome')
    from claimed c
   cross join lateral (
     select public.fn_iu_route_record_attempt(
              c.event_id, c.route_code, p_status, p_detail, null, c.claim_token,
              'here:sixteen characters') as r
   ) as r
   where c.payload ->> 'ref' = p_ref
$$;
select is(pg_temp.record('r1', 'sent'), '1 done', 'a delivery is recorded');
select throws_ok($$ select pg_temp.record('r1', 'sent') $$, 'IU052', null, 'once');
select is(pg_temp.record('r2', 'ambiguous', '{"error": "no answer"}'), '1 retry',
          'an ambiguous one is due again');
select is(pg_temp.record('r3', 'refused'), '1 dead_letter', 'a refused one is a dead letter');
select throws_ok($$ select pg_temp.record('r2', 'sung') $$, 'IU004', null,
                 'another status is refused');
select throws_ok($$ select pg_temp.record('r2', 'failed', '{"password": "x"}') $$, 'IU004', null,
                 'and a detail with a secret');
update claimed c set claim_token = k.claim_token
  from public.fn_iu_route_claim_pending('clerk', 1, 'here:sixteen characters') as k
 where c.payload ->> 'ref' = 'r2' and k.event_id = c.event_id;
select is(pg_temp.record('r2', 'failed', '{"error": "no paper"}'), '2 dead_letter',
          'tried once more, it is one, too');
reset role;
select is(pg_temp.attempts('treaty.report'), 'r1:1:sent r2:1:ambiguous r2:2:failed r3:1:refused',
          'each try is an attempt');
select is(
  public.fn_iu_route_dead_letter_replay(d.id, 'a', 'paper', 'here:sixteen characters'),
  '{"status": "requeued", "resolved": false}', 'a replay gives it back to the dispatcher')
  from public.v_iu_route_dead_letter_open d where d.failure = 'no paper';
set local role iu_worker;
update claimed c set claim_token = k.claim_token
  from public.fn_iu_route_claim_pending('clerk', 9, 'here:sixteen characters') as k
 where c.payload ->> 'ref' = 'r2' and k.event_id = c.event_id;
select is(pg_temp.record('r2', 'sent'), '3 done', 'which delivers it');
reset role;
select is((select count(*) from public.v_iu_route_dead_letter_open d where d.failure = 'no paper'),
          0::bigint, 'and so settles it');

-- Closed again

select pg_temp.emit('closing');
select public.fn_iu_route_worker_run('clerk');
select public.fn_iu_gate_close('iu_core.delivery_enabled', 'an operator', 'stop');
set local role iu_worker;
select throws_ok($$ select * from public.fn_iu_route_claim_pending('clerk', 9,
                                                                   'here:sixteen characters') $$,
                 'IU010', null, 'behind the closed delivery gate nobody claims');
reset role;
select throws_ok($$ select public.fn_iu_route_remove('{treaty.report}', 'a DBA') $$, 'IU055', null,
                 'a route with something pending is not removed');
select results_eq(
  $$ select r.scenario from public.fn_iu_route_live_readiness('treaty.report') as r where not r.ok $$,
  $$ values ('the delivery gate is open'::text), ('it has dry runs of real events'),
            ('its worker is healthy') $$,
  'what stands between a route and live');
select ok(not r.ok, 'everything, where there is no route')
  from public.fn_iu_route_live_readiness('no.such') as r
 where r.scenario = 'the route exists and is enabled';
select results_eq(
  $$ select c.scenario from public.fn_iu_check_route_worker() as c where not c.ok $$,
  $$ values ('W5 the worker of every enabled route is registered'::text) $$,
  'the check of the worker misses the one that was removed above');
select ok(bool_and(c.ok), 'open gates are open for good or under a lease, as checked')
  from iu_core.check_gate_positions() as c
 where c.scenario !~ 'is closed$';
select ok(c.ok, c.scenario) from iu_core.check_conformance() as c
 where c.scenario = 'every object of the manifest exists';

-- A topic that nobody knows

select public.fn_iu_route_set('[{"route_code": "treaty.report", "enabled": false},
                                {"route_code": "treaty.paris"}]', 'a DBA');
select pg_temp.emit('Paris');
select iu_core.forget_event_types('[{"event_domain": "treaty", "event_type": "signed"}]', 'test/pgtap');
select is((select count(*) from public.iu_event_topic t where t.event_domain = 'treaty'), 0::bigint,
          'the type is gone, and its topic');
select is(public.fn_iu_route_worker_run('clerk') ->> 'deliveries', '1',
          'the event that has it is routed all the same');
select is((select count(*) from public.iu_event_topic t where t.event_domain = 'treaty'), 1::bigint,
          'at first sight the topic is known');

-- Retention

select setval('public.event_outbox_id_seq', 1000000);
select throws_ok($$ select public.fn_iu_outbox_retire_partition(0, 'a DBA', 'statute') $$, 'IU042',
                 'IU042 partition_in_use: partition 0 holds events that are still to be routed or '
                 'delivered', 'a partition that a worker has not passed is not retired');

-- Roles

set local role iu_worker;
select throws_ok(c, '42501', null, 'a worker may not: ' || c)
  from unnest(array[
    $$ select public.fn_iu_route_worker_register('w', '{}', 'w') $$,
    $$ select public.fn_iu_route_worker_enable('clerk', 'w', 'r') $$,
    $$ select public.fn_iu_route_worker_disable('clerk', 'w', 'r') $$,
    $$ select public.fn_iu_route_worker_remove('clerk', 'w', 'r') $$,
    $$ select public.fn_iu_route_worker_rebaseline('clerk', 'fresh', 'w', 'r') $$,
    $$ select public.fn_iu_route_worker_resolve(null, 'w', 'r') $$,
    $$ select public.fn_iu_route_dead_letter_replay(null, 'w', 'r') $$,
    $$ select public.fn_iu_fence_set('here', 'sixteen characters', 'w', 'r') $$]) as c;
set local role iu_operator;
select throws_ok(c, '42501', null, 'an operator may not: ' || c)
  from unnest(array[
    $$ select * from public.fn_iu_route_claim_pending('clerk', 1, 'f') $$,
    $$ select public.fn_iu_route_may_deliver(1, 'r', null, 'f') $$,
    $$ select public.fn_iu_route_record_attempt(1, 'r', 'sent', null, null, null, 'f') $$]) as c;
set local role iu_editor;
select throws_ok($$ select public.fn_iu_route_worker_run('clerk') $$, '42501', null,
                 'an editor may not run a worker');
set local role workflow_admin;
select throws_ok($$ select public.fn_iu_route_worker_register('w', '{}', 'a') $$, 'IU001', null,
                 'nobody registers one after SET ROLE workflow_admin');
reset role;
select is(public.fn_iu_route_worker_remove('clerk', 'a DBA', 'gone') ->> 'status', 'removed',
          'a worker is removed');
select is(public.fn_iu_route_worker_remove('clerk', 'a DBA', 'gone') ->> 'status', 'absent',
          'removed again it is absent');

select * from finish();
rollback;
