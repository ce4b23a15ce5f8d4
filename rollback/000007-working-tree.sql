--! Title: Undo: the working tree
--! Destroys: all rows of iu_working_tree_log

select iu_core.forget_errors('{IU023,IU024,IU026}');

select iu_core.release_table('public.iu_working_tree_log');

set local role workflow_admin;

drop function public.fn_iu_reconstruct_source(text);
drop function public.fn_iu_subtree(text);
drop view     public.v_iu_tree;
drop function public.fn_iu_tree(text);
drop function iu_core.tree(text, uuid);
drop function public.fn_iu_piece_restore(text, text, text);
drop function public.fn_iu_piece_soft_delete(text, text, text);
drop function public.fn_iu_rebalance(text, text, text, text);
drop function public.fn_iu_reparent(text, text, text, text);
drop function public.fn_iu_move(text, text, text, text);
drop function public.fn_iu_move_many(text[], text, text, text, text);
drop function iu_core.move_units(text[], text, public.information_unit, public.information_unit, text, text, text);
drop function iu_core.judge_move(text[], text, public.information_unit, public.information_unit);
drop function iu_core.place_units(uuid[], text, uuid, text, text, text);
drop function iu_core.rebalance_siblings(text, uuid, uuid, text, text);
drop function iu_core.write_places(iu_core.unit_place[], text, uuid, text, text);
drop function iu_core.has_sibling_at(text, uuid, text);
drop function iu_core.siblings_after(text, uuid, text, bigint);
drop function iu_core.sort_keys_between(text, text, integer);
drop function iu_core.sort_key_beside(text, text);
drop function iu_core.sort_key_room(text, text, integer, integer);
drop function iu_core.sort_key_plus(text, integer, numeric);
drop function iu_core.sort_key_fraction(text);
drop function iu_core.is_sort_key(text);
drop function public.fn_iu_save(text, text, text, text, uuid);
drop type     iu_core.unit_place;
drop table    public.iu_working_tree_log;

reset role;
