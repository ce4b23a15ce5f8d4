--! Title: Undo: settings and gates
--! Destroys: all rows of dot_config, dot_config_history, iu_gate, iu_gate_transition

select iu_core.forget_errors('{IU010,IU011,IU012,IU013,IU014,IU015}');

select iu_core.release_table('public.iu_gate_transition');
select iu_core.release_table('public.iu_gate');
select iu_core.release_table('public.dot_config_history');
select iu_core.release_table('public.dot_config');

set local role workflow_admin;

drop function public.fn_iu_check_gates();
drop function public.fn_iu_gate_verify_closed();
drop function public.fn_iu_gate_close(text, text, text);
drop function public.fn_iu_gate_open(text, uuid, text, text, integer);
drop function public.fn_iu_gate_is_open(text);
drop function public.fn_iu_gate_withdraw(text, text);
drop function public.fn_iu_gate_declare(text, text, text, text);
drop function iu_core.gate_move(text, text, text, text, text, uuid, timestamptz, uuid);
drop function iu_core.lock_gate(text);
drop function iu_core.assert_gate_open(text);
drop function iu_core.gate_state(text);
drop function public.fn_dot_config_set(text, text, text, text, text);
drop function iu_core.config_write(text, text, text, text, text);
drop function iu_core.lock_config(text, boolean);
drop table    public.iu_gate_transition;
drop table    public.iu_gate;
drop table    public.dot_config_history;
drop table    public.dot_config;

reset role;
