--! Title: The dry run of a cut, undone as a whole
--! Residue: sequence public.event_outbox_id_seq

begin;
-- The run, the actor, the bytes where they are not kept.
select public.fn_cut_dryrun($1, $2, $3) as answer;
rollback;
