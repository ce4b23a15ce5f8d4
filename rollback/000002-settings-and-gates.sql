--! Title: Undo: settings and gates
--! Destroys: all rows of dot_config, dot_config_history, iu_gate, iu_gate_transition

select iu_core.forget_errors('{IU010}');

select iu_core.release_table('public.iu_gate_transition');
select iu_core.release_table('public.iu_gate');
select iu_core.release_table('public.dot_config_history');
select iu_core.release_table('public.dot_config');

set local role workflow_admin;

drop function public.fn_iu_check_gates();
drop function public.fn_iu_gate_list();
drop function public.fn_iu_gate_verify_closed();
drop function public.fn_iu_gate_is_open(text);
drop function iu_core.assert_gate_open(text);
drop function iu_core.gate_state(text);
drop function iu_core.lock_config(text, boolean);
drop function iu_core.config_lock(text);
drop table    public.iu_gate_transition;
drop table    public.iu_gate;
drop table    public.dot_config_history;
drop table    public.dot_config;

reset role;
