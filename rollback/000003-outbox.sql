--! Title: Undo: the outbox, with the partitions that were made since
--! Destroys: all rows of event_type_registry, event_type_history, event_outbox, event_dedupe, event_outbox_retention

select iu_core.forget_errors('{IU040,IU041,IU042,IU043,IU044}');

select iu_core.release_table(i.inhrelid::regclass)
  from pg_inherits i
 where i.inhparent = 'public.event_outbox'::regclass;
select iu_core.release_table('public.event_outbox_retention');
select iu_core.release_table('public.event_dedupe');
select iu_core.release_table('public.event_outbox');
select iu_core.release_table('public.event_type_history');
select iu_core.release_table('public.event_type_registry');

set local role workflow_admin;

drop function public.fn_iu_check_event_types();
drop function public.fn_iu_check_outbox();
drop function public.fn_iu_outbox_retire_partition(integer, text, text);
drop function iu_core.outbox_digest(bigint, bigint);
drop function public.fn_iu_outbox_make_partitions(integer, text);
drop function public.fn_iu_event_type_remove(jsonb, text);
drop function public.fn_iu_event_type_set(jsonb, text);
drop function public.fn_iu_emit_events(jsonb, text, text);
drop function
  public.fn_iu_emit_event(text, text, text, text, text, jsonb, text, text, uuid, jsonb, text);
drop function iu_core.refuse_event(iu_core.event_fact, text, text);
drop function iu_core.assert_external(text);
drop function iu_core.claims_core(text);
drop function iu_core.emit_events(iu_core.event_fact[], text, uuid);
drop function iu_core.write_event(uuid, text, text, text, text, text, text, text, text, text, text,
                                  uuid, jsonb, jsonb, text);
drop function iu_core.outbox_runs_short(bigint);
drop function iu_core.write_events(iu_core.event_fact[], text, uuid, text);
drop function iu_core.has_forbidden_key(jsonb);
drop function iu_core.fact(text, text, text, text, text, jsonb, text, jsonb);
drop function iu_core.keep_outbox_ahead();
drop function iu_core.make_outbox_partitions(integer);
drop function iu_core.outbox_partitions();
drop function iu_core.newest_outbox_partition();
drop function iu_core.outbox_partitions_ahead();
drop function iu_core.outbox_partition_size();
drop function iu_core.type_to_record(text, text);
drop function iu_core.outbox_is_open();
drop function iu_core.begin_config_write(text);
drop function iu_core.begin_write();
drop function iu_core.master_gate_key();
drop type     iu_core.event_fact;
drop view     public.v_iu_outbox_gaps;
drop table    public.event_outbox_retention;
drop table    public.event_dedupe;
drop table    public.event_outbox;
drop domain   iu_core.payload_classification;
drop domain   iu_core.json_object;
drop table    public.event_type_history;
drop table    public.event_type_registry;

reset role;
