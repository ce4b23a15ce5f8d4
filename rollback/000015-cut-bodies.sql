--! Title: Undo: the bodies of cuts

select iu_core.forget_grants('{
  "cutter_governance.execution_enabled(text)",
  "public.fn_cut_apply(text,text,bytea)",
  "public.fn_cut_dryrun(text,text,bytea)",
  "public.fn_cut_enact(text,uuid,text)",
  "public.fn_cut_readiness(text)",
  "public.fn_cut_status(text)",
  "public.fn_cut_verify(text,text)"}');
select iu_core.forget_errors('{IU066,IU069,IU090}');

set local role workflow_admin;

drop function public.fn_cut_readiness(text);
drop function iu_core.cut_prerequisites(cutter_governance.cut_run);
drop function iu_core.cut_criteria(cutter_governance.cut_run);
drop function public.fn_cut_status(text);
drop function public.fn_cut_dryrun(text, text, bytea);
drop function iu_core.cut_impact(jsonb, jsonb);
drop function iu_core.events_written();
drop function iu_core.rows_written();
drop function iu_core.rehearse_cut(cutter_governance.cut_run, text, bytea);
drop function public.fn_cut_enact(text, uuid, text);
drop function public.fn_cut_verify(text, text);
drop function public.fn_cut_apply(text, text, bytea);
drop function iu_core.assert_execution(cutter_governance.cut_run, text);
drop function cutter_governance.execution_enabled(text);
drop function iu_core.cut_enact_impl(text, uuid, iu_core.cut_principal);
drop function iu_core.cut_verify_impl(text, iu_core.cut_principal);
drop function iu_core.verify_findings(cutter_governance.cut_change_set);
drop function iu_core.cut_apply_impl(text, iu_core.cut_principal, iu_core.cut_principal, bytea);
drop function iu_core.count_stored(cutter_governance.cut_change_set);
drop function iu_core.sign(text, text, iu_core.cut_principal, text);
drop function iu_core.assert_plan_holds(cutter_governance.cut_run, bytea);
drop function iu_core.assert_complete(cutter_governance.cut_run, text, bigint, bigint);

reset role;
