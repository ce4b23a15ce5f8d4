--! Title: Take the registration of the route worker back; its cursor stays on record

begin;

select public.fn_iu_route_worker_remove(
         'iu_outbound_default', 'rollback/060_route_worker', 'registered no more');

commit;
