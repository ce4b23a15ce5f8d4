--! Title: Open the master gate for good; enable the routes, as dry runs
--! Requires: 040_route_verification

begin;

-- From here on governed functions record their facts.
select public.fn_iu_gate_open('iu_core.routes_master_enabled', null, 'runtime/050_routes_dry_run',
                              'facts are recorded; routes run dry', null);

select public.fn_iu_route_set(
         coalesce(
           jsonb_agg(jsonb_build_object('route_code', r.route_code, 'enabled', true, 'dry_run', true)
                     order by r.route_code),
           '[]'),
         'runtime/050_routes_dry_run')
  from public.iu_outbound_route r
 where r.created_by = 'runtime/020_routes';

select 'the master gate is open'                                 as scenario,
       public.fn_iu_gate_is_open('iu_core.routes_master_enabled') as ok,
       'for good'                                                as detail
union all
select 'the routes are enabled, as dry runs',
       coalesce(bool_and(r.enabled and r.dry_run), false),
       count(*) || ' routes'
  from public.iu_outbound_route r
 where r.created_by = 'runtime/020_routes';

commit;
