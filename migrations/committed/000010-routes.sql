--! Previous: sha1:972b8ea55b75b9e3b2a64779d5fe100068dc9077
--! Hash: sha1:be397c5751e020f4e6665a96b54829a9333c004e
--! Message: routes
--! Title: Routes: outbound with compiled patterns and a guard, inbound, target kinds, consumers

--! split: 1-current.sql
set local role workflow_admin;

-- ------------------------------------------------------------------------------------------------
-- What can be delivered to
-- ------------------------------------------------------------------------------------------------

create table public.iu_delivery_target_kind (
  kind        text collate "C" not null,
  buildable   boolean          not null,
  built       boolean          not null,
  description text             not null,
  constraint iu_delivery_target_kind_pk       primary key (kind),
  constraint iu_delivery_target_kind_built_ck check (buildable or not built)
);

comment on table  public.iu_delivery_target_kind             is
  'The kinds of target that events can be delivered to. Until a kind is built, the seam refuses it.';
comment on column public.iu_delivery_target_kind.kind        is 'As routes name it.';
comment on column public.iu_delivery_target_kind.buildable   is
  'Whether this release has an adapter for it.';
comment on column public.iu_delivery_target_kind.built       is
  'Whether the adapter passed the contract suite here, as somebody stated.';
comment on column public.iu_delivery_target_kind.description is 'What a delivery does.';

-- Before the lock is on.
insert into public.iu_delivery_target_kind (kind, buildable, built, description)
values
  ('sql_function',      true,  false, 'Calls a registered function in the worker''s transaction.'),
  ('report',            true,  false, 'Appends one line to a file or stream, and syncs it.'),
  ('workflow',          false, false, 'Queues a job.'),
  ('vector',            false, false, 'Updates a vector index.'),
  ('directus_flow',     false, false, 'Triggers a flow of Directus.'),
  ('external_endpoint', false, false, 'Posts to an address outside.');

create table public.iu_route_consumer (
  function_name text collate "C" not null,
  description   text             not null,
  created_at    timestamptz      not null,
  created_by    text             not null,
  constraint iu_route_consumer_pk primary key (function_name)
);

comment on table  public.iu_route_consumer               is
  'The functions that routes of the kind sql_function may call.';
comment on column public.iu_route_consumer.function_name is 'schema.name(jsonb).';
comment on column public.iu_route_consumer.description   is 'What it does with an event.';
comment on column public.iu_route_consumer.created_at    is
  'clock_timestamp() of the latest change.';
comment on column public.iu_route_consumer.created_by    is 'Who, as stated by the caller.';

-- ------------------------------------------------------------------------------------------------
-- Outbound routes
-- ------------------------------------------------------------------------------------------------

create table public.iu_outbound_route (
  route_code     text collate "C" not null,
  version        integer          not null,
  event_domain   text collate "C" not null,
  event_type     text collate "C" not null,
  event_stream   text collate "C" not null,
  payload_filter jsonb,
  target_kind    text collate "C" not null,
  target_ref     text             not null,
  enabled        boolean          not null default false,
  dry_run        boolean          not null default true,
  fail_closed    boolean          not null default true,
  retry_policy   jsonb            not null,
  worker         text collate "C" not null,
  description    text             not null,
  created_at     timestamptz      not null,
  created_by     text             not null,
  updated_at     timestamptz      not null,
  updated_by     text             not null,
  constraint iu_outbound_route_pk        primary key (route_code),
  constraint iu_outbound_route_code_ck   check (route_code ~ '^[a-z][a-z0-9_.]{0,99}$'),
  constraint iu_outbound_route_domain_ck check (event_domain ~ '^[a-z0-9_*]+$'),
  constraint iu_outbound_route_type_ck   check (event_type ~ '^[a-z0-9_*]+$'),
  constraint iu_outbound_route_stream_ck check (event_stream ~ '^[a-z0-9_*]+$'),
  constraint iu_outbound_route_filter_ck check (jsonb_typeof(payload_filter) = 'object'),
  constraint iu_outbound_route_kind_fk
    foreign key (target_kind) references public.iu_delivery_target_kind (kind)
);

comment on table  public.iu_outbound_route                is
  'Which events go where. Disabled and dry run unless said otherwise; the guard refuses a row that '
  'would deliver live and may not.';
comment on column public.iu_outbound_route.route_code     is 'Its name; stands in every delivery.';
comment on column public.iu_outbound_route.version        is
  'From 1, with every change; never again, not after a removal: a delivery says which it was.';
comment on column public.iu_outbound_route.event_domain   is
  'Pattern of the domain; * stands for anything.';
comment on column public.iu_outbound_route.event_type     is
  'Pattern of the type; * stands for anything.';
comment on column public.iu_outbound_route.event_stream   is
  'Pattern of the stream; * stands for anything.';
comment on column public.iu_outbound_route.payload_filter is
  'What safe_payload must contain (@>); null: anything.';
comment on column public.iu_outbound_route.target_kind    is 'As in iu_delivery_target_kind.';
comment on column public.iu_outbound_route.target_ref     is
  'Where to, as the kind reads it: a function, a file, an address. No secret.';
comment on column public.iu_outbound_route.enabled        is 'False: it routes nothing.';
comment on column public.iu_outbound_route.dry_run        is
  'True: each delivery is recorded as it would be sent, and not sent.';
comment on column public.iu_outbound_route.fail_closed    is
  'True: what may not be delivered becomes a dead letter; false: it is recorded as refused only.';
comment on column public.iu_outbound_route.retry_policy   is
  '{max_attempts, base_seconds, factor, max_seconds}: when a failed delivery is tried again.';
comment on column public.iu_outbound_route.worker         is
  'The worker that routes for it. Changed, the other worker''s window decides what it gets.';
comment on column public.iu_outbound_route.description    is 'What it is for.';
comment on column public.iu_outbound_route.created_at     is 'clock_timestamp() of the row.';
comment on column public.iu_outbound_route.created_by     is 'Who, as stated by the caller.';
comment on column public.iu_outbound_route.updated_at     is
  'clock_timestamp() of the latest change.';
comment on column public.iu_outbound_route.updated_by     is
  'Who changed it last, as stated by the caller.';

create table public.iu_outbound_route_history (
  route_code text collate "C" not null,
  version    integer          not null,
  entry      jsonb,
  actor      text             not null,
  login      text             not null,
  changed_at timestamptz      not null,
  constraint iu_outbound_route_history_pk primary key (route_code, version)
);

comment on table  public.iu_outbound_route_history            is
  'Every change of iu_outbound_route. Insert-only.';
comment on column public.iu_outbound_route_history.route_code is 'The route.';
comment on column public.iu_outbound_route_history.version    is 'Its version from then on.';
comment on column public.iu_outbound_route_history.entry      is
  'The row as it became, as JSON; null when it was removed.';
comment on column public.iu_outbound_route_history.actor      is 'Who, as stated by the caller.';
comment on column public.iu_outbound_route_history.login      is
  'session_user, as seen by the server.';
comment on column public.iu_outbound_route_history.changed_at is 'clock_timestamp().';

create table public.iu_event_topic (
  event_domain text collate "C" not null,
  event_type   text collate "C" not null,
  event_stream text collate "C" not null,
  constraint iu_event_topic_pk primary key (event_domain, event_type, event_stream)
);

comment on table  public.iu_event_topic              is
  'The topics that events have: those of event_type_registry, and what a worker met besides.';
comment on column public.iu_event_topic.event_domain is 'As in event_outbox.';
comment on column public.iu_event_topic.event_type   is 'As in event_outbox.';
comment on column public.iu_event_topic.event_stream is 'As in event_outbox.';

create table public.iu_route_topic (
  event_domain text collate "C" not null,
  event_type   text collate "C" not null,
  event_stream text collate "C" not null,
  route_code   text collate "C" not null,
  constraint iu_route_topic_pk primary key (event_domain, event_type, event_stream, route_code),
  constraint iu_route_topic_route_fk
    foreign key (route_code) references public.iu_outbound_route (route_code)
);

create index iu_route_topic_route_ix on public.iu_route_topic (route_code);

comment on table  public.iu_route_topic              is
  'The patterns of the routes, compiled: which routes a topic has. Made by iu_core.compile_routes.';
comment on column public.iu_route_topic.event_domain is 'As in iu_event_topic.';
comment on column public.iu_route_topic.event_type   is 'As in iu_event_topic.';
comment on column public.iu_route_topic.event_stream is 'As in iu_event_topic.';
comment on column public.iu_route_topic.route_code   is 'A route whose patterns fit, enabled or not.';

-- ------------------------------------------------------------------------------------------------
-- Inbound routes
-- ------------------------------------------------------------------------------------------------

create table public.iu_sql_event_route (
  route_code      text collate "C" not null,
  source_table    text collate "C" not null,
  sql_event       text collate "C" not null,
  key_column      text collate "C" not null,
  payload_columns text[]           not null,
  event_domain    text collate "C" not null,
  event_type      text collate "C" not null,
  enabled         boolean          not null default false,
  fail_closed     boolean          not null default true,
  created_at      timestamptz      not null,
  created_by      text             not null,
  updated_at      timestamptz      not null,
  updated_by      text             not null,
  constraint iu_sql_event_route_pk       primary key (route_code),
  constraint iu_sql_event_route_event_ck check (sql_event in ('insert', 'update', 'delete'))
);

comment on table  public.iu_sql_event_route                 is
  'Which changes of tables of others become events.';
comment on column public.iu_sql_event_route.route_code      is 'Its name; stands in causation.';
comment on column public.iu_sql_event_route.source_table    is 'schema.table.';
comment on column public.iu_sql_event_route.sql_event       is 'insert, update or delete.';
comment on column public.iu_sql_event_route.key_column      is
  'The column whose text is the subject of the event.';
comment on column public.iu_sql_event_route.payload_columns is
  'The columns that the payload holds.';
comment on column public.iu_sql_event_route.event_domain    is 'Domain of the event.';
comment on column public.iu_sql_event_route.event_type      is
  'Its type; with the domain in event_type_registry.';
comment on column public.iu_sql_event_route.enabled         is 'False: it records nothing.';
comment on column public.iu_sql_event_route.fail_closed     is
  'True: a change whose event cannot be recorded fails; false: it warns.';
comment on column public.iu_sql_event_route.created_at      is 'clock_timestamp() of the row.';
comment on column public.iu_sql_event_route.created_by      is 'Who, as stated by the caller.';
comment on column public.iu_sql_event_route.updated_at      is
  'clock_timestamp() of the latest change.';
comment on column public.iu_sql_event_route.updated_by      is
  'Who changed it last, as stated by the caller.';

grant select on public.iu_delivery_target_kind to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_consumer       to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_outbound_route       to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_outbound_route_history
                                              to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_event_topic          to context_pack_readonly;
grant select on public.iu_route_topic          to context_pack_readonly;
grant select on public.iu_sql_event_route      to context_pack_readonly, iu_operator, iu_worker;

-- ------------------------------------------------------------------------------------------------
-- Functions
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/find_table.sql
create or replace function iu_core.find_table(p_name text)
returns regclass
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return to_regclass(p_name);
exception
  -- 15 raises where text cannot be a name at all.
  when others then
    return null;
end
$$;

comment on function iu_core.find_table(text) is
  'The table or view of this schema-qualified name; null where there is none, or where the text is no name.';
--! EndIncluded functions/iu_core/find_table.sql

--! Included functions/iu_core/find_function.sql
create or replace function iu_core.find_function(p_name text)
returns regprocedure
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return to_regprocedure(p_name);
exception
  -- 15 raises where text cannot be a name at all.
  when others then
    return null;
end
$$;

comment on function iu_core.find_function(text) is
  'The function of this schema-qualified name; null where there is none, or where the text is no name.';
--! EndIncluded functions/iu_core/find_function.sql

--! Included functions/iu_core/matches_pattern.sql
create or replace function iu_core.matches_pattern(p_value text, p_pattern text)
returns boolean
language sql
immutable
parallel safe
return p_value ~ ('^' || replace(p_pattern, '*', '.*') || '$');

comment on function iu_core.matches_pattern(text, text) is
  'True when the value fits the pattern, in which * stands for any run of characters and everything '
  'else for itself. Patterns have only a-z, 0-9, _ and *, as the routes'' constraints see to.';
--! EndIncluded functions/iu_core/matches_pattern.sql

--! Included functions/iu_core/compile_routes.sql
create or replace function iu_core.compile_routes()
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('iu_core.routes', 0));

  delete from public.iu_route_topic t
   where not exists (
           select
             from public.iu_outbound_route r
             join public.iu_event_topic e
               on e.event_domain = t.event_domain
              and e.event_type   = t.event_type
              and e.event_stream = t.event_stream
            where r.route_code = t.route_code
              and iu_core.matches_pattern(t.event_domain, r.event_domain)
              and iu_core.matches_pattern(t.event_type,   r.event_type)
              and iu_core.matches_pattern(t.event_stream, r.event_stream));

  insert into public.iu_route_topic (event_domain, event_type, event_stream, route_code)
  select e.event_domain, e.event_type, e.event_stream, r.route_code
    from public.iu_event_topic e
    join public.iu_outbound_route r
      on iu_core.matches_pattern(e.event_domain, r.event_domain)
     and iu_core.matches_pattern(e.event_type,   r.event_type)
     and iu_core.matches_pattern(e.event_stream, r.event_stream)
      on conflict on constraint iu_route_topic_pk do nothing;
end
$$;

comment on function iu_core.compile_routes() is
  'Brings iu_route_topic to what the patterns of the routes say about the known topics. Called '
  'whenever a route or the topics change, so that no event is ever matched with a pattern.';
--! EndIncluded functions/iu_core/compile_routes.sql

--! Included functions/iu_core/keep_topics.sql
create or replace function iu_core.keep_topics()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'DELETE' then
    delete from public.iu_event_topic t
     where not exists (
             select
               from public.event_type_registry r
              where r.event_domain = t.event_domain
                and r.event_type   = t.event_type);
  else
    insert into public.iu_event_topic (event_domain, event_type, event_stream)
    select r.event_domain, r.event_type, r.event_stream
      from public.event_type_registry r
        on conflict on constraint iu_event_topic_pk do nothing;
  end if;
  perform iu_core.compile_routes();
  return null;
end
$$;

comment on function iu_core.keep_topics() is
  'AFTER STATEMENT trigger of event_type_registry: a new type, or an old one with another stream, '
  'is a topic from then on, and the routes that fit it are compiled; the topics of a removed type '
  'are dropped. A topic that an event has and nobody knows is added by the worker that meets it.';
--! EndIncluded functions/iu_core/keep_topics.sql

--! Included functions/iu_core/live_routes.sql
create or replace function iu_core.live_routes()
returns text[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
           array_remove(
             regexp_split_to_array(
               (select c.value from public.dot_config c
                 where c.key = 'iu_core.delivery_live_routes'),
               '[[:space:],]+'),
             ''),
           '{}')
$$;

comment on function iu_core.live_routes() is
  'The route codes that the setting iu_core.delivery_live_routes lists, separated by commas or '
  'blanks. None without the setting.';
--! EndIncluded functions/iu_core/live_routes.sql

--! Included functions/iu_core/consumer_problem.sql
create or replace function iu_core.consumer_problem(p_function text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_function pg_proc;
begin
  select p.* into v_function from pg_proc p where p.oid = iu_core.find_function(p_function);
  return case
    when v_function.oid is null                              then 'there is no such function'
    when v_function.oid::regprocedure::text <> p_function    then 'write it as '
                                                                  || v_function.oid::regprocedure
    when v_function.prokind <> 'f'
      or v_function.proargtypes::text <> 'jsonb'::regtype::oid::text
                                                             then 'it is not a function of one jsonb'
    when v_function.prorettype <> 'void'::regtype            then 'it does not return void'
    -- Else it would run with the rights of IU Core's own functions.
    when not v_function.prosecdef                            then 'it is not SECURITY DEFINER'
    when not has_function_privilege('workflow_admin', v_function.oid, 'EXECUTE')
                                                             then 'workflow_admin may not execute it'
  end;
end
$$;

comment on function iu_core.consumer_problem(text) is
  'Why a function, as schema.name(jsonb), cannot be the consumer of a route; null when it can: a '
  'SECURITY DEFINER function of one jsonb that returns void and that workflow_admin may execute.';
--! EndIncluded functions/iu_core/consumer_problem.sql

--! Included functions/iu_core/live_refusal.sql
create or replace function iu_core.live_refusal(p_route public.iu_outbound_route)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when not p_route.route_code = any (iu_core.live_routes())          then 'not_listed'
    when not exists (
           select from public.iu_delivery_target_kind k
            where k.kind = p_route.target_kind and k.built)            then 'target_unbuilt'
    when p_route.target_kind = 'sql_function'
     and (not exists (
            select from public.iu_route_consumer c
             where c.function_name = p_route.target_ref)
          or iu_core.consumer_problem(p_route.target_ref) is not null) then 'consumer_unknown'
  end;
end
$$;

comment on function iu_core.live_refusal(public.iu_outbound_route) is
  'Why a route, as given, may not deliver live, the delivery gate aside: not_listed in '
  'iu_core.delivery_live_routes, target_unbuilt, consumer_unknown; null when it may. Read again '
  'with every delivery: a route that was let through once may not be any more.';
--! EndIncluded functions/iu_core/live_refusal.sql

--! Included functions/iu_core/route_refusal.sql
create or replace function iu_core.route_refusal(p_route_code text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_route public.iu_outbound_route;
begin
  select r.* into v_route from public.iu_outbound_route r where r.route_code = p_route_code;
  return case
    when v_route.route_code is null                                    then 'route_unknown'
    when not v_route.enabled                                           then 'route_disabled'
    when v_route.dry_run                                               then 'route_dry_run'
    else iu_core.live_refusal(v_route)
  end;
end
$$;

comment on function iu_core.route_refusal(text) is
  'Why nothing may be delivered on this route, whatever the gate says; null when it may: '
  'route_unknown, route_disabled, route_dry_run, or what iu_core.live_refusal says.';
--! EndIncluded functions/iu_core/route_refusal.sql

--! Included functions/iu_core/guard_route.sql
create or replace function iu_core.guard_route()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_refusal text;
begin
  if not new.enabled or new.dry_run then
    return new;
  end if;

  -- What is read next cannot change until this transaction ends.
  perform iu_core.lock_config('iu_core.delivery_enabled', true);
  perform iu_core.lock_config('iu_core.delivery_live_routes', true);
  v_refusal := iu_core.live_refusal(new);
  if v_refusal is null
     and (select g.state <> 'open' from iu_core.gate_state('iu_core.delivery_enabled') as g)
  then
    v_refusal := 'delivery_gate_closed';
  end if;
  if v_refusal is not null then
    perform iu_core.raise_error(
      'IU050',
      format('route %s may not deliver live: %s', new.route_code, v_refusal),
      jsonb_build_object('route_code', new.route_code, 'reason', v_refusal));
  end if;
  return new;
end
$$;

comment on function iu_core.guard_route() is
  'The guard, a BEFORE INSERT OR UPDATE row trigger of iu_outbound_route: refuses with IU050 a row '
  'that is enabled and not dry_run, for every role, unless the route is listed in '
  'iu_core.delivery_live_routes, its target is built and the delivery gate is open.';
--! EndIncluded functions/iu_core/guard_route.sql

--! Included functions/iu_core/is_retry_policy.sql
create or replace function iu_core.is_retry_policy(p_policy jsonb)
returns boolean
language sql
immutable
parallel safe
-- Not BETWEEN: its parentheses go lost in a dump of 15, and the restored function would differ.
return case
  when jsonb_typeof(p_policy) = 'object'
  then p_policy - array['max_attempts', 'base_seconds', 'factor', 'max_seconds'] = '{}'
       and case
             when jsonb_typeof(p_policy -> 'max_attempts') = 'number'
              and jsonb_typeof(p_policy -> 'base_seconds') = 'number'
              and jsonb_typeof(p_policy -> 'factor')       = 'number'
              and jsonb_typeof(p_policy -> 'max_seconds')  = 'number'
             then (p_policy ->> 'max_attempts')::numeric >= 1
                  and (p_policy ->> 'max_attempts')::numeric <= 100
                  and (p_policy ->> 'max_attempts')::numeric % 1 = 0
                  and (p_policy ->> 'base_seconds')::numeric >= 0
                  and (p_policy ->> 'base_seconds')::numeric <= 86400
                  and (p_policy ->> 'factor')::numeric >= 1
                  and (p_policy ->> 'factor')::numeric <= 10
                  and (p_policy ->> 'max_seconds')::numeric >= 0
                  and (p_policy ->> 'max_seconds')::numeric <= 604800
             else false
           end
  else false
end;

comment on function iu_core.is_retry_policy(jsonb) is
  'True for {max_attempts: integer 1 to 100, base_seconds: 0 to 86400, factor: 1 to 10, '
  'max_seconds: 0 to 604800}, all of them and nothing else.';
--! EndIncluded functions/iu_core/is_retry_policy.sql

--! Included functions/iu_core/route_object.sql
create or replace function iu_core.route_object(p_entry jsonb)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- What the entry leaves out stays as it is, or, of a new route, is nothing that could act.
  select jsonb_build_object(
           'event_stream',   '*',
           'payload_filter', null,
           'enabled',        false,
           'dry_run',        true,
           'fail_closed',    true,
           'retry_policy',   jsonb_build_object('max_attempts', 5, 'base_seconds', 30,
                                                'factor', 2, 'max_seconds', 3600),
           'worker',         'iu_outbound_default')
         || coalesce((select to_jsonb(r) from public.iu_outbound_route r
                       where r.route_code = p_entry ->> 'route_code'), '{}')
         || p_entry
$$;

comment on function iu_core.route_object(jsonb) is
  'An entry of fn_iu_route_set with what it leaves out: the present values of the route, or the '
  'defaults of a new one: disabled, dry run, fail closed.';
--! EndIncluded functions/iu_core/route_object.sql

--! Included functions/iu_core/bad_routes.sql
create or replace function iu_core.bad_routes(p_routes jsonb)
returns integer[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with entry as (
    select e.n, e.entry,
           case when jsonb_typeof(e.entry) = 'object' then iu_core.route_object(e.entry) end as route,
           row_number() over (partition by e.entry ->> 'route_code' order by e.n) as take
      from jsonb_array_elements(p_routes) with ordinality as e (entry, n)
  )
  select coalesce(array_agg((e.n - 1)::integer order by e.n), '{}')
    from entry e
   where e.route is null
      or e.take > 1
      or case when jsonb_typeof(e.entry) = 'object'
              then e.entry - array['route_code', 'event_domain', 'event_type', 'event_stream',
                                   'payload_filter', 'target_kind', 'target_ref', 'enabled',
                                   'dry_run', 'fail_closed', 'retry_policy', 'worker',
                                   'description'] <> '{}'
              else true
         end
      or coalesce(e.route ->> 'route_code', '') !~ '^[a-z][a-z0-9_.]{0,99}$'
      or exists (
           select from unnest(array['event_domain', 'event_type', 'event_stream']) as k (key)
            where coalesce(e.route ->> k.key, '') !~ '^[a-z0-9_*]{1,100}$')
      or exists (
           select from unnest(array['target_ref', 'worker', 'description']) as k (key)
            where jsonb_typeof(e.route -> k.key) is distinct from 'string'
               or e.route ->> k.key !~ '[^[:space:]]')
      or exists (
           select from unnest(array['enabled', 'dry_run', 'fail_closed']) as k (key)
            where jsonb_typeof(e.route -> k.key) is distinct from 'boolean')
      or coalesce(jsonb_typeof(e.route -> 'payload_filter'), 'null') not in ('object', 'null')
      or not iu_core.is_retry_policy(e.route -> 'retry_policy')
      or not exists (
           select from public.iu_delivery_target_kind k where k.kind = e.route ->> 'target_kind')
$$;

comment on function iu_core.bad_routes(jsonb) is
  'Indexes, from 0, of the entries that fn_iu_route_set cannot take; empty when all are good.';
--! EndIncluded functions/iu_core/bad_routes.sql

--! Included functions/fn_iu_route_set.sql
create or replace function public.fn_iu_route_set(p_routes jsonb, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_bad     integer[];
  v_now     timestamptz := clock_timestamp();
  v_written jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  if jsonb_typeof(p_routes) is distinct from 'array' then
    perform iu_core.raise_error(
      'IU004', 'p_routes must be an array', jsonb_build_object('arguments', array['p_routes']));
  end if;
  perform pg_advisory_xact_lock(hashtextextended('iu_core.routes', 0));
  v_bad := iu_core.bad_routes(p_routes);
  if v_bad <> '{}' then
    perform iu_core.refuse_indexes(
      'p_routes', v_bad,
      'routes are {route_code, event_domain, event_type, event_stream, payload_filter, '
      'target_kind, target_ref, enabled, dry_run, fail_closed, retry_policy, worker, description}, '
      'each once');
  end if;

  with written as (
    insert into public.iu_outbound_route as r
           (route_code, version, event_domain, event_type, event_stream, payload_filter,
            target_kind, target_ref, enabled, dry_run, fail_closed, retry_policy, worker,
            description, created_at, created_by, updated_at, updated_by)
    select x.route_code, 1 + coalesce((select max(h.version)
                                         from public.iu_outbound_route_history h
                                        where h.route_code = x.route_code), 0),
           x.event_domain, x.event_type, x.event_stream,
           nullif(x.payload_filter, 'null'), x.target_kind, x.target_ref, x.enabled, x.dry_run,
           x.fail_closed, x.retry_policy, x.worker, x.description, v_now, p_actor, v_now, p_actor
      from jsonb_array_elements(p_routes) as e (entry)
     cross join lateral jsonb_to_record(iu_core.route_object(e.entry))
           as x (route_code text, event_domain text, event_type text, event_stream text,
                 payload_filter jsonb, target_kind text, target_ref text, enabled boolean,
                 dry_run boolean, fail_closed boolean, retry_policy jsonb, worker text,
                 description text)
     order by x.route_code collate "C"
    on conflict on constraint iu_outbound_route_pk do update
      set version        = excluded.version,
          event_domain   = excluded.event_domain,
          event_type     = excluded.event_type,
          event_stream   = excluded.event_stream,
          payload_filter = excluded.payload_filter,
          target_kind    = excluded.target_kind,
          target_ref     = excluded.target_ref,
          enabled        = excluded.enabled,
          dry_run        = excluded.dry_run,
          fail_closed    = excluded.fail_closed,
          retry_policy   = excluded.retry_policy,
          worker         = excluded.worker,
          description    = excluded.description,
          updated_at     = excluded.updated_at,
          updated_by     = excluded.updated_by
    where (r.event_domain, r.event_type, r.event_stream, r.payload_filter, r.target_kind,
           r.target_ref, r.enabled, r.dry_run, r.fail_closed, r.retry_policy, r.worker,
           r.description)
          is distinct from
          (excluded.event_domain, excluded.event_type, excluded.event_stream,
           excluded.payload_filter, excluded.target_kind, excluded.target_ref, excluded.enabled,
           excluded.dry_run, excluded.fail_closed, excluded.retry_policy, excluded.worker,
           excluded.description)
    returning r.route_code, r.version, to_jsonb(r) as entry
  ),
  recorded as (
    insert into public.iu_outbound_route_history
           (route_code, version, entry, actor, login, changed_at)
    select w.route_code, w.version, w.entry, p_actor, session_user, v_now
      from written w
    returning route_code
  )
  select coalesce(jsonb_agg(r.route_code order by r.route_code), '[]')
    into v_written
    from recorded r;

  if v_written <> '[]' then
    perform iu_core.compile_routes();
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'routes_changed', 'public.iu_outbound_route', null, null,
        jsonb_build_object('route_codes', v_written))],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object(
    'written',   jsonb_array_length(v_written),
    'unchanged', jsonb_array_length(p_routes) - jsonb_array_length(v_written));
end
$$;

comment on function public.fn_iu_route_set(jsonb, text) is
  'Adds or changes outbound routes. p_routes: an array of {route_code, event_domain, event_type, '
  'event_stream, payload_filter, target_kind, target_ref, enabled, dry_run, fail_closed, '
  'retry_policy, worker, description}; what is left out stays as it is, and of a new route is '
  'event_stream *, no filter, disabled, dry run, fail closed, 5 attempts, worker '
  'iu_outbound_default. In domain, type and stream * stands for anything; a filter is what '
  'safe_payload must contain (@>). Returns {written, unchanged}; an entry that is already so is not '
  'written. Each change is a row of iu_outbound_route_history; all of them are one '
  'governance.routes_changed. Refuses with IU050 a route that would deliver live and may not, with '
  'IU004 bad entries (detail bad_indexes, from 0), with IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_set(jsonb, text) from public;
grant  execute on function public.fn_iu_route_set(jsonb, text) to iu_operator;
--! EndIncluded functions/fn_iu_route_set.sql

--! Included functions/fn_iu_route_remove.sql
create or replace function public.fn_iu_route_remove(p_route_codes text[], p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_removed jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  perform pg_advisory_xact_lock(hashtextextended('iu_core.routes', 0));

  select jsonb_agg(distinct p.route_code)
    into v_removed
    from public.iu_route_pending p
   where p.route_code = any (p_route_codes);
  if v_removed is not null then
    perform iu_core.raise_error(
      'IU055',
      format('there are deliveries pending on route %s', v_removed ->> 0),
      jsonb_build_object('route_codes', v_removed));
  end if;

  delete from public.iu_route_topic t where t.route_code = any (p_route_codes);
  with removed as (
    delete from public.iu_outbound_route r
     where r.route_code = any (p_route_codes)
    returning r.route_code, r.version
  ),
  recorded as (
    insert into public.iu_outbound_route_history
           (route_code, version, entry, actor, login, changed_at)
    select r.route_code, r.version + 1, null, p_actor, session_user, clock_timestamp()
      from removed r
    returning route_code
  )
  select coalesce(jsonb_agg(r.route_code order by r.route_code), '[]')
    into v_removed
    from recorded r;

  if v_removed <> '[]' then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'routes_changed', 'public.iu_outbound_route', null, null,
        jsonb_build_object('route_codes', v_removed))],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object('removed', jsonb_array_length(v_removed));
end
$$;

comment on function public.fn_iu_route_remove(text[], text) is
  'Removes outbound routes; codes that are not there are passed over. What they delivered stays on '
  'record. Returns {removed}. Emits governance.routes_changed. Refuses with IU055 routes with '
  'pending deliveries, with IU004 an empty actor, with IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_remove(text[], text) from public;
grant  execute on function public.fn_iu_route_remove(text[], text) to iu_operator;
--! EndIncluded functions/fn_iu_route_remove.sql

--! Included functions/fn_iu_delivery_target_set.sql
create or replace function public.fn_iu_delivery_target_set(
  p_kind   text,
  p_built  boolean,
  p_actor  text,
  p_reason text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_kind public.iu_delivery_target_kind;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  select k.* into v_kind from public.iu_delivery_target_kind k where k.kind = p_kind for update;
  if v_kind.kind is null or p_built is null or p_built and not v_kind.buildable then
    perform iu_core.raise_error(
      'IU004', 'p_kind is a target kind that this release can build, p_built true or false',
      jsonb_build_object('kind', p_kind, 'built', p_built, 'buildable', v_kind.buildable));
  end if;
  if v_kind.built = p_built then
    return jsonb_build_object('status', 'unchanged', 'kind', p_kind, 'built', p_built);
  end if;

  update public.iu_delivery_target_kind k set built = p_built where k.kind = p_kind;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'delivery_changed', 'public.iu_delivery_target_kind', p_kind, null,
      jsonb_build_object('kind', p_kind, 'built', p_built, 'reason', p_reason))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'set', 'kind', p_kind, 'built', p_built);
end
$$;

comment on function public.fn_iu_delivery_target_set(text, boolean, text, text) is
  'Says that the adapter of a target kind is built (it passed the contract suite), or is not any '
  'more: then what is to be delivered to it is refused. Returns {status: set | unchanged, kind, '
  'built}. Emits governance.delivery_changed. Refuses with IU004 a kind that does not exist or that '
  'this release has no adapter for, with IU003 another isolation. For members of workflow_admin.';

revoke all on function public.fn_iu_delivery_target_set(text, boolean, text, text) from public;
--! EndIncluded functions/fn_iu_delivery_target_set.sql

--! Included functions/fn_iu_route_consumer_set.sql
create or replace function public.fn_iu_route_consumer_set(
  p_function    text,
  p_description text,
  p_actor       text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_problem text;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_function', p_function, 'p_description', p_description, 'p_actor', p_actor));
  v_problem := iu_core.consumer_problem(p_function);
  if v_problem is not null then
    perform iu_core.raise_error(
      'IU004',
      format('%s cannot consume events: %s', p_function, v_problem),
      jsonb_build_object('function', p_function, 'reason', v_problem));
  end if;

  insert into public.iu_route_consumer as c (function_name, description, created_at, created_by)
  values (p_function, p_description, clock_timestamp(), p_actor)
  on conflict on constraint iu_route_consumer_pk do update
    set description = excluded.description,
        created_at  = excluded.created_at,
        created_by  = excluded.created_by
  where c.description <> excluded.description;
  if not found then
    return jsonb_build_object('status', 'unchanged', 'function', p_function);
  end if;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'delivery_changed', 'public.iu_route_consumer', p_function, null,
      jsonb_build_object('function', p_function))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'set', 'function', p_function);
end
$$;

comment on function public.fn_iu_route_consumer_set(text, text, text) is
  'Allows routes of the kind sql_function to call a function, as schema.name(jsonb): SECURITY '
  'DEFINER, so that it has its owner''s rights and not those of IU Core, of one jsonb (the event '
  'with route_code, idempotency_key and attempt_no), returning void. It runs in the worker''s '
  'transaction; an error is a failed attempt. Returns {status: set | unchanged, function}. Emits '
  'governance.delivery_changed. Refuses another function with IU004, another isolation with IU003. '
  'For members of workflow_admin.';

revoke all on function public.fn_iu_route_consumer_set(text, text, text) from public;
--! EndIncluded functions/fn_iu_route_consumer_set.sql

--! Included functions/fn_iu_route_consumer_remove.sql
create or replace function public.fn_iu_route_consumer_remove(p_function text, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_function', p_function, 'p_actor', p_actor));
  delete from public.iu_route_consumer c where c.function_name = p_function;
  if not found then
    return jsonb_build_object('status', 'absent', 'function', p_function);
  end if;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'delivery_changed', 'public.iu_route_consumer', p_function, null,
      jsonb_build_object('function', p_function))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'removed', 'function', p_function);
end
$$;

comment on function public.fn_iu_route_consumer_remove(text, text) is
  'No route may call this function any more; what is still to be delivered to it is refused. '
  'Returns {status: removed | absent, function}. Emits governance.delivery_changed. Refuses with '
  'IU004 empty arguments, with IU003 another isolation. For members of workflow_admin.';

revoke all on function public.fn_iu_route_consumer_remove(text, text) from public;
--! EndIncluded functions/fn_iu_route_consumer_remove.sql

--! Included functions/fn_iu_sql_route_set.sql
create or replace function public.fn_iu_sql_route_set(p_routes jsonb, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_bad     integer[];
  v_now     timestamptz := clock_timestamp();
  v_written jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  if jsonb_typeof(p_routes) is distinct from 'array' then
    perform iu_core.raise_error(
      'IU004', 'p_routes must be an array', jsonb_build_object('arguments', array['p_routes']));
  end if;

  select array_agg((e.n - 1)::integer order by e.n)
    into v_bad
    from (
      select x.entry, x.n,
             row_number() over (partition by x.entry ->> 'route_code' order by x.n) as take
        from jsonb_array_elements(p_routes) with ordinality as x (entry, n)
    ) as e
   where e.take > 1
      or case when jsonb_typeof(e.entry) = 'object'
              then e.entry - array['route_code', 'source_table', 'sql_event', 'key_column',
                                   'payload_columns', 'event_domain', 'event_type', 'enabled',
                                   'fail_closed'] <> '{}'
              else true
         end
      or coalesce(e.entry ->> 'route_code', '') !~ '^[a-z][a-z0-9_.]{0,99}$'
      or coalesce(e.entry ->> 'sql_event', '') not in ('insert', 'update', 'delete')
      or iu_core.find_table(e.entry ->> 'source_table') is null
      or exists (
           select from unnest(array['key_column', 'event_domain', 'event_type']) as k (key)
            where coalesce(e.entry ->> k.key, '') = '')
      or coalesce(jsonb_typeof(e.entry -> 'payload_columns'), 'array') <> 'array'
      or coalesce(jsonb_typeof(e.entry -> 'enabled'), 'boolean')       <> 'boolean'
      or coalesce(jsonb_typeof(e.entry -> 'fail_closed'), 'boolean')   <> 'boolean';
  if v_bad is not null then
    perform iu_core.refuse_indexes(
      'p_routes', v_bad,
      'routes are {route_code, source_table, sql_event, key_column, payload_columns, '
      'event_domain, event_type, enabled, fail_closed}, each once');
  end if;

  with written as (
    insert into public.iu_sql_event_route as r
           (route_code, source_table, sql_event, key_column, payload_columns, event_domain,
            event_type, enabled, fail_closed, created_at, created_by, updated_at, updated_by)
    select e.route_code, iu_core.find_table(e.source_table)::text, e.sql_event, e.key_column,
           coalesce(e.payload_columns, '{}'), e.event_domain, e.event_type,
           coalesce(e.enabled, false), coalesce(e.fail_closed, true), v_now, p_actor, v_now, p_actor
      from jsonb_to_recordset(p_routes)
           as e (route_code text, source_table text, sql_event text, key_column text,
                 payload_columns text[], event_domain text, event_type text, enabled boolean,
                 fail_closed boolean)
     order by e.route_code collate "C"
    on conflict on constraint iu_sql_event_route_pk do update
      set source_table    = excluded.source_table,
          sql_event       = excluded.sql_event,
          key_column      = excluded.key_column,
          payload_columns = excluded.payload_columns,
          event_domain    = excluded.event_domain,
          event_type      = excluded.event_type,
          enabled         = excluded.enabled,
          fail_closed     = excluded.fail_closed,
          updated_at      = excluded.updated_at,
          updated_by      = excluded.updated_by
    where (r.source_table, r.sql_event, r.key_column, r.payload_columns, r.event_domain,
           r.event_type, r.enabled, r.fail_closed)
          is distinct from
          (excluded.source_table, excluded.sql_event, excluded.key_column,
           excluded.payload_columns, excluded.event_domain, excluded.event_type, excluded.enabled,
           excluded.fail_closed)
    returning r.route_code
  )
  select coalesce(jsonb_agg(w.route_code order by w.route_code), '[]') into v_written from written w;

  if v_written <> '[]' then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'routes_changed', 'public.iu_sql_event_route', null, null,
        jsonb_build_object('route_codes', v_written))],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object(
    'written',   jsonb_array_length(v_written),
    'unchanged', jsonb_array_length(p_routes) - jsonb_array_length(v_written));
end
$$;

comment on function public.fn_iu_sql_route_set(jsonb, text) is
  'Adds or changes inbound routes. p_routes: an array of {route_code, source_table, sql_event, '
  'key_column, payload_columns, event_domain, event_type, enabled, fail_closed}; payload_columns '
  'defaults to none, enabled to false, fail_closed to true. They act where the owner of the table '
  'has put the trigger fn_iu_sql_route_capture() on it. Returns {written, unchanged}; an entry that '
  'is already so is not written. Emits governance.routes_changed. Refuses with IU004 bad entries '
  '(detail bad_indexes, from 0), with IU003 another isolation. For members of workflow_admin.';

revoke all on function public.fn_iu_sql_route_set(jsonb, text) from public;
--! EndIncluded functions/fn_iu_sql_route_set.sql

--! Included functions/fn_iu_sql_route_remove.sql
create or replace function public.fn_iu_sql_route_remove(p_route_codes text[], p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_removed jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  with removed as (
    delete from public.iu_sql_event_route r
     where r.route_code = any (p_route_codes)
    returning r.route_code
  )
  select coalesce(jsonb_agg(r.route_code order by r.route_code), '[]') into v_removed from removed r;

  if v_removed <> '[]' then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'routes_changed', 'public.iu_sql_event_route', null, null,
        jsonb_build_object('route_codes', v_removed))],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object('removed', jsonb_array_length(v_removed));
end
$$;

comment on function public.fn_iu_sql_route_remove(text[], text) is
  'Removes inbound routes; codes that are not there are passed over. The triggers on the tables '
  'stay and do nothing. Returns {removed}. Emits governance.routes_changed. Refuses with IU004 an '
  'empty actor, with IU003 another isolation. For members of workflow_admin.';

revoke all on function public.fn_iu_sql_route_remove(text[], text) from public;
--! EndIncluded functions/fn_iu_sql_route_remove.sql

--! Included functions/fn_iu_sql_route_capture.sql
create or replace function public.fn_iu_sql_route_capture()
returns trigger
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_row    jsonb := case when tg_op = 'DELETE' then to_jsonb(old) else to_jsonb(new) end;
  v_table  text  := tg_relid::regclass::text;
  v_route  public.iu_sql_event_route;
  v_events integer;
begin
  for v_route in
    select r.*
      from public.iu_sql_event_route r
     where r.source_table = v_table
       and r.sql_event    = lower(tg_op)
       and r.enabled
     order by r.route_code
  loop
    begin
      perform iu_core.begin_write();
      -- Not iu_core.fact: the type is data here, so no check of the functions can look for it.
      v_events := iu_core.emit_events(
        array[row(v_route.event_domain, v_route.event_type, v_table,
                  v_row ->> v_route.key_column, null,
                  (select coalesce(jsonb_object_agg(c.name, v_row -> c.name), '{}')
                     from unnest(v_route.payload_columns) as c (name)),
                  jsonb_build_object('inbound_route', v_route.route_code), null
                 )::iu_core.event_fact],
        session_user, iu_core.uuid_v7());
    exception
      when others then
        if v_route.fail_closed then
          raise;
        end if;
        raise warning 'route % recorded nothing of % on %: %', v_route.route_code, tg_op, v_table,
                      sqlerrm;
    end;
  end loop;
  return null;
end
$$;

comment on function public.fn_iu_sql_route_capture() is
  'AFTER INSERT OR UPDATE OR DELETE row trigger for tables of others: a change becomes an event, as '
  'the enabled inbound routes of that table and operation say. With the master gate closed it '
  'records nothing. Where an event cannot be recorded, a route that is fail_closed fails the '
  'change, another one warns. Its owner''s members put it on a table; it is granted to nobody.';

revoke all on function public.fn_iu_sql_route_capture() from public;
--! EndIncluded functions/fn_iu_sql_route_capture.sql

create trigger iu_guard_live before insert or update on public.iu_outbound_route
  for each row execute function iu_core.guard_route();

create trigger iu_topics after insert or update or delete on public.event_type_registry
  for each statement execute function iu_core.keep_topics();

insert into public.iu_event_topic (event_domain, event_type, event_stream)
select r.event_domain, r.event_type, r.event_stream from public.event_type_registry r;

reset role;

select iu_core.protect_table(
  'public.iu_delivery_target_kind', 'state', 'public.fn_iu_delivery_target_set()');
select iu_core.protect_table(
  'public.iu_route_consumer', 'state',
  'public.fn_iu_route_consumer_set() or public.fn_iu_route_consumer_remove()', '{created_at}');
select iu_core.protect_table(
  'public.iu_outbound_route', 'state',
  'public.fn_iu_route_set() or public.fn_iu_route_remove()', '{version,updated_at,updated_by}');
select iu_core.protect_table(
  'public.iu_outbound_route_history', 'ledger',
  'public.fn_iu_route_set() or public.fn_iu_route_remove()');
select iu_core.protect_table('public.iu_event_topic', 'state', 'public.fn_iu_event_type_set()');
select iu_core.protect_table('public.iu_route_topic', 'state', 'public.fn_iu_route_set()');
select iu_core.protect_table(
  'public.iu_sql_event_route', 'state',
  'public.fn_iu_sql_route_set() or public.fn_iu_sql_route_remove()', '{updated_at,updated_by}');

select iu_core.register_errors($errors$[
  {"code": "IU050", "name": "live_route_refused",
   "problem": "A route was to deliver live that may not.",
   "next_step": "Select from public.fn_iu_route_live_readiness(route): each row not ok is a step."}
]$errors$);

select iu_core.expect_grants($grants$[
  {"object": "public.iu_delivery_target_kind", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_event_topic", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_outbound_route", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_outbound_route_history", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_consumer", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_topic", "type": "table",
   "grantees": ["context_pack_readonly"], "privileges": ["SELECT"]},
  {"object": "public.iu_sql_event_route", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},

  {"object": "public.fn_iu_delivery_target_set(text,boolean,text,text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_route_consumer_remove(text,text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_route_consumer_set(text,text,text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_route_remove(text[],text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_set(jsonb,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_sql_route_capture()", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_sql_route_remove(text[],text)", "type": "function",
   "grantees": [], "privileges": []},
  {"object": "public.fn_iu_sql_route_set(jsonb,text)", "type": "function",
   "grantees": [], "privileges": []}
]$grants$);
