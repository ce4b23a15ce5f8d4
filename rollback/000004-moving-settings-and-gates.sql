--! Title: Undo: moving settings and gates

select iu_core.forget_errors('{IU011,IU012,IU013,IU014,IU015}');

set local role workflow_admin;

drop function public.fn_iu_gate_close(text, text, text);
drop function public.fn_iu_gate_open(text, uuid, text, text, integer);
drop function public.fn_iu_gate_withdraw(text, text);
drop function public.fn_iu_gate_declare(text, text, text, text);
drop function iu_core.gate_move(text, text, text, text, text, uuid, timestamptz, uuid);
drop function iu_core.lock_gate(text);
drop function public.fn_dot_config_set(text, text, text, text, text);
drop function iu_core.config_write(text, text, text, text, text);

reset role;
