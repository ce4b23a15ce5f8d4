--! Title: Undo the verification of the worker: it wrote nothing, so there is nothing to undo

begin;

select 'the worker is still registered'   as scenario,
       count(*) = 1                       as ok,
       count(*) || ' of this name'        as detail
  from public.iu_route_worker w
 where w.worker = 'iu_outbound_default';

commit;
