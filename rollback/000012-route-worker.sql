--! Title: Undo: the route worker
--! Destroys: all rows of iu_route_worker, iu_route_worker_cursor

select iu_core.forget_grants('{
  public.iu_route_worker,public.iu_route_worker_cursor,public.v_iu_event_backlog,
  public.v_iu_route_why,
  "public.fn_iu_check_route_worker()",
  "public.fn_iu_check_routes()",
  "public.fn_iu_route_live_readiness(text)",
  "public.fn_iu_route_worker_disable(text,text,text)",
  "public.fn_iu_route_worker_enable(text,text,text)",
  "public.fn_iu_route_worker_health(text)",
  "public.fn_iu_route_worker_rebaseline(text,text,text,text)",
  "public.fn_iu_route_worker_register(text,jsonb,text)",
  "public.fn_iu_route_worker_remove(text,text,text)",
  "public.fn_iu_route_worker_resolve(uuid,text,text)",
  "public.fn_iu_route_worker_run(text,integer,text)"}');
select iu_core.forget_errors('{IU054,IU056}');

select iu_core.release_table('public.iu_route_worker_cursor');
select iu_core.release_table('public.iu_route_worker');

set local role workflow_admin;

drop trigger  iu_worker_passed on public.event_outbox_retention;
drop function iu_core.check_gate_positions();
drop function iu_core.forget_event_types(jsonb, text);
drop function iu_core.check_conformance();
drop function public.fn_iu_check_route_worker();
drop function public.fn_iu_check_routes();
drop function public.fn_iu_route_live_readiness(text);
drop function iu_core.refuse_unpassed_partition();
drop function public.fn_iu_route_worker_health(text);
drop function iu_core.worker_behind(text, integer);
drop function public.fn_iu_route_worker_resolve(uuid, text, text);
drop function public.fn_iu_route_worker_rebaseline(text, text, text, text);
drop function public.fn_iu_route_worker_remove(text, text, text);
drop function public.fn_iu_route_worker_disable(text, text, text);
drop function public.fn_iu_route_worker_enable(text, text, text);
drop function iu_core.switch_worker(text, boolean, text, text);
drop function public.fn_iu_route_worker_register(text, jsonb, text);
drop function iu_core.is_worker_settings(jsonb);
drop function public.fn_iu_route_worker_run(text, integer, text);
drop function iu_core.write_generation(
  public.iu_route_worker, public.iu_route_worker_cursor, iu_core.route_window, boolean,
  iu_core.route_page, text);
drop function iu_core.bound_after(
  public.iu_route_worker_cursor, iu_core.route_window, boolean);
drop function iu_core.route_window_page(text, bigint, iu_core.route_window, integer);
drop function iu_core.bury_next(text, bigint, iu_core.route_window, jsonb);
drop function iu_core.bury_delivery(jsonb, text, text, bigint, jsonb);
drop function iu_core.add_topics(iu_core.route_window, integer);
drop function iu_core.fan_out(text, bigint, iu_core.route_window, integer, boolean);
drop function iu_core.window_events(
  pg_snapshot, xid8, bigint, pg_snapshot, xid8, bigint, xid8, bigint, bigint, integer);
drop function iu_core.next_window(public.iu_route_worker_cursor);
drop function iu_core.known_worker(text);
drop function iu_core.worker_lock(text);
drop function iu_core.copy_problem(public.iu_route_worker_cursor);
drop function iu_core.newest_cursor(text);
drop function iu_core.cluster_stamp();
drop view     public.v_iu_route_why;
drop view     public.v_iu_event_backlog;
drop table    public.iu_route_worker_cursor;
drop table    public.iu_route_worker;
drop type     iu_core.route_page;
drop type     iu_core.route_window;
drop type     iu_core.stamp;

reset role;
