--! Title: What writes refuses any isolation but READ COMMITTED; what reads does not

begin isolation level repeatable read;

select plan(31);

select throws_ok(s, 'IU003', null, s)
  from unnest(array[
    $$select public.fn_dot_config_set('archive.retention_years', '30', 'an operator', 'statute')$$,
    $$select public.fn_iu_gate_declare('archive.export_enabled', 'standing', 'Exports.', 'a DBA')$$,
    $$select public.fn_iu_gate_open('iu_core.composer_enabled', null, 'an operator', 'compose', 60)$$,
    $$select public.fn_iu_gate_close('iu_core.composer_enabled', 'an operator', 'done')$$,
    $$select public.fn_iu_gate_withdraw('iu_core.composer_enabled', 'a DBA')$$,
    $$select public.fn_iu_vocabulary_set('unit_kind', '[]', 'a DBA')$$,
    $$select public.fn_iu_vocabulary_remove('unit_kind', '{}', 'a DBA')$$,
    $$select public.fn_iu_create_many('[]', 'an editor')$$,
    $$select public.fn_iu_emit_event('piece', 'updated', 'public.information_unit', 'x', 'a')$$,
    $$select public.fn_iu_emit_events('[]', 'an operator')$$,
    $$select public.fn_iu_event_type_set('[]', 'a DBA')$$,
    $$select public.fn_iu_event_type_remove('[]', 'a DBA')$$,
    $$select public.fn_iu_outbox_make_partitions(9, 'an operator')$$,
    $$select public.fn_iu_outbox_retire_partition(0, 'an operator', 'old')$$,
    $$select public.fn_iu_create('DE-GG/ART-1', 'Art 1', '', 'an editor', 'law_unit', 'article')$$,
    $$select public.fn_iu_save('DE-GG/ART-1', 'Art 1', '', 'an editor')$$,
    $$select public.fn_iu_alias_add('DE-GG/ARTIKEL-1', 'DE-GG/ART-1', 'an editor', 'long name')$$,
    $$select public.fn_iu_move('DE-GG/ART-1', null, 'an editor', 'first')$$,
    $$select public.fn_iu_move_many('{DE-GG/ART-1}', null, null, 'an editor', 'first')$$,
    $$select public.fn_iu_reparent('DE-GG/ART-1', null, 'an editor', 'top')$$,
    $$select public.fn_iu_rebalance('DE-GG', null, 'an operator', 'tidy')$$,
    $$select public.fn_iu_piece_soft_delete('DE-GG/ART-1', 'an editor', 'out')$$,
    $$select public.fn_iu_piece_restore('DE-GG/ART-1', 'an editor', 'back')$$,
    $$select public.fn_iu_review_decide('enact', '[]', 'approve', 'a reviewer', 'read')$$,
    $$select public.fn_iu_review_revert(null, 'a reviewer', 'an error')$$,
    $$select public.fn_iu_enact('DE-GG/ART-1', 'an operator', null)$$,
    $$select public.fn_iu_enact_many('{DE-GG/ART-1}', 'an operator', null)$$,
    $$select public.fn_iu_supersede_many('{DE-GG/ART-1}', 'an operator', null)$$,
    $$select public.fn_iu_retire('DE-GG/ART-1', 'an operator', null)$$,
    $$select public.fn_iu_retire_many('{DE-GG/ART-1}', 'an operator', null)$$
  ]) as s;

select lives_ok($$ select * from public.fn_iu_get('DE-GG/ART-1') $$, 'reading is not refused');

select * from finish();
rollback;
