--! Title: Verify the live worker, L1 to L9
--! Requires: 090_worker_enable

begin;

create temporary view live_check as
with health as (
  select public.fn_iu_route_worker_health('iu_outbound_default') as h
),
-- Events younger than the worker's interval wait for their turn.
backlog as (
  select b.behind,
         b.oldest_created_at is null
           or b.oldest_created_at > clock_timestamp() - make_interval(secs => w.interval_seconds)
             as in_time
    from public.v_iu_event_backlog b
    join public.iu_route_worker w on w.worker = b.worker
   where b.worker = 'iu_outbound_default'
)
select 'L1 the worker gate is open'                               as scenario,
       public.fn_iu_gate_is_open('iu_core.route_worker_enabled')  as ok,
       'iu_core.route_worker_enabled'                             as detail
union all
select 'L2 the master gate is open',
       public.fn_iu_gate_is_open('iu_core.routes_master_enabled'),
       'iu_core.routes_master_enabled'
union all
select 'L3 the routes are enabled and run dry',
       count(*) filter (where r.enabled) > 0
         and count(*) filter (where r.enabled and not r.dry_run
                                    and r.route_code <> all (iu_core.live_routes())) = 0,
       format('%s enabled, %s of them live', count(*) filter (where r.enabled),
              count(*) filter (where r.enabled and not r.dry_run))
  from public.iu_outbound_route r
union all
select 'L4 the guard is present', c.ok, c.detail
  from public.fn_iu_check_routes() as c
 where c.scenario like 'V2 %'
union all
select 'L5 the seam fails closed', c.ok, c.detail
  from public.fn_iu_check_route_worker() as c
 where c.scenario like 'W6 %'
union all
select 'L6 the cursor is recorded', (h.h ->> 'generation')::bigint > 0,
       format('generation %s at %s', h.h ->> 'generation', h.h ->> 'last_run_at')
  from health h
union all
select 'L7 each delivery has its attempt, or is pending', count(*) = 0,
       (select format('%s deliveries, %s attempts', (select count(*) from public.iu_route_delivery),
                      (select count(*) from public.iu_route_attempt)))
  from public.iu_route_delivery d
 where not exists (select from public.iu_route_attempt a
                    where a.event_id = d.event_id and a.route_code = d.route_code)
   and not exists (select from public.iu_route_pending p
                    where p.event_id = d.event_id and p.route_code = d.route_code)
   and not exists (select from public.iu_route_dead_letter l
                    where l.event_id = d.event_id and l.route_code = d.route_code)
union all
select 'L8 the worker is healthy, backlog 0', (h.h ->> 'healthy')::boolean and b.in_time,
       format('backlog %s, reasons %s', h.h ->> 'behind', h.h -> 'reasons')
  from health h, backlog b
union all
select 'L9 the backlog view says so', b.in_time and b.behind = (h.h ->> 'behind')::bigint,
       format('backlog %s', b.behind)
  from health h, backlog b;

select * from live_check;

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail from live_check c where c.ok is not true));

drop view live_check;

commit;
