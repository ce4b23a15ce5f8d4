--! Title: Verify the route worker, W1 to W9
--! Requires: 060_route_worker

begin;

select * from public.fn_iu_check_route_worker();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from public.fn_iu_check_route_worker() as c
                where c.ok is not true));

commit;
