--! Title: Undo: lifecycle and editions
--! Destroys: all rows of review_decision, review_decision_unit, iu_lifecycle_log, document_edition, document_edition_unit, and what is in force: every row of information_unit is a draft again

select iu_core.forget_errors('{IU030,IU032}');

select iu_core.release_table('public.document_edition_unit');
select iu_core.release_table('public.document_edition');
select iu_core.release_table('public.iu_lifecycle_log');
select iu_core.release_table('cutter_governance.review_decision_unit');
select iu_core.release_table('cutter_governance.review_decision');

set local role workflow_admin;

drop function public.fn_iu_check_units();
drop function public.fn_iu_verify_invariants(uuid[]);
drop function iu_core.broken_editions(uuid[]);
drop function iu_core.broken_lifecycles(uuid[]);
drop function iu_core.broken_versions(uuid[]);
drop function iu_core.broken_trees(uuid[]);
drop function iu_core.broken_units(uuid[]);
drop function public.fn_iu_reconstruct_source(text, timestamptz);
drop function public.fn_iu_reconstruct_source(text, integer);
drop function public.fn_iu_editions(text);
drop function public.fn_iu_history(text);
drop function public.fn_iu_get_version(uuid);
drop function public.fn_iu_get(text, timestamptz);
drop function public.fn_iu_retire(text, text, uuid, uuid, text, text, boolean);
drop function public.fn_iu_retire_many(text[], text, uuid, uuid, text, text, boolean);
drop function public.fn_iu_supersede(text, text, uuid, uuid, text, text, text, boolean);
drop function public.fn_iu_supersede_many(text[], text, uuid, uuid, text, text, boolean);
drop function public.fn_iu_enact(text, text, uuid, uuid, text, text, boolean);
drop function public.fn_iu_enact_many(text[], text, uuid, uuid, text, text, boolean);
drop function iu_core.run_transition(text, text, text[], text, text, uuid, uuid, text, text, boolean);
drop function iu_core.transition_units(text, text, text[], text, text, uuid, uuid, text, text);
drop function iu_core.lifecycle_answer(text, iu_core.transition[], iu_core.lifecycle_move[], jsonb, integer);
drop function iu_core.freeze_editions(text[], timestamptz, uuid, text, uuid, uuid);
drop function iu_core.edition_line(bigint, uuid, uuid, uuid, integer, text, text);
drop function iu_core.write_lifecycle(iu_core.lifecycle_move[], timestamptz, text, uuid, uuid, text, text);
drop function iu_core.lifecycle_moves(text, text, iu_core.transition[]);
drop function iu_core.assert_transitions(text, iu_core.transition[], text);
drop function iu_core.judge_transitions(text, text, text[], uuid, text[]);
drop type     iu_core.lifecycle_move;
drop type     iu_core.transition;
drop function iu_core.assert_review_decision(uuid, text);
drop function public.fn_iu_review_revert(uuid, text, text);
drop function public.fn_iu_review_decide(text, jsonb, text, text, text);
drop function iu_core.write_review_decision(text, text, uuid, iu_core.review_subject[], text, text);
drop function iu_core.lock_review_decision(uuid, boolean);
drop function iu_core.read_review_targets(text, jsonb);
drop function iu_core.review_subjects(uuid);
drop function iu_core.review_digest(text, iu_core.review_subject[]);
drop function iu_core.current_version(public.information_unit, text);
drop type     iu_core.review_subject;
drop trigger  iu_lock_3_lifecycle on public.information_unit;
drop function iu_core.keep_lifecycle();
alter table   public.information_unit drop constraint information_unit_enacted_ck;

-- Without the log nothing is in force: each unit is a draft again, with its latest text.
create function iu_core.forget_lifecycle()
returns void
language sql
security definer
set search_path = pg_catalog, pg_temp
as $$
  update public.information_unit u
     set lifecycle_status    = 'draft',
         enacted_version_ref = null,
         draft_version_ref   = coalesce(
           u.draft_version_ref,
           (select v.id
              from public.unit_version v
             where v.unit_id = u.id
             order by v.version_seq desc
             limit 1))
   where u.lifecycle_status <> 'draft'
$$;

reset role;

select iu_core.forget_lifecycle();

set local role workflow_admin;

drop function iu_core.forget_lifecycle();
drop table    public.document_edition_unit;
drop table    public.document_edition;
drop table    public.iu_lifecycle_log;
drop table    cutter_governance.review_decision_unit;
drop table    cutter_governance.review_decision;
drop schema   cutter_governance;

reset role;
