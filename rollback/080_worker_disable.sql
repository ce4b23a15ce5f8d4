--! Title: Undo the disabling: nothing; runtime/090 enables the worker

begin;

select 'the worker is still registered'   as scenario,
       count(*) = 1                       as ok,
       count(*) || ' of this name'        as detail
  from public.iu_route_worker w
 where w.worker = 'iu_outbound_default';

commit;
