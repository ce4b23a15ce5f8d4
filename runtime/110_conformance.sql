--! Title: Conformance: every object of the manifest exists, and no other

begin;

select * from public.fn_iu_check_conformance();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from public.fn_iu_check_conformance() as c
                where c.ok is not true));

commit;
