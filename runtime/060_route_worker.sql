--! Title: Register the route worker, inert
--! Requires: 050_routes_dry_run
--! Verify: runtime/070_worker_verification.sql

begin;

select public.fn_iu_route_worker_register('iu_outbound_default', $settings$
  {"description": "Routes the facts of IU Core.", "interval_seconds": 60, "page_limit": 1000,
   "max_lag_seconds": 300, "max_behind": 10000}
$settings$, 'runtime/060_route_worker');

select 'the worker is registered'                           as scenario,
       count(*) = 1                                         as ok,
       case when bool_and(w.inert) then 'inert' else 'enabled already' end as detail
  from public.iu_route_worker w
 where w.worker = 'iu_outbound_default';

commit;
