--! Title: Undo the verification of the routes: it wrote nothing, so there is nothing to undo

begin;

select 'the routes are still there' as scenario,
       count(*) > 0                 as ok,
       count(*) || ' routes'        as detail
  from public.iu_outbound_route;

commit;
