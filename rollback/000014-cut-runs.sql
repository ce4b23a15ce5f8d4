--! Title: Undo: runs of cuts
--! Destroys: all rows of cut_run, cut_run_transition, manifest_envelope, manifest_unit_block, cut_dryrun, cut_change_set, cut_change_set_affected_row, dot_pair_signature, verify_result

select iu_core.forget_grants('{
  cutter_governance.cut_change_set,
  cutter_governance.cut_change_set_affected_row,
  cutter_governance.cut_dryrun,
  cutter_governance.cut_run,
  cutter_governance.cut_run_edge,
  cutter_governance.cut_run_transition,
  cutter_governance.cut_state,
  cutter_governance.dot_pair_signature,
  cutter_governance.manifest_envelope,
  cutter_governance.manifest_unit_block,
  cutter_governance.verify_result,
  "public.fn_cut_close(text,text)",
  "public.fn_cut_mark(text,jsonb,text)",
  "public.fn_cut_open(uuid,text,text)",
  "public.fn_cut_plan(text,text,bytea)",
  "public.fn_cut_plan_tree(text)",
  "public.fn_cut_probe_grants(text,text)",
  "public.fn_cut_record_backup(text,jsonb,text)",
  "public.fn_cut_resume(text,text)",
  "public.fn_cut_runs()",
  "public.fn_cut_stop(text,text,text)",
  "public.fn_cut_void(text,text,text)"}');
select iu_core.forget_errors('{IU061,IU062,IU063,IU064,IU065,IU067,IU091}');

select iu_core.release_table('cutter_governance.cut_dryrun');
select iu_core.release_table('cutter_governance.verify_result');
select iu_core.release_table('cutter_governance.dot_pair_signature');
select iu_core.release_table('cutter_governance.cut_change_set_affected_row');
select iu_core.release_table('cutter_governance.cut_change_set');
select iu_core.release_table('cutter_governance.cut_run_transition');
select iu_core.release_table('cutter_governance.cut_run');
select iu_core.release_table('cutter_governance.manifest_unit_block');
select iu_core.release_table('cutter_governance.manifest_envelope');
select iu_core.release_table('cutter_governance.cut_run_edge');
select iu_core.release_table('cutter_governance.cut_state');

set local role workflow_admin;

drop function public.fn_cut_runs();
drop function public.fn_cut_close(text, text);
drop function iu_core.is_dryrun_green(cutter_governance.cut_run);
drop function public.fn_cut_void(text, text, text);
drop function public.fn_cut_resume(text, text);
drop function public.fn_cut_stop(text, text, text);
drop function public.fn_cut_probe_grants(text, text);
drop function public.fn_cut_record_backup(text, jsonb, text);
drop function iu_core.backup_problem(cutter_governance.cut_run, jsonb);
drop function iu_core.forget_settings(text[], text);
drop function public.fn_cut_plan_tree(text);
drop function public.fn_cut_plan(text, text, bytea);
drop function iu_core.plan_checks(jsonb);
drop function iu_core.plan_problems(cutter_governance.cut_run, bytea);
drop function iu_core.standing_problems(cutter_governance.cut_run);
drop function iu_core.bad_vocabulary(text);
drop function iu_core.bad_pieces(text);
drop function iu_core.bad_coverage(cutter_governance.source_version, text, bytea);
drop function iu_core.cut_key(text);
drop function iu_core.writer_digest();
drop function iu_core.plan_digest(text, bytea);
drop function iu_core.cut_write_set(text, bytea);
drop function iu_core.cut_content(cutter_governance.source_version, bytea);
drop function public.fn_cut_mark(text, jsonb, text);
drop function iu_core.store_manifest(
  cutter_governance.source_version, jsonb, iu_core.cut_principal);
drop function iu_core.refuse_manifest(jsonb, jsonb);
drop function iu_core.manifest_problem(text, text, text, bigint, bigint);
drop function iu_core.manifest_text(text);
drop function public.fn_cut_open(uuid, text, text);
drop function iu_core.state_before_exit(cutter_governance.cut_run);
drop function iu_core.run_receipt(text, text);
drop function iu_core.step_answer(text, cutter_governance.cut_run, jsonb);
drop function iu_core.move_run(cutter_governance.cut_run, text, iu_core.cut_principal, jsonb, text);
drop function iu_core.assert_exit(cutter_governance.cut_run, text, text);
drop function iu_core.is_step_due(cutter_governance.cut_run, text);
drop function iu_core.raise_step_error(cutter_governance.cut_run, text, text);
drop function iu_core.lock_run(text);
drop function iu_core.read_run(text);
drop function iu_core.caller(text);
drop function iu_core.new_run_id();

drop table cutter_governance.cut_dryrun;
drop table cutter_governance.verify_result;
drop table cutter_governance.dot_pair_signature;
drop table cutter_governance.cut_change_set_affected_row;
drop table cutter_governance.cut_change_set;
drop table cutter_governance.cut_run_transition;
drop table cutter_governance.cut_run;
drop table cutter_governance.manifest_unit_block;
drop table cutter_governance.manifest_envelope;
drop table cutter_governance.cut_run_edge;
drop table cutter_governance.cut_state;

drop function iu_core.refuse_stand_in();
drop function iu_core.keep_run();
drop type iu_core.cut_principal;

reset role;
