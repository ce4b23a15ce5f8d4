--! Title: Disable the route worker again; what it routed and its cursor stay on record

begin;

select public.fn_iu_gate_close(g.key, 'rollback/090_worker_enable', 'the worker is to rest')
  from public.iu_gate g
 where g.key = 'iu_core.route_worker_enabled';
select public.fn_iu_route_worker_disable(
         w.worker, 'rollback/090_worker_enable', 'the worker is to rest')
  from public.iu_route_worker w
 where w.worker = 'iu_outbound_default';

commit;
