--! Title: Undo: deliveries, attempts, dead letters, conflicts, the fence
--! Destroys: all rows of iu_route_delivery, iu_route_attempt_made, iu_route_pending, iu_route_dead_letter, iu_route_conflict, iu_route_resolution, iu_delivery_fence

select iu_core.forget_grants('{
  public.iu_delivery_fence,public.iu_route_attempt,public.iu_route_attempt_made,public.iu_route_conflict,
  public.iu_route_dead_letter,public.iu_route_delivery,public.iu_route_pending,
  public.iu_route_resolution,public.v_iu_route_attempt_summary,public.v_iu_route_conflict_open,
  public.v_iu_route_dead_letter_open,
  "public.fn_iu_fence_set(text,text,text,text)",
  "public.fn_iu_route_claim_pending(text,integer,text,integer)",
  "public.fn_iu_route_dead_letter_replay(uuid,text,text,text)",
  "public.fn_iu_route_may_deliver(bigint,text,uuid,text)",
  "public.fn_iu_route_record_attempt(bigint,text,text,jsonb,timestamp with time zone,uuid,text,timestamp with time zone)"}');
select iu_core.forget_errors('{IU051,IU052,IU053,IU055}');

select iu_core.release_table('public.iu_delivery_fence');
select iu_core.release_table('public.iu_route_resolution');
select iu_core.release_table('public.iu_route_conflict');
select iu_core.release_table('public.iu_route_dead_letter');
select iu_core.release_table('public.iu_route_pending');
select iu_core.release_table('public.iu_route_attempt_made');
select iu_core.release_table('public.iu_route_delivery');

set local role workflow_admin;

drop function public.fn_iu_route_dead_letter_replay(uuid, text, text, text);
drop function public.fn_iu_route_record_attempt(
  bigint, text, text, jsonb, timestamptz, uuid, text, timestamptz);
drop function public.fn_iu_route_may_deliver(bigint, text, uuid, text);
drop function public.fn_iu_route_claim_pending(text, integer, text, integer);
drop function iu_core.deliver_functions(text, integer, text);
drop function iu_core.call_consumer(text, text, integer, jsonb);
drop function public.fn_iu_fence_set(text, text, text, text);
drop function iu_core.assert_may_deliver(text);
drop function iu_core.delivery_refusal(text);
drop function iu_core.fence_matches(text);
drop function iu_core.settle_attempt(
  public.iu_route_pending, text, jsonb, timestamptz, timestamptz);
drop function iu_core.retry_at(jsonb, integer);
drop function iu_core.lock_dead_letter(uuid);
drop function iu_core.resolve_alarm(uuid, text, text, integer, text, text);
drop function iu_core.bury(jsonb, text, text, integer, text, text);
drop function iu_core.write_attempt(jsonb, text, text, jsonb, timestamptz);
drop function iu_core.event_snapshot(bigint, text);
drop function iu_core.idempotency_key(uuid, text);
drop view     public.v_iu_route_conflict_open;
drop view     public.v_iu_route_dead_letter_open;
drop view     public.v_iu_route_attempt_summary;
drop view     public.iu_route_attempt;
drop table    public.iu_delivery_fence;
drop table    public.iu_route_resolution;
drop table    public.iu_route_conflict;
drop table    public.iu_route_dead_letter;
drop table    public.iu_route_pending;
drop table    public.iu_route_attempt_made;
drop table    public.iu_route_delivery;

reset role;
