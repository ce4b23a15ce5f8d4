--! Title: Check the roles: they exist, cannot log in, keep their duties apart

begin;

select * from public.fn_iu_check_roles();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from public.fn_iu_check_roles() as c
                where c.ok is not true));

commit;
