--! Title: Conformance: every object of the manifest exists, and no other

begin;

select * from iu_core.check_conformance();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from iu_core.check_conformance() as c
                where c.ok is not true));

commit;
