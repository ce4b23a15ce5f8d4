--! Title: Undo: sources of cuts
--! Destroys: all rows of cut_profile, source_document, source_version

select iu_core.forget_grants('{
  cutter_governance.cut_profile,cutter_governance.source_document,
  cutter_governance.source_version,
  "public.fn_cut_profile_set(text,text)",
  "public.fn_cut_source_pin(text,text,bytea,text,integer,boolean,text)",
  "public.fn_cut_source_set(text,text,text,text,text)"}');
select iu_core.forget_errors('{IU060,IU068}');

select iu_core.release_table('cutter_governance.source_version');
select iu_core.release_table('cutter_governance.source_document');
select iu_core.release_table('cutter_governance.cut_profile');

set local role workflow_admin;

drop function public.fn_cut_source_pin(text, text, bytea, text, integer, boolean, text);
drop function public.fn_cut_source_set(text, text, text, text, text);
drop function iu_core.forget_profiles(text[]);
drop function public.fn_cut_profile_set(text, text);
drop function iu_core.source_facts(bytea);
drop function iu_core.read_json(text);
drop table    cutter_governance.source_version;
drop table    cutter_governance.source_document;
drop function iu_core.is_prefix(text);
drop table    cutter_governance.cut_profile;

reset role;
