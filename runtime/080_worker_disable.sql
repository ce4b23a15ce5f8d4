--! Title: Disable the route worker: close its gate and make it inert
--! Requires: 060_route_worker

-- To be applied when wanted. In the order of numbers it comes before 090 and finds nothing enabled;
-- applied after 090, it undoes that. Above it, by level: rollback/050 closes the master gate.
begin;

select public.fn_iu_gate_close('iu_core.route_worker_enabled', 'runtime/080_worker_disable',
                               'the worker is to rest');
select public.fn_iu_route_worker_disable(
         w.worker, 'runtime/080_worker_disable', 'the worker is to rest')
  from public.iu_route_worker w
 where w.worker = 'iu_outbound_default';

select 'the worker answers that its gate is closed'                                   as scenario,
       r.answer ->> 'status' in ('worker_gate_closed', 'master_gate_closed')          as ok,
       r.answer ->> 'status'                                                          as detail
  from (select public.fn_iu_route_worker_run('iu_outbound_default') as answer) as r;

commit;
