--! Title: Disable the routes again and close the master gate: no fact is recorded any more

begin;

select public.fn_iu_gate_close(g.key, 'rollback/050_routes_dry_run',
                               'facts are not recorded any more')
  from public.iu_gate g
 where g.key = 'iu_core.routes_master_enabled';

select public.fn_iu_route_set(
         coalesce(
           jsonb_agg(jsonb_build_object('route_code', r.route_code, 'enabled', false)
                     order by r.route_code),
           '[]'),
         'rollback/050_routes_dry_run')
  from public.iu_outbound_route r
 where r.created_by = 'runtime/020_routes';

commit;
