--! Title: The route worker: nine scenarios, each with events of its own; afterwards 0/0/0
--! Requires: 010_event_types

begin;

-- What is there of the probe: attempts, dead letters, events.
create function pg_temp.counts()
returns text
language sql
as $$
  select format('%s/%s/%s',
           (select count(*) from public.iu_route_attempt a where a.route_code = 'sandbox_040'),
           (select count(*) from public.iu_route_dead_letter d where d.route_code = 'sandbox_040'),
           (select count(*) from public.event_outbox e where e.event_domain = 'sandbox_040'))
$$;

create function pg_temp.emit(p_key text)
returns text
language sql
as $$
  select public.fn_iu_emit_event('sandbox_040', 'tried', 'public.sandbox_040', p_key,
                                 'sandbox/040', jsonb_build_object('key', p_key), null,
                                 'sandbox_040:' || p_key) ->> 'status'
$$;

create function pg_temp.run()
returns jsonb
language sql
as $$ select public.fn_iu_route_worker_run('sandbox_040') $$;

create temporary table before_probe as select pg_temp.counts() as counts;
savepoint before_probe;

-- Its own type, route and worker; the gates as they may stand are closed first, for the probe.
do $do$
begin
  perform public.fn_iu_gate_close('iu_core.routes_master_enabled', 'sandbox/040', 'probe');
  perform public.fn_iu_gate_close('iu_core.route_worker_enabled', 'sandbox/040', 'probe');
  perform public.fn_iu_gate_close('iu_core.delivery_enabled', 'sandbox/040', 'probe');
  perform public.fn_iu_event_type_set(
    '[{"event_domain": "sandbox_040", "event_type": "tried", "event_stream": "update",
       "delivery_lane": "immediate", "severity": "info", "description": "A probe tried it."}]',
    'sandbox/040');
  perform public.fn_iu_route_set(
    '[{"route_code": "sandbox_040", "event_domain": "sandbox_040", "event_type": "*",
       "target_kind": "workflow", "target_ref": "workflow:sandbox_040", "enabled": true,
       "worker": "sandbox_040", "description": "Of the probe."}]', 'sandbox/040');
  perform public.fn_iu_route_worker_register('sandbox_040', '{}', 'sandbox/040');
  perform public.fn_iu_route_worker_enable('sandbox_040', 'sandbox/040', 'probe');
end
$do$;

select 'P1 closed gates do nothing'                                        as scenario,
       r.answer ->> 'status' = 'master_gate_closed'
         and pg_temp.emit('p1') = 'gate_closed' and pg_temp.counts() = b.counts as ok,
       r.answer ->> 'status'                                               as detail
  from (select pg_temp.run() as answer) as r, before_probe b;

do $do$
begin
  perform public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'sandbox/040', 'probe', 60);
  perform public.fn_iu_gate_open('iu_core.route_worker_enabled', null, 'sandbox/040', 'probe', 60);
  -- What is there from before is not the probe's affair.
  perform public.fn_iu_route_worker_rebaseline('sandbox_040', 'fresh', 'sandbox/040', 'probe');
  perform pg_temp.emit('p2');
end
$do$;

create temporary table pass as select pg_temp.run() as answer;
select 'P2 a dry run records exactly what it would send'                   as scenario,
       p.answer ->> 'status' = 'ran' and p.answer ->> 'deliveries' = '1'
         and a.status = 'dry_run' and a.attempt_no = 1
         and a.target_ref = 'workflow:sandbox_040' and a.safe_payload = '{"key": "p2"}' as ok,
       format('%s for %s: %s', a.status, a.target_ref, a.safe_payload)     as detail
  from pass p
  join public.iu_route_attempt a on a.route_code = 'sandbox_040';

select 'P3 cursor idempotency: a second run sees nothing'                  as scenario,
       r.answer ->> 'status' = 'idle' and r.answer ->> 'seen' = '0'        as ok,
       r.answer ->> 'status'                                               as detail
  from (select pg_temp.run() as answer) as r;

-- Another worker for the same route begins at the beginning: the cursor does not protect it.
do $do$
begin
  perform public.fn_iu_route_worker_register('sandbox_040_again', '{}', 'sandbox/040');
  perform public.fn_iu_route_worker_enable('sandbox_040_again', 'sandbox/040', 'probe');
  perform public.fn_iu_route_set(
    '[{"route_code": "sandbox_040", "worker": "sandbox_040_again"}]', 'sandbox/040');
  for n in 1 .. 1000 loop
    exit when not (public.fn_iu_route_worker_run('sandbox_040_again', 10000)
                   ->> 'more')::boolean;
  end loop;
  perform public.fn_iu_route_set(
    '[{"route_code": "sandbox_040", "worker": "sandbox_040"}]', 'sandbox/040');
end
$do$;

select 'P4 key idempotency: the delivery is there once, and the second is an alarm' as scenario,
       count(distinct c.id) = 1 and count(distinct a.attempt_no) = 1
         and count(distinct a.idempotency_key) = 1                         as ok,
       format('%s conflict, %s attempt', count(distinct c.id), count(distinct a.attempt_no)) as detail
  from public.v_iu_route_conflict_open c
  join public.iu_route_attempt a
    on a.event_id = c.event_id and a.route_code = c.route_code
 where c.route_code = 'sandbox_040';

select 'P5 health: well, and it names what is wrong'                       as scenario,
       w.h -> 'reasons' = '[]' and a.h -> 'reasons' = '["conflicts"]'       as ok,
       format('%s and %s', w.h -> 'reasons', a.h -> 'reasons')             as detail
  from (select public.fn_iu_route_worker_health('sandbox_040') as h) as w,
       (select public.fn_iu_route_worker_health('sandbox_040_again') as h) as a;

-- The route forced live, as somebody might who may alter the table: past the guard, not the seam.
set local role workflow_admin;
alter table public.iu_outbound_route disable trigger iu_guard_live;
reset role;
do $do$
begin
  perform public.fn_iu_route_set('[{"route_code": "sandbox_040", "dry_run": false}]',
                                 'sandbox/040');
  perform pg_temp.emit('p6');
end
$do$;
set local role workflow_admin;
alter table public.iu_outbound_route enable trigger iu_guard_live;
reset role;

create temporary table forced as select pg_temp.run() as answer;
select 'P6 fail-closed delivery: the seam refuses even a route that is forced live' as scenario,
       f.answer ->> 'dead_lettered' = '1' and a.status = 'refused'
         and a.detail ->> 'reason' = 'not_listed'                          as ok,
       format('%s: %s', a.status, a.detail ->> 'reason')                   as detail
  from forced f
  left join public.iu_route_attempt a
    on a.route_code = 'sandbox_040' and a.safe_payload = '{"key": "p6"}';

select 'P7 the dead letter holds the whole event'                          as scenario,
       count(*) = 1 and bool_and(d.event_snapshot ->> 'event_uid' = d.event_uid::text
                                 and d.event_snapshot -> 'safe_payload' = '{"key": "p6"}') as ok,
       string_agg(d.failure, ', ')                                         as detail
  from public.v_iu_route_dead_letter_open d
 where d.route_code = 'sandbox_040';

create temporary table replayed as
select public.fn_iu_route_dead_letter_replay(d.id, 'sandbox/040', 'probe') as live, d.id
  from public.v_iu_route_dead_letter_open d
 where d.route_code = 'sandbox_040';
do $do$
begin
  perform public.fn_iu_route_set('[{"route_code": "sandbox_040", "dry_run": true}]', 'sandbox/040');
end
$do$;
create temporary table replayed_again as
select public.fn_iu_route_dead_letter_replay(r.id, 'sandbox/040', 'probe') as dry from replayed r;
select 'P8 a replay is refused while the route is, then settles it, attempt by attempt' as scenario,
       r.live ->> 'status' = 'refused' and r.live ->> 'attempt_no' = '2'
         and d.dry ->> 'status' = 'dry_run' and d.dry ->> 'attempt_no' = '3'
         and not exists (select from public.v_iu_route_dead_letter_open o where o.id = r.id) as ok,
       format('%s, then %s', r.live ->> 'status', d.dry ->> 'status')      as detail
  from replayed r, replayed_again d;

do $do$
begin
  perform pg_temp.emit('p9');
  perform public.fn_iu_gate_close('iu_core.route_worker_enabled', 'sandbox/040', 'probe');
end
$do$;
create temporary table worker_closed as select pg_temp.run() ->> 'status' as status;
do $do$
begin
  perform public.fn_iu_gate_close('iu_core.routes_master_enabled', 'sandbox/040', 'probe');
end
$do$;
select 'P9 both gates: each of them stops it, the event waits'             as scenario,
       w.status = 'worker_gate_closed' and pg_temp.run() ->> 'status' = 'master_gate_closed'
         and exists (select from public.v_iu_event_backlog b
                      where b.worker = 'sandbox_040' and b.behind > 0)     as ok,
       w.status                                                            as detail
  from worker_closed w;

rollback to savepoint before_probe;

select 'afterwards attempts, dead letters and events of the probe are as before' as scenario,
       pg_temp.counts() = b.counts and b.counts = '0/0/0'                  as ok,
       pg_temp.counts()                                                    as detail
  from before_probe b;

rollback;
