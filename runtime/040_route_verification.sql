--! Title: Verify the routes, V1 to V7
--! Requires: 020_routes, 030_emitters

begin;

select * from public.fn_iu_check_routes();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from public.fn_iu_check_routes() as c
                where c.ok is not true));

commit;
