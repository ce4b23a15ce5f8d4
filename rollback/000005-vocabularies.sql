--! Title: Undo: vocabularies
--! Destroys: all rows of iu_unit_kind, iu_section_type, iu_lifecycle_status, iu_lifecycle_transition, iu_vocabulary_history

select iu_core.forget_errors('{IU025,IU031}');

select iu_core.release_table('public.iu_vocabulary_history');
select iu_core.release_table('public.iu_lifecycle_transition');
select iu_core.release_table('public.iu_lifecycle_status');
select iu_core.release_table('public.iu_section_type');
select iu_core.release_table('public.iu_unit_kind');

set local role workflow_admin;

drop function public.fn_iu_check_vocabulary();
drop function public.fn_iu_vocabulary_remove(text, text[], text);
drop function public.fn_iu_vocabulary_set(text, jsonb, text);
drop function iu_core.vocabulary_table(text);
drop function iu_core.raise_transition_error(text, text, text, jsonb);
drop function iu_core.allow_transition(text, text);
drop table    public.iu_lifecycle_transition;
drop table    public.iu_vocabulary_history;
drop table    public.iu_lifecycle_status;
drop table    public.iu_section_type;
drop table    public.iu_unit_kind;

reset role;
