--! Title: Check that the emitters are attached: they are in the governed functions, not in triggers
--! Requires: 010_event_types

-- There is nothing to attach: each function reports what it does, in the transaction that does it.
-- What can be missing is the registration of a type; then, with the master gate open, it fails.
begin;

select * from public.fn_iu_check_event_types();

-- A failed row stops the script here.
select iu_core.assert_no_failure(
         array(select c.scenario || ': ' || c.detail
                 from public.fn_iu_check_event_types() as c
                where c.ok is not true));

commit;
