--! Title: Verify the substrate: locks refuse, grants and gates are as they must be, what is kept is sound
--! Requires: 002_vocabulary, 003_gates

-- Changes no row. It is not READ ONLY, because then that would refuse the writes that the locks are
-- to refuse.
begin;

select * from iu_core.check_locks();
select * from public.fn_iu_check_grants();
select * from iu_core.check_gate_positions();
select * from public.fn_iu_check_vocabulary();
select * from public.fn_iu_check_units();
select * from public.fn_iu_check_outbox();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from (
                   select * from iu_core.check_locks()
                   union all
                   select * from public.fn_iu_check_grants()
                   union all
                   select * from iu_core.check_gate_positions()
                   union all
                   select * from public.fn_iu_check_vocabulary()
                   union all
                   select * from public.fn_iu_check_units()
                   union all
                   select * from public.fn_iu_check_outbox()
                 ) as c
                where c.ok is not true));

commit;
