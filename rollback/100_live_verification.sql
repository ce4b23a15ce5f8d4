--! Title: Undo the live verification: it wrote nothing, so there is nothing to undo

begin;

select 'the cursor is still recorded'  as scenario,
       count(*) > 0                    as ok,
       count(*) || ' generations'      as detail
  from public.iu_route_worker_cursor c
 where c.worker = 'iu_outbound_default';

commit;
