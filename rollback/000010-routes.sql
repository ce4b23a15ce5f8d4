--! Title: Undo: routes, target kinds, consumers
--! Destroys: all rows of iu_outbound_route, iu_outbound_route_history, iu_sql_event_route, iu_route_consumer, iu_delivery_target_kind, iu_event_topic, iu_route_topic

select iu_core.forget_grants('{
  public.iu_delivery_target_kind,public.iu_event_topic,public.iu_outbound_route,
  public.iu_outbound_route_history,
  public.iu_route_consumer,public.iu_route_topic,public.iu_sql_event_route,
  "public.fn_iu_delivery_target_set(text,boolean,text,text)",
  "public.fn_iu_route_consumer_remove(text,text)",
  "public.fn_iu_route_consumer_set(text,text,text)",
  "public.fn_iu_route_remove(text[],text)",
  "public.fn_iu_route_set(jsonb,text)",
  "public.fn_iu_sql_route_capture()",
  "public.fn_iu_sql_route_remove(text[],text)",
  "public.fn_iu_sql_route_set(jsonb,text)"}');
select iu_core.forget_errors('{IU050}');

select iu_core.release_table('public.iu_sql_event_route');
select iu_core.release_table('public.iu_route_topic');
select iu_core.release_table('public.iu_event_topic');
select iu_core.release_table('public.iu_outbound_route_history');
select iu_core.release_table('public.iu_outbound_route');
select iu_core.release_table('public.iu_route_consumer');
select iu_core.release_table('public.iu_delivery_target_kind');

set local role workflow_admin;

drop trigger  iu_topics on public.event_type_registry;
drop trigger  iu_guard_live on public.iu_outbound_route;
drop function public.fn_iu_sql_route_capture();
drop function public.fn_iu_sql_route_remove(text[], text);
drop function public.fn_iu_sql_route_set(jsonb, text);
drop function public.fn_iu_route_consumer_remove(text, text);
drop function public.fn_iu_route_consumer_set(text, text, text);
drop function public.fn_iu_delivery_target_set(text, boolean, text, text);
drop function public.fn_iu_route_remove(text[], text);
drop function public.fn_iu_route_set(jsonb, text);
drop function iu_core.bad_routes(jsonb);
drop function iu_core.route_object(jsonb);
drop function iu_core.is_retry_policy(jsonb);
drop function iu_core.guard_route();
drop function iu_core.route_refusal(text);
drop function iu_core.live_refusal(public.iu_outbound_route);
drop function iu_core.consumer_problem(text);
drop function iu_core.live_routes();
drop function iu_core.keep_topics();
drop function iu_core.compile_routes();
drop function iu_core.matches_pattern(text, text);
drop function iu_core.find_function(text);
drop function iu_core.find_table(text);
drop table    public.iu_sql_event_route;
drop table    public.iu_route_topic;
drop table    public.iu_event_topic;
drop table    public.iu_outbound_route_history;
drop table    public.iu_outbound_route;
drop table    public.iu_route_consumer;
drop table    public.iu_delivery_target_kind;

reset role;
