--! Previous: sha1:6e37a41d47ee58db09a5187a8ffdf8ddca4c57be
--! Hash: sha1:c1690da5960bef277dc73aeb523dfd9d6d6d7117
--! Message: route worker
--! Title: The route worker: registration, cursor, windows, fan-out, health, rebaseline; checks of it all

--! split: 1-current.sql
set local role workflow_admin;

create type iu_core.stamp as (
  system_identifier bigint,
  timeline          integer,
  database_oid      oid,
  database_name     text
);

comment on type iu_core.stamp is
  'What tells a database from a copy of it; made by iu_core.cluster_stamp.';

create type iu_core.route_window as (
  from_snapshot pg_snapshot,
  from_tx       xid8,
  from_high     bigint,
  to_snapshot   pg_snapshot,
  to_tx         xid8,
  to_high       bigint,
  position_tx   xid8,
  position_id   bigint,
  id_bound      bigint,
  read_high     bigint,
  clean         boolean
);

comment on type iu_core.route_window is
  'A window of events and the position in it, as iu_core.window_events takes them; with the newest '
  'id when the run began, and whether the run had no xid then (iu_core.next_window).';

create type iu_core.route_page as (
  seen       integer,
  unknown    integer,
  deliveries integer,
  attempts   integer,
  conflicts  integer,
  last_tx    xid8,
  last_id    bigint,
  buried     integer
);

comment on type iu_core.route_page is
  'What became of a page of events: how many, of an unknown topic, deliveries, attempts, conflicts, '
  'the position of the last, dead letters.';

-- ------------------------------------------------------------------------------------------------
-- Registration and cursor
-- ------------------------------------------------------------------------------------------------

create table public.iu_route_worker (
  worker           text collate "C" not null,
  description      text             not null,
  inert            boolean          not null,
  enablement       uuid,
  interval_seconds integer          not null,
  page_limit       integer          not null,
  max_lag_seconds  integer          not null,
  max_behind       integer          not null,
  max_dead_letters integer          not null,
  max_retries_due  integer          not null,
  created_at       timestamptz      not null,
  created_by       text             not null,
  updated_at       timestamptz      not null,
  updated_by       text             not null,
  constraint iu_route_worker_pk            primary key (worker),
  constraint iu_route_worker_enablement_ck check (inert = (enablement is null))
);

comment on table public.iu_route_worker is
  'The registered workers, and the limits within which they are healthy.';
comment on column public.iu_route_worker.worker           is
  'Its name; routes name the one that routes for them.';
comment on column public.iu_route_worker.description      is 'What it is for.';
comment on column public.iu_route_worker.inert            is
  'True: it does nothing, whatever the gates say.';
comment on column public.iu_route_worker.enablement       is
  'Another with each enable; null while inert.';
comment on column public.iu_route_worker.interval_seconds is 'How often it is to run.';
comment on column public.iu_route_worker.page_limit       is
  'Events per run, where the caller names no limit.';
comment on column public.iu_route_worker.max_lag_seconds  is
  'How old the oldest event it has not handled may be.';
comment on column public.iu_route_worker.max_behind       is 'How many events it may be behind.';
comment on column public.iu_route_worker.max_dead_letters is
  'How many open dead letters it may have.';
comment on column public.iu_route_worker.max_retries_due  is
  'How many failed deliveries may be due again.';
comment on column public.iu_route_worker.created_at       is 'clock_timestamp() of the row.';
comment on column public.iu_route_worker.created_by       is 'Who, as stated by the caller.';
comment on column public.iu_route_worker.updated_at       is
  'clock_timestamp() of the latest change.';
comment on column public.iu_route_worker.updated_by       is
  'Who changed it last, as stated by the caller.';

create table public.iu_route_worker_cursor (
  worker            text collate "C" not null,
  generation        bigint           not null,
  mode              text             not null,
  enablement        uuid,
  snapshot          pg_snapshot      not null,
  own_tx            xid8,
  high              bigint           not null,
  from_snapshot     pg_snapshot,
  from_tx           xid8,
  from_high         bigint,
  position_tx       xid8,
  position_id       bigint,
  id_bound          bigint           not null,
  mark_tx           xid8,
  mark_id           bigint,
  seen              integer          not null,
  deliveries        integer          not null,
  attempts          integer          not null,
  dead_lettered     integer          not null,
  conflicts         integer          not null,
  ran_at            timestamptz      not null,
  system_identifier bigint           not null,
  timeline          integer          not null,
  database_oid      oid              not null,
  database_name     text             not null,
  constraint iu_route_worker_cursor_pk      primary key (worker, generation),
  constraint iu_route_worker_cursor_mode_ck check (mode in ('run', 'continue', 'fresh')),
  constraint iu_route_worker_cursor_position_ck
    check (num_nulls(from_snapshot, position_tx, position_id) in (0, 3))
);

comment on table public.iu_route_worker_cursor is
  'How far each worker is: its newest generation. Insert-only, so nothing is updated and nothing '
  'dies; of two runs that write one generation the second fails.';
comment on column public.iu_route_worker_cursor.worker            is 'The worker.';
comment on column public.iu_route_worker_cursor.generation        is 'In order, from 1.';
comment on column public.iu_route_worker_cursor.mode              is
  'run; or continue, fresh: a rebaseline.';
comment on column public.iu_route_worker_cursor.enablement        is
  'That of the registration at that time.';
comment on column public.iu_route_worker_cursor.snapshot          is
  'The end of its window: what this sees is handled, or will be in this window.';
comment on column public.iu_route_worker_cursor.own_tx            is
  'The transaction that took the snapshot, when it had an xid; no snapshot lists it.';
comment on column public.iu_route_worker_cursor.high              is
  'The newest id just before the snapshot: own_tx is seen up to there.';
comment on column public.iu_route_worker_cursor.from_snapshot     is
  'The beginning of the window while it is unfinished, else null.';
comment on column public.iu_route_worker_cursor.from_tx           is 'own_tx of the beginning.';
comment on column public.iu_route_worker_cursor.from_high         is 'high of the beginning.';
comment on column public.iu_route_worker_cursor.position_tx       is
  'With position_id the last event handled of an unfinished window, else null.';
comment on column public.iu_route_worker_cursor.position_id       is 'See position_tx.';
comment on column public.iu_route_worker_cursor.id_bound          is
  'No event that is not handled has a lower id; see iu_core.write_generation.';
comment on column public.iu_route_worker_cursor.mark_tx           is
  'An xid: later ones have ids above mark_id; null when none could be had.';
comment on column public.iu_route_worker_cursor.mark_id           is 'See mark_tx.';
comment on column public.iu_route_worker_cursor.seen              is 'Events of this run.';
comment on column public.iu_route_worker_cursor.deliveries        is 'Deliveries of this run.';
comment on column public.iu_route_worker_cursor.attempts          is 'Attempts of this run.';
comment on column public.iu_route_worker_cursor.dead_lettered     is 'Dead letters of this run.';
comment on column public.iu_route_worker_cursor.conflicts         is 'Conflicts of this run.';
comment on column public.iu_route_worker_cursor.ran_at            is 'clock_timestamp().';
comment on column public.iu_route_worker_cursor.system_identifier is 'Of the cluster.';
comment on column public.iu_route_worker_cursor.timeline          is 'Of the cluster.';
comment on column public.iu_route_worker_cursor.database_oid      is 'Of the database.';
comment on column public.iu_route_worker_cursor.database_name     is 'Of the database.';

create view public.v_iu_event_backlog as
select w.worker, c.generation, b.behind, b.oldest_created_at, b.oldest_event_id
  from public.iu_route_worker w
  left join lateral (
    select x.*
      from public.iu_route_worker_cursor x
     where x.worker = w.worker
     order by x.generation desc
     limit 1
  ) as c on true
 cross join lateral (
   select count(*) as behind, min(e.created_at) as oldest_created_at, min(e.id) as oldest_event_id
     from public.event_outbox e
    where e.id >= coalesce(c.id_bound, 0)
      and (c.worker is null
           or not case when e.tx = c.own_tx then e.id <= c.high
                       else pg_visible_in_snapshot(e.tx, c.snapshot)
                  end
           or (c.position_tx is not null
               and (e.tx, e.id) > (c.position_tx, c.position_id)
               and not case when e.tx = c.from_tx then e.id <= c.from_high
                            else pg_visible_in_snapshot(e.tx, c.from_snapshot)
                       end))
 ) as b;

comment on view public.v_iu_event_backlog is
  'For each registered worker the events it has not handled. Reads the outbox from its id bound on.';
comment on column public.v_iu_event_backlog.worker            is 'The worker.';
comment on column public.v_iu_event_backlog.generation        is
  'Its newest generation; null before its first run.';
comment on column public.v_iu_event_backlog.behind            is 'Events it has not handled.';
comment on column public.v_iu_event_backlog.oldest_created_at is
  'When the oldest of them was written.';
comment on column public.v_iu_event_backlog.oldest_event_id   is 'The lowest of their ids.';

create view public.v_iu_route_why as
select e.id as event_id, e.event_uid, r.route_code, r.worker,
       case
         when d.event_id is not null                                      then 'delivered'
         when not fits.domain                                             then 'event_domain'
         when not fits.type                                               then 'event_type'
         when not fits.stream                                             then 'event_stream'
         when not e.safe_payload @> coalesce(r.payload_filter, '{}')      then 'payload_filter'
         when not r.enabled                                               then 'route_disabled'
         when w.worker is null                                            then 'worker_unknown'
         when w.inert                                                     then 'worker_inert'
         when not public.fn_iu_gate_is_open('iu_core.routes_master_enabled')
                                                                          then 'master_gate_closed'
         when not public.fn_iu_gate_is_open('iu_core.route_worker_enabled')
                                                                          then 'worker_gate_closed'
         else 'not_yet'
       end as decided_by,
       case
         when p.event_id is not null then 'pending'
         when a.status is not null   then a.status
         when d.event_id is not null then 'routed'
         else 'none'
       end as outcome,
       a.attempt_no, a.detail, r.dry_run, p.due_at
  from public.event_outbox e
 cross join public.iu_outbound_route r
 cross join lateral (
   select e.event_domain ~ ('^' || replace(r.event_domain, '*', '.*') || '$') as domain,
          e.event_type   ~ ('^' || replace(r.event_type,   '*', '.*') || '$') as type,
          e.event_stream ~ ('^' || replace(r.event_stream, '*', '.*') || '$') as stream
 ) as fits
  left join public.iu_route_worker w on w.worker = r.worker
  left join public.iu_route_delivery d on d.event_id = e.id and d.route_code = r.route_code
  left join public.iu_route_pending p on p.event_id = e.id and p.route_code = r.route_code
  left join lateral (
    select x.status, x.attempt_no, x.detail
      from public.iu_route_attempt x
     where x.event_id = e.id and x.route_code = r.route_code
     order by x.attempt_no desc
     limit 1
  ) as a on true;

comment on view public.v_iu_route_why is
  'Why an event is, or is not, delivered on a route: what decided, as things stand now. Ask for one '
  'event_id, or one route_code and a range of ids.';
comment on column public.v_iu_route_why.event_id   is 'Id in event_outbox.';
comment on column public.v_iu_route_why.event_uid  is 'The event''s name outside.';
comment on column public.v_iu_route_why.route_code is 'The route.';
comment on column public.v_iu_route_why.worker     is 'The worker of the route.';
comment on column public.v_iu_route_why.decided_by is
  'delivered; else the first of event_domain, event_type, event_stream, payload_filter, '
  'route_disabled, worker_unknown, worker_inert, master_gate_closed, worker_gate_closed that '
  'stands against it; or not_yet.';
comment on column public.v_iu_route_why.outcome    is
  'none, routed, pending, or the status of the latest attempt.';
comment on column public.v_iu_route_why.attempt_no is 'Of the latest attempt.';
comment on column public.v_iu_route_why.detail     is 'Of the latest attempt.';
comment on column public.v_iu_route_why.dry_run    is 'Of the route.';
comment on column public.v_iu_route_why.due_at     is 'When a pending delivery is due.';

grant select on public.iu_route_worker        to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_worker_cursor to context_pack_readonly, iu_operator, iu_worker;
grant select on public.v_iu_event_backlog     to context_pack_readonly, iu_operator, iu_worker;
grant select on public.v_iu_route_why         to context_pack_readonly, iu_operator, iu_worker;

-- ------------------------------------------------------------------------------------------------
-- A run
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/cluster_stamp.sql
create or replace function iu_core.cluster_stamp()
returns iu_core.stamp
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select (select s.system_identifier from pg_control_system() as s),
         -- Not pg_control_checkpoint(): its timeline is old until the checkpoint after a promotion.
         case when not pg_is_in_recovery()
              then ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
         end,
         d.oid,
         d.datname::text
    from pg_database d
   where d.datname = current_database()
$$;

comment on function iu_core.cluster_stamp() is
  'What tells this database from a copy: system identifier and timeline of the cluster, oid and '
  'name of the database; on a standby no timeline. A file copy (base backup, snapshot) that is started on the same timeline, '
  'as a stopped or promoted-by-hand clone, has the same four: against that stands the fence only.';
--! EndIncluded functions/iu_core/cluster_stamp.sql

--! Included functions/iu_core/newest_cursor.sql
create or replace function iu_core.newest_cursor(p_worker text)
returns public.iu_route_worker_cursor
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_cursor public.iu_route_worker_cursor;
begin
  select c.* into v_cursor
    from public.iu_route_worker_cursor c
   where c.worker = p_worker
   order by c.generation desc
   limit 1;
  return v_cursor;
end
$$;

comment on function iu_core.newest_cursor(text) is
  'The newest generation of a worker''s cursor; of nulls when it has none.';
--! EndIncluded functions/iu_core/newest_cursor.sql

--! Included functions/iu_core/copy_problem.sql
create or replace function iu_core.copy_problem(p_cursor public.iu_route_worker_cursor)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_stamp iu_core.stamp := iu_core.cluster_stamp();
  v_was   jsonb;
  v_is    jsonb;
begin
  v_was := jsonb_build_object(
    'system_identifier', p_cursor.system_identifier, 'timeline', p_cursor.timeline,
    'database_oid', p_cursor.database_oid, 'database_name', p_cursor.database_name);
  v_is := to_jsonb(v_stamp);
  return case
    when p_cursor.worker is null then null
    when pg_snapshot_xmax(p_cursor.snapshot) > pg_snapshot_xmax(pg_current_snapshot())
      or p_cursor.own_tx > pg_snapshot_xmax(pg_current_snapshot())
         and p_cursor.own_tx is distinct from pg_current_xact_id_if_assigned()
    then jsonb_build_object('reason', 'xids_went_backwards', 'was', v_was, 'is', v_is)
    when jsonb_strip_nulls(v_is) <> v_was - array(select n.key from jsonb_each(v_is) as n
                                                   where n.value = 'null')
    then jsonb_build_object('reason', 'another_stamp', 'was', v_was, 'is', v_is)
  end;
end
$$;

comment on function iu_core.copy_problem(public.iu_route_worker_cursor) is
  'Why this database cannot be the one that a generation of the cursor was written in: {reason: '
  'another_stamp | xids_went_backwards, was, is}; null when it can.';
--! EndIncluded functions/iu_core/copy_problem.sql

--! Included functions/iu_core/worker_lock.sql
create or replace function iu_core.worker_lock(p_worker text)
returns bigint
language sql
immutable
parallel safe
return hashtextextended('iu_core.route_worker ' || p_worker, 0);

comment on function iu_core.worker_lock(text) is
  'Key of the advisory lock that a run of a worker, or a change of it, holds.';
--! EndIncluded functions/iu_core/worker_lock.sql

--! Included functions/iu_core/known_worker.sql
create or replace function iu_core.known_worker(p_worker text)
returns public.iu_route_worker
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_worker public.iu_route_worker;
begin
  select w.* into v_worker from public.iu_route_worker w where w.worker = p_worker;
  if v_worker.worker is null then
    perform iu_core.raise_error(
      'IU054', format('no worker is named %s', coalesce(p_worker, 'null')),
      jsonb_build_object('worker', p_worker));
  end if;
  return v_worker;
end
$$;

comment on function iu_core.known_worker(text) is
  'A registered worker. Refuses with IU054 an unknown one.';
--! EndIncluded functions/iu_core/known_worker.sql

--! Included functions/iu_core/next_window.sql
create or replace function iu_core.next_window(p_cursor public.iu_route_worker_cursor)
returns iu_core.route_window
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_window iu_core.route_window;
begin
  -- In this order, one statement each: no xid yet, then the newest id, then the snapshot. The mark
  -- of write_generation rests on the first two, the position within our own transaction on all.
  v_window.clean     := pg_current_xact_id_if_assigned() is null;
  v_window.read_high := coalesce(pg_sequence_last_value('public.event_outbox_id_seq'), 0);
  if p_cursor.position_tx is not null then
    v_window.from_snapshot := p_cursor.from_snapshot;
    v_window.from_tx       := p_cursor.from_tx;
    v_window.from_high     := p_cursor.from_high;
    v_window.to_snapshot   := p_cursor.snapshot;
    v_window.to_tx         := p_cursor.own_tx;
    v_window.to_high       := p_cursor.high;
    v_window.position_tx   := p_cursor.position_tx;
    v_window.position_id   := p_cursor.position_id;
  else
    v_window.from_snapshot := coalesce(p_cursor.snapshot, '1:1:');
    v_window.from_tx       := p_cursor.own_tx;
    v_window.from_high     := p_cursor.high;
    v_window.to_snapshot   := pg_current_snapshot();
    v_window.to_tx         := pg_current_xact_id_if_assigned();
    v_window.to_high       := v_window.read_high;
    v_window.position_tx   := '0';
    v_window.position_id   := -1;
  end if;
  v_window.id_bound := coalesce(p_cursor.id_bound, 0);
  return v_window;
end
$$;

comment on function iu_core.next_window(public.iu_route_worker_cursor) is
  'The window after a generation of the cursor: the rest of its window when that was not finished, '
  'else from its snapshot to one taken now.';
--! EndIncluded functions/iu_core/next_window.sql

--! Included functions/iu_core/window_events.sql
create or replace function iu_core.window_events(
  p_from_snapshot pg_snapshot,
  p_from_tx       xid8,
  p_from_high     bigint,
  p_to_snapshot   pg_snapshot,
  p_to_tx         xid8,
  p_to_high       bigint,
  p_position_tx   xid8,
  p_position_id   bigint,
  p_id_bound      bigint,
  p_limit         integer
)
returns setof public.event_outbox
language sql
stable
begin atomic
  -- No function settings and one SELECT: it is inlined into its caller's plan.
  select w.*
    from (
      -- Of transactions that began after the first snapshot.
      (select n.*
         from public.event_outbox n
        where n.id >= p_id_bound
          -- The later of where those begin and the position, as one key: of two lower bounds an index
          -- scan may begin at the lower one, and read all that was handled ever.
          and (n.tx, n.id) > (greatest(pg_snapshot_xmax(p_from_snapshot), p_position_tx),
                              case when p_position_tx >= pg_snapshot_xmax(p_from_snapshot)
                                   then p_position_id else -1 end)
          and n.tx <= greatest(pg_snapshot_xmax(p_to_snapshot), p_to_tx)
          and case when n.tx = p_to_tx then n.id <= p_to_high
                   else pg_visible_in_snapshot(n.tx, p_to_snapshot)
              end
          and (n.tx <> p_from_tx or n.id > p_from_high or p_from_tx is null)
        order by n.tx, n.id
        limit p_limit)
      union all
      -- Of those that were in flight then, and the one that took it, each looked up by its xid.
      select o.*
        from (select x.tx
                from (select pg_snapshot_xip(p_from_snapshot) union select p_from_tx) as x (tx)
               where x.tx < pg_snapshot_xmax(p_from_snapshot)
                 and (x.tx = p_to_tx or pg_visible_in_snapshot(x.tx, p_to_snapshot))) as s
       cross join lateral (
         select l.*
           from public.event_outbox l
          where l.id >= p_id_bound
            and l.tx = s.tx
            and (l.tx, l.id) > (p_position_tx, p_position_id)
            and (l.tx <> p_from_tx or l.id > p_from_high or p_from_tx is null)
            and (l.tx <> p_to_tx or l.id <= p_to_high or p_to_tx is null)
          order by l.tx, l.id
          limit p_limit
       ) as o
    ) as w
   order by w.tx, w.id
   limit p_limit;
end;

comment on function iu_core.window_events(pg_snapshot, xid8, bigint, pg_snapshot, xid8, bigint,
                                          xid8, bigint, bigint, integer) is
  'The next p_limit events of a window, in (tx, id) order after a position. An event is in the '
  'window from one snapshot to another when the second sees its transaction and the first does not. '
  'A snapshot does not list the transaction that took it, so that one comes with it (..._tx), and '
  'with the newest id of that moment (..._high): of its events, those up to there count as seen. '
  'p_id_bound: no event of the window has a lower id (iu_core.write_generation).';
--! EndIncluded functions/iu_core/window_events.sql

--! Included functions/iu_core/fan_out.sql
create or replace function iu_core.fan_out(
  p_worker     text,
  p_generation bigint,
  p_window     iu_core.route_window,
  p_limit      integer,
  p_tolerant   boolean
)
returns iu_core.route_page
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_generic_plan
set jit = off
-- A partition without statistics must not be read whole.
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v_page iu_core.route_page;
  v_now  timestamptz := clock_timestamp();
begin
  with page as materialized (
    select e.id, e.tx, e.event_domain, e.event_type, e.event_stream, e.safe_payload
      from iu_core.window_events(
             p_window.from_snapshot, p_window.from_tx, p_window.from_high, p_window.to_snapshot,
             p_window.to_tx, p_window.to_high, p_window.position_tx, p_window.position_id,
             p_window.id_bound, p_limit) as e
  ),
  -- Put together once a page, not once a delivery.
  route as materialized (
    select t.event_domain, t.event_type, t.event_stream, r.route_code, r.version, r.target_kind,
           r.dry_run, r.payload_filter
      from public.iu_outbound_route r
      join public.iu_route_topic t on t.route_code = r.route_code
     where r.enabled and r.worker = p_worker
  ),
  -- Not materialized, as it is read once, and a second time only where p_tolerant.
  routed as not materialized (
    select p.id, r.route_code, r.version, r.dry_run
      from page p
      join route r
        on r.event_domain = p.event_domain
       and r.event_type   = p.event_type
       and r.event_stream = p.event_stream
       and (r.payload_filter is null or p.safe_payload @> r.payload_filter)
  ),
  delivered as (
    insert into public.iu_route_delivery
           (event_id, generation, routed_at, route_version, dry_run, route_code, worker)
    select x.id, p_generation, v_now, x.version, x.dry_run, x.route_code, p_worker
      from routed x
     -- A value and not EXISTS: of that, a plan made while there are few deliveries could read all.
     where not p_tolerant
        or (select true
              from public.iu_route_delivery d
             where d.event_id = x.id and d.route_code = x.route_code) is null
    returning event_id, route_code, dry_run
  ),
  queued as (
    insert into public.iu_route_pending
           (event_id, route_code, worker, target_kind, tries, due_at, queued_at)
    select d.event_id, d.route_code, p_worker, r.target_kind, 0, v_now, v_now
      from delivered d
      join (select distinct l.route_code, l.target_kind from route l where not l.dry_run) as r
        on r.route_code = d.route_code
     where exists (select from route l where not l.dry_run)
  ),
  conflicted as (
    insert into public.iu_route_conflict
           (id, event_id, route_code, worker, generation, found_at)
    select iu_core.uuid_v7(), x.id, x.route_code, p_worker, p_generation, v_now
      from routed x
     where p_tolerant
       and (select true
              from public.iu_route_delivery d
             where d.event_id = x.id and d.route_code = x.route_code)
    returning id
  )
  select p.seen, p.unknown, r.deliveries, r.attempts, r.conflicts, p.newest[1]::text::xid8,
         p.newest[2]::text::bigint
    into v_page
    from (
      select count(*) as seen,
             count(*) filter (where t.event_domain is null) as unknown,
             (select array[l.tx::text, l.id::text] from page l order by l.tx desc, l.id desc limit 1)
               as newest
        from page p
        left join public.iu_event_topic t
          on t.event_domain = p.event_domain
         and t.event_type   = p.event_type
         and t.event_stream = p.event_stream
    ) as p,
    (
      select count(*)                          as deliveries,
             count(*) filter (where d.dry_run) as attempts,
             (select count(*) from conflicted) as conflicts
        from delivered d
    ) as r;
  return v_page;
end
$$;

comment on function iu_core.fan_out(text, bigint, iu_core.route_window, integer, boolean) is
  'One page of a window in one statement: a delivery for each event and route, which is the attempt '
  'too where the route is a dry run, and a pending row where it is live. A delivery that is there '
  'already fails the page; p_tolerant leaves it as it is and records a conflict. Returns what it '
  'did, and the position of the last event. unknown counts events whose topic nobody knows: the '
  'caller takes all of it back and adds the topic.';
--! EndIncluded functions/iu_core/fan_out.sql

--! Included functions/iu_core/add_topics.sql
create or replace function iu_core.add_topics(p_window iu_core.route_window, p_limit integer)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
begin
  insert into public.iu_event_topic (event_domain, event_type, event_stream)
  select distinct e.event_domain, e.event_type, e.event_stream
    from iu_core.window_events(
           p_window.from_snapshot, p_window.from_tx, p_window.from_high, p_window.to_snapshot,
           p_window.to_tx, p_window.to_high, p_window.position_tx, p_window.position_id,
           p_window.id_bound, p_limit) as e
      on conflict on constraint iu_event_topic_pk do nothing;
  perform iu_core.compile_routes();
end
$$;

comment on function iu_core.add_topics(iu_core.route_window, integer) is
  'First sight of a topic: adds those of the next p_limit events of a window, and compiles the '
  'routes.';
--! EndIncluded functions/iu_core/add_topics.sql

--! Included functions/iu_core/bury_delivery.sql
create or replace function iu_core.bury_delivery(
  p_event      jsonb,
  p_route_code text,
  p_worker     text,
  p_generation bigint,
  p_error      jsonb
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_attempt_no integer;
begin
  -- The tables that refused it may refuse this too; the dead letter is what must be written.
  begin
    insert into public.iu_route_delivery
           (event_id, generation, routed_at, route_version, dry_run, route_code, worker)
    select (p_event ->> 'id')::bigint, p_generation, clock_timestamp(), r.version, false,
           p_route_code, p_worker
      from (values (1)) as one (n)
      left join public.iu_outbound_route r on r.route_code = p_route_code
    on conflict on constraint iu_route_delivery_pk do nothing;
  exception
    when others then null;
  end;
  begin
    v_attempt_no := iu_core.write_attempt(
      p_event, p_route_code, 'failed', p_error, clock_timestamp());
  exception
    when others then null;
  end;
  perform iu_core.bury(
    p_event, p_route_code, p_worker, v_attempt_no, p_error ->> 'sqlstate', p_error ->> 'error');
end
$$;

comment on function iu_core.bury_delivery(jsonb, text, text, bigint, jsonb) is
  'Writes what it can of a delivery that cannot be written: the delivery, a failed attempt, and the '
  'dead letter in any case.';
--! EndIncluded functions/iu_core/bury_delivery.sql

--! Included functions/iu_core/bury_next.sql
create or replace function iu_core.bury_next(
  p_worker     text,
  p_generation bigint,
  p_window     iu_core.route_window,
  p_error      jsonb
)
returns iu_core.route_page
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
  v_event public.event_outbox;
  v_page  iu_core.route_page;
  v_route record;
  v_now   timestamptz := clock_timestamp();
begin
  select e.* into strict v_event
    from iu_core.window_events(
           p_window.from_snapshot, p_window.from_tx, p_window.from_high, p_window.to_snapshot,
           p_window.to_tx, p_window.to_high, p_window.position_tx, p_window.position_id,
           p_window.id_bound, 1) as e;
  v_page := (1, 0, 0, 0, 0, v_event.tx, v_event.id, null);

  -- Each route by itself: what is wrong with one does not keep the event from the others.
  for v_route in
    select r.route_code, r.version, r.target_kind, r.dry_run
      from public.iu_route_topic t
      join public.iu_outbound_route r
        on r.route_code = t.route_code
       and r.enabled
       and r.worker = p_worker
       and (r.payload_filter is null or v_event.safe_payload @> r.payload_filter)
     where t.event_domain = v_event.event_domain
       and t.event_type   = v_event.event_type
       and t.event_stream = v_event.event_stream
     order by r.route_code
  loop
    begin
      insert into public.iu_route_delivery
             (event_id, generation, routed_at, route_version, dry_run, route_code, worker)
      values (v_event.id, p_generation, v_now, v_route.version, v_route.dry_run,
              v_route.route_code, p_worker);
      if not v_route.dry_run then
        insert into public.iu_route_pending
               (event_id, route_code, worker, target_kind, tries, due_at, queued_at)
        values (v_event.id, v_route.route_code, p_worker, v_route.target_kind, 0, v_now, v_now);
      end if;
      v_page.deliveries := v_page.deliveries + 1;
      v_page.attempts   := v_page.attempts + v_route.dry_run::integer;
    exception
      when others then
        perform iu_core.bury_delivery(
          to_jsonb(v_event), v_route.route_code, p_worker, p_generation,
          jsonb_build_object('sqlstate', sqlstate, 'error', sqlerrm));
        v_page.buried := coalesce(v_page.buried, 0) + 1;
    end;
  end loop;

  -- Nothing of it failed alone, and none of it was routed: whatever it is, it is not lost.
  if v_page.deliveries = 0 and v_page.buried is null then
    perform iu_core.bury(
      to_jsonb(v_event), null, p_worker, null, p_error ->> 'sqlstate', p_error ->> 'error');
    v_page.buried := 1;
  end if;
  return v_page;
end
$$;

comment on function iu_core.bury_next(text, bigint, iu_core.route_window, jsonb) is
  'The next event of a window, which failed by itself: delivers it to each of its routes that can '
  'take it, and writes a failed attempt and a dead letter for each that cannot. p_error is what the '
  'page failed with. Returns the page of that one event.';
--! EndIncluded functions/iu_core/bury_next.sql

--! Included functions/iu_core/route_window_page.sql
create or replace function iu_core.route_window_page(
  p_worker     text,
  p_generation bigint,
  p_window     iu_core.route_window,
  p_limit      integer
)
returns table (window_after iu_core.route_window, totals iu_core.route_page)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_page     iu_core.route_page;
  v_error    jsonb;
  v_chunk    integer := p_limit;
  v_tolerant boolean := false;
begin
  window_after := p_window;
  totals       := (0, 0, 0, 0, 0, null, null, 0);
  loop
    v_error := null;
    begin
      v_page := iu_core.fan_out(p_worker, p_generation, window_after, v_chunk, v_tolerant);
      if v_page.unknown > 0 then
        raise exception using errcode = 'IUTOP', message = 'a topic is not known yet';
      end if;
    exception
      when sqlstate 'IUTOP' then
        perform iu_core.add_topics(window_after, v_chunk);
        continue;
      when others then
        -- Not the fault of an event: the run as a whole fails, and the next one does it again.
        if left(sqlstate, 2) in ('40', '53', '55', '57', '58', 'XX') then
          raise;
        end if;
        v_error := jsonb_build_object('sqlstate', sqlstate, 'error', sqlerrm);
        if sqlstate = '23505' and not v_tolerant then
          v_tolerant := true;
          continue;
        end if;
    end;

    -- Halved until the culprit is alone; the others go on in pages as large as what is left.
    if v_error is not null and v_chunk > 1 then
      v_chunk := (v_chunk + 1) / 2;
      continue;
    end if;
    if v_error is not null then
      v_page := iu_core.bury_next(p_worker, p_generation, window_after, v_error);
    end if;
    v_tolerant := false;
    if v_page.seen > 0 then
      window_after.position_tx := v_page.last_tx;
      window_after.position_id := v_page.last_id;
    end if;
    totals.seen       := totals.seen       + v_page.seen;
    totals.deliveries := totals.deliveries + v_page.deliveries;
    totals.attempts   := totals.attempts   + v_page.attempts;
    totals.conflicts  := totals.conflicts  + v_page.conflicts;
    totals.buried     := totals.buried     + coalesce(v_page.buried, 0);
    exit when v_page.seen < v_chunk or totals.seen = p_limit;
    v_chunk := p_limit - totals.seen;
  end loop;
  return next;
end
$$;

comment on function iu_core.route_window_page(text, bigint, iu_core.route_window, integer) is
  'Handles the next p_limit events of a window, whatever is wrong with some of them, and returns '
  'the window with its position after them, and what was done. Tried whole; on an error halved '
  'until one event is left, which iu_core.bury_next deals with. Deliveries that are there already '
  'are recorded as conflicts. An error that is nobody''s fault (deadlock, disk, memory, '
  'cancellation) fails the run.';
--! EndIncluded functions/iu_core/route_window_page.sql

--! Included functions/iu_core/bound_after.sql
create or replace function iu_core.bound_after(
  p_cursor public.iu_route_worker_cursor,
  p_window iu_core.route_window,
  p_more   boolean
)
returns bigint
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select case
           when not p_more and (p_cursor).mark_tx < pg_snapshot_xmin((p_window).to_snapshot)
           then greatest((p_window).id_bound, (p_cursor).mark_id + 1)
           else (p_window).id_bound
         end
$$;

comment on function iu_core.bound_after(public.iu_route_worker_cursor, iu_core.route_window,
                                        boolean) is
  'The id bound once the window is handled; see iu_core.write_generation. The same while it is not '
  '(p_more), or while a transaction from before the mark is in flight.';
--! EndIncluded functions/iu_core/bound_after.sql

--! Included functions/iu_core/write_generation.sql
create or replace function iu_core.write_generation(
  p_worker     public.iu_route_worker,
  p_cursor     public.iu_route_worker_cursor,
  p_window     iu_core.route_window,
  p_more       boolean,
  p_totals     iu_core.route_page,
  p_mode       text
)
returns bigint
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_stamp iu_core.stamp := iu_core.cluster_stamp();
  v_bound bigint := iu_core.bound_after(p_cursor, p_window, p_more);
  v_tx    xid8   := pg_current_xact_id();
  v_spent boolean := p_cursor.mark_tx is null
                     or not p_more
                        and p_cursor.mark_tx < pg_snapshot_xmin(p_window.to_snapshot);
begin
  /*
   * The id bound: no event that this generation has not handled has a lower id.
   *
   * write_events has its xid before it draws ids. Be L the newest id, read while this transaction
   * had no xid, and X the xid it got after that: a transaction with an xid above X got it later
   * than we read L, so all its ids are above L. (X, L) is the mark. Not xmax of a snapshot in the
   * place of X: that is one above the newest xid that has *ended*; transactions at or above it may
   * be in flight and have ids already.
   *
   * An event that a later window has not handled is of a transaction which its snapshot c does not
   * see, so of an xid >= xmin(c), or of the worker's own transaction and above read_high. Once
   * xmin(c) is above X, what is left has ids above L: that is the bound from then on, and a new mark
   * is set. Until then bound and mark are carried: a writer that stays idle, here or in another
   * database, or a prepared transaction, keeps xmin where it is. That costs a look into the index
   * of older partitions, and delays nobody's events but its own.
   */
  insert into public.iu_route_worker_cursor
         (worker, generation, mode, enablement, snapshot, own_tx, high, from_snapshot, from_tx,
          from_high, position_tx, position_id, id_bound, mark_tx, mark_id, seen, deliveries,
          attempts, dead_lettered, conflicts, ran_at, system_identifier, timeline, database_oid,
          database_name)
  values (p_worker.worker, coalesce(p_cursor.generation, 0) + 1, p_mode, p_worker.enablement,
          p_window.to_snapshot, p_window.to_tx, p_window.to_high,
          case when p_more then p_window.from_snapshot end,
          case when p_more then p_window.from_tx       end,
          case when p_more then p_window.from_high     end,
          case when p_more then p_window.position_tx   end,
          case when p_more then p_window.position_id   end,
          v_bound,
          case when not v_spent then p_cursor.mark_tx when p_window.clean then v_tx end,
          case when not v_spent then p_cursor.mark_id when p_window.clean then p_window.read_high end,
          p_totals.seen, p_totals.deliveries, p_totals.attempts, coalesce(p_totals.buried, 0),
          p_totals.conflicts, clock_timestamp(), v_stamp.system_identifier, v_stamp.timeline,
          v_stamp.database_oid, v_stamp.database_name);
  return coalesce(p_cursor.generation, 0) + 1;
end
$$;

comment on function iu_core.write_generation(public.iu_route_worker,
  public.iu_route_worker_cursor, iu_core.route_window, boolean, iu_core.route_page, text) is
  'Writes the generation after p_cursor and returns its number; of two that write the same one, the '
  'second fails on the primary key and nothing of it is left.';
--! EndIncluded functions/iu_core/write_generation.sql

--! Included functions/fn_iu_route_worker_run.sql
create or replace function public.fn_iu_route_worker_run(
  p_worker text    default 'iu_outbound_default',
  p_limit  integer default null,
  p_fence  text    default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_worker    public.iu_route_worker;
  v_cursor    public.iu_route_worker_cursor;
  v_window    iu_core.route_window;
  v_totals    iu_core.route_page;
  v_done      record;
  v_functions record;
  v_limit     integer;
  v_more      boolean;
  v_copy      jsonb;
begin
  perform iu_core.begin_write();
  if p_limit not between 1 and 10000 then
    perform iu_core.raise_error(
      'IU004', 'p_limit is from 1 to 10000', jsonb_build_object('limit', p_limit));
  end if;
  if not iu_core.outbox_is_open() then
    return jsonb_build_object('status', 'master_gate_closed');
  end if;
  perform iu_core.lock_config('iu_core.route_worker_enabled', true);
  if not public.fn_iu_gate_is_open('iu_core.route_worker_enabled') then
    return jsonb_build_object('status', 'worker_gate_closed');
  end if;
  if not pg_try_advisory_xact_lock(iu_core.worker_lock(p_worker)) then
    return jsonb_build_object('status', 'busy');
  end if;
  v_worker := iu_core.known_worker(p_worker);
  if v_worker.inert then
    return jsonb_build_object('status', 'inert');
  end if;
  v_cursor := iu_core.newest_cursor(p_worker);
  v_copy   := iu_core.copy_problem(v_cursor);
  if v_copy is not null then
    return jsonb_build_object('status', 'copy_refused') || v_copy;
  end if;

  v_window := iu_core.next_window(v_cursor);
  v_limit  := coalesce(p_limit, v_worker.page_limit);
  select p.window_after, p.totals
    into v_done
    from iu_core.route_window_page(
           p_worker, coalesce(v_cursor.generation, 0) + 1, v_window, v_limit) as p;
  v_window := v_done.window_after;
  v_totals := v_done.totals;
  v_more := v_totals.seen = v_limit;
  select f.attempts, f.dead_lettered
    into v_functions
    from iu_core.deliver_functions(p_worker, v_limit, p_fence) as f;
  v_totals.attempts := v_totals.attempts + v_functions.attempts;
  v_totals.buried   := v_totals.buried + v_functions.dead_lettered;

  -- Nothing to say: not the first run after an enable, no window to finish, and no partition of the
  -- outbox that the bound could leave behind, so that it can be retired.
  if v_totals.seen = 0 and v_totals.attempts = 0
     and v_cursor.position_tx is null
     and v_cursor.enablement is not distinct from v_worker.enablement
     and (iu_core.bound_after(v_cursor, v_window, v_more) = v_window.id_bound
          or v_window.read_high / iu_core.outbox_partition_size()
             = v_window.id_bound / iu_core.outbox_partition_size())
  then
    return jsonb_build_object(
      'status', 'idle', 'generation', v_cursor.generation, 'seen', 0, 'deliveries', 0,
      'attempts', 0, 'dead_lettered', 0, 'conflicts', 0, 'more', false);
  end if;
  if v_totals.seen > 0 then
    perform pg_notify('iu_route_worker', p_worker);
  end if;
  return jsonb_build_object(
    'status',        'ran',
    'generation',    iu_core.write_generation(v_worker, v_cursor, v_window, v_more, v_totals, 'run'),
    'seen',          v_totals.seen,
    'deliveries',    v_totals.deliveries,
    'attempts',      v_totals.attempts,
    'dead_lettered', v_totals.buried,
    'conflicts',     v_totals.conflicts,
    -- A window that was begun earlier ends where it was to end; what came since is in the next.
    'more',          v_more or v_cursor.position_tx is not null);
end
$$;

comment on function public.fn_iu_route_worker_run(text, integer, text) is
  'One run of a worker: takes the next p_limit events (1 to 10000, null: as registered) that no '
  'earlier run of it has handled, in the order of transactions, and writes a delivery for each '
  'event and route; dry-run routes record what they would send, live ones of the kind sql_function '
  'are called here if p_fence (<deployment id>:<token>) is that of this deployment, all others wait '
  'for the dispatcher. Late commits are found, and nobody who is idle in a transaction delays other '
  'events. Returns {status: ran | idle | master_gate_closed | worker_gate_closed | busy | inert | '
  'copy_refused, generation, seen, deliveries, attempts, dead_lettered, conflicts, more}: run again '
  'while more; idle wrote nothing; copy_refused says why (see fn_iu_route_worker_rebaseline). The '
  'first run after an enable writes a generation of the cursor even when there is nothing. Notifies '
  'the channel iu_route_worker when it saw events. Refuses with IU054 an unknown worker, with IU004 '
  'a bad limit, with IU003 another isolation. For iu_worker, iu_operator.';

revoke all     on function public.fn_iu_route_worker_run(text, integer, text) from public;
grant  execute on function public.fn_iu_route_worker_run(text, integer, text)
       to iu_worker, iu_operator;
--! EndIncluded functions/fn_iu_route_worker_run.sql

-- ------------------------------------------------------------------------------------------------
-- Registration, health, repair
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/is_worker_settings.sql
create or replace function iu_core.is_worker_settings(p_settings jsonb)
returns boolean
language sql
immutable
parallel safe
return p_settings - array['description', 'interval_seconds', 'page_limit', 'max_lag_seconds',
                          'max_behind', 'max_dead_letters', 'max_retries_due'] = '{}'
   and coalesce(jsonb_typeof(p_settings -> 'description'), '') = 'string'
   and p_settings ->> 'description' ~ '[^[:space:]]'
   and (select bool_and(case when coalesce(p_settings ->> k.key, '') ~ '^[0-9]{1,9}$'
                             then (p_settings ->> k.key)::integer between k.low and k.high
                             else false
                        end)
          from (values ('interval_seconds', 1, 604800), ('page_limit', 1, 10000),
                       ('max_lag_seconds', 0, 999999999), ('max_behind', 0, 1000000),
                       ('max_dead_letters', 0, 999999999), ('max_retries_due', 0, 999999999)
               ) as k (key, low, high));

comment on function iu_core.is_worker_settings(jsonb) is
  'True for complete settings of a worker, as fn_iu_route_worker_register states them.';
--! EndIncluded functions/iu_core/is_worker_settings.sql

--! Included functions/fn_iu_route_worker_register.sql
create or replace function public.fn_iu_route_worker_register(
  p_worker   text,
  p_settings jsonb,
  p_actor    text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now      timestamptz := clock_timestamp();
  v_settings jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_worker', p_worker, 'p_actor', p_actor));
  if p_worker !~ '^[a-z][a-z0-9_]{0,62}$' or jsonb_typeof(p_settings) is distinct from 'object' then
    perform iu_core.raise_error(
      'IU004', 'p_worker is up to 63 of a-z 0-9 _, p_settings an object',
      jsonb_build_object('worker', p_worker, 'settings', jsonb_typeof(p_settings)));
  end if;

  perform pg_advisory_xact_lock(iu_core.worker_lock(p_worker));
  v_settings := jsonb_build_object(
      'description', 'Routes events.', 'interval_seconds', 60, 'page_limit', 1000,
      'max_lag_seconds', 300, 'max_behind', 10000, 'max_dead_letters', 0, 'max_retries_due', 0)
    || coalesce((select to_jsonb(w) - array['worker', 'inert', 'enablement', 'created_at',
                                            'created_by', 'updated_at', 'updated_by']
                   from public.iu_route_worker w
                  where w.worker = p_worker), '{}')
    || p_settings;
  if not iu_core.is_worker_settings(v_settings) then
    perform iu_core.raise_error(
      'IU004',
      'settings are {description, interval_seconds, page_limit, max_lag_seconds, max_behind, '
      'max_dead_letters, max_retries_due}: a text, then integers',
      jsonb_build_object('settings', v_settings));
  end if;

  insert into public.iu_route_worker as w
         (worker, description, inert, interval_seconds, page_limit, max_lag_seconds, max_behind,
          max_dead_letters, max_retries_due, created_at, created_by, updated_at, updated_by)
  select p_worker, s.description, true, s.interval_seconds, s.page_limit, s.max_lag_seconds,
         s.max_behind, s.max_dead_letters, s.max_retries_due, v_now, p_actor, v_now, p_actor
    from jsonb_to_record(v_settings)
         as s (description text, interval_seconds integer, page_limit integer,
               max_lag_seconds integer, max_behind integer, max_dead_letters integer,
               max_retries_due integer)
  on conflict on constraint iu_route_worker_pk do update
    set description      = excluded.description,
        interval_seconds = excluded.interval_seconds,
        page_limit       = excluded.page_limit,
        max_lag_seconds  = excluded.max_lag_seconds,
        max_behind       = excluded.max_behind,
        max_dead_letters = excluded.max_dead_letters,
        max_retries_due  = excluded.max_retries_due,
        updated_at       = excluded.updated_at,
        updated_by       = excluded.updated_by
  where (w.description, w.interval_seconds, w.page_limit, w.max_lag_seconds, w.max_behind,
         w.max_dead_letters, w.max_retries_due)
        is distinct from
        (excluded.description, excluded.interval_seconds, excluded.page_limit,
         excluded.max_lag_seconds, excluded.max_behind, excluded.max_dead_letters,
         excluded.max_retries_due);
  if not found then
    return jsonb_build_object('status', 'unchanged', 'worker', p_worker);
  end if;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'route_worker_changed', 'public.iu_route_worker', p_worker, null,
      jsonb_build_object('worker', p_worker, 'change', 'registered'))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'registered', 'worker', p_worker);
end
$$;

comment on function public.fn_iu_route_worker_register(text, jsonb, text) is
  'Registers a worker, inert, or changes its settings; whether it is inert stays. p_settings: '
  '{description, interval_seconds (60: how often it is to run), page_limit (1000), max_lag_seconds '
  '(300), max_behind (10000), max_dead_letters (0), max_retries_due (0)}: the limits within which '
  'fn_iu_route_worker_health calls it healthy; what is left out stays or has the default. Returns '
  '{status: registered | unchanged, worker}. Emits governance.route_worker_changed. Refuses with '
  'IU004 bad arguments, with IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_worker_register(text, jsonb, text) from public;
grant  execute on function public.fn_iu_route_worker_register(text, jsonb, text) to iu_operator;
--! EndIncluded functions/fn_iu_route_worker_register.sql

--! Included functions/iu_core/switch_worker.sql
create or replace function iu_core.switch_worker(
  p_worker text,
  p_inert  boolean,
  p_actor  text,
  p_reason text
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_worker public.iu_route_worker;
  v_change text := case when p_inert then 'disabled' else 'enabled' end;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_worker', p_worker, 'p_actor', p_actor, 'p_reason', p_reason));
  perform pg_advisory_xact_lock(iu_core.worker_lock(p_worker));
  v_worker := iu_core.known_worker(p_worker);
  if v_worker.inert = p_inert then
    return jsonb_build_object('status', 'unchanged', 'worker', p_worker);
  end if;
  update public.iu_route_worker w
     set inert      = p_inert,
         enablement = case when not p_inert then iu_core.uuid_v7() end,
         updated_at = clock_timestamp(),
         updated_by = p_actor
   where w.worker = p_worker;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'route_worker_changed', 'public.iu_route_worker', p_worker, null,
      jsonb_build_object('worker', p_worker, 'change', v_change, 'reason', p_reason))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', v_change, 'worker', p_worker);
end
$$;

comment on function iu_core.switch_worker(text, boolean, text, text) is
  'The body of fn_iu_route_worker_enable and fn_iu_route_worker_disable. Waits for a run in flight.';
--! EndIncluded functions/iu_core/switch_worker.sql

--! Included functions/fn_iu_route_worker_enable.sql
create or replace function public.fn_iu_route_worker_enable(
  p_worker text,
  p_actor  text,
  p_reason text
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.switch_worker(p_worker, false, p_actor, p_reason)
$$;

comment on function public.fn_iu_route_worker_enable(text, text, text) is
  'A registered worker is inert no more: while both gates are open, fn_iu_route_worker_run acts. '
  'Its first run after this always leaves a generation of the cursor. Returns {status: enabled | '
  'unchanged, worker}. Emits governance.route_worker_changed. Refuses with IU054 an unknown worker, '
  'with IU004 empty arguments, with IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_worker_enable(text, text, text) from public;
grant  execute on function public.fn_iu_route_worker_enable(text, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_route_worker_enable.sql

--! Included functions/fn_iu_route_worker_disable.sql
create or replace function public.fn_iu_route_worker_disable(
  p_worker text,
  p_actor  text,
  p_reason text
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.switch_worker(p_worker, true, p_actor, p_reason)
$$;

comment on function public.fn_iu_route_worker_disable(text, text, text) is
  'Makes one worker inert, whatever the gates say; waits for a run in flight. Its cursor stays: '
  'enabled again, it goes on where it was. Returns {status: disabled | unchanged, worker}. Emits '
  'governance.route_worker_changed. Refuses with IU054 an unknown worker, with IU004 empty '
  'arguments, with IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_worker_disable(text, text, text) from public;
grant  execute on function public.fn_iu_route_worker_disable(text, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_route_worker_disable.sql

--! Included functions/fn_iu_route_worker_remove.sql
create or replace function public.fn_iu_route_worker_remove(
  p_worker text,
  p_actor  text,
  p_reason text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_worker', p_worker, 'p_actor', p_actor, 'p_reason', p_reason));
  perform pg_advisory_xact_lock(iu_core.worker_lock(p_worker));
  delete from public.iu_route_worker w where w.worker = p_worker;
  if not found then
    return jsonb_build_object('status', 'absent', 'worker', p_worker);
  end if;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'route_worker_changed', 'public.iu_route_worker', p_worker, null,
      jsonb_build_object('worker', p_worker, 'change', 'removed', 'reason', p_reason))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'removed', 'worker', p_worker);
end
$$;

comment on function public.fn_iu_route_worker_remove(text, text, text) is
  'Takes a registration back; waits for a run in flight. The worker holds up the retirement of '
  'partitions no more. Its cursor stays on record: registered again under this name, it goes on '
  'there. Returns {status: removed | absent, worker}. Emits governance.route_worker_changed. '
  'Refuses with IU004 empty arguments, with IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_worker_remove(text, text, text) from public;
grant  execute on function public.fn_iu_route_worker_remove(text, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_route_worker_remove.sql

--! Included functions/fn_iu_route_worker_rebaseline.sql
create or replace function public.fn_iu_route_worker_rebaseline(
  p_worker text,
  p_mode   text,
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
  v_worker public.iu_route_worker;
  v_cursor public.iu_route_worker_cursor;
  v_window iu_core.route_window;
  v_copy   jsonb;
  v_new    bigint;
begin
  perform iu_core.assert_given(jsonb_build_object(
    'p_worker', p_worker, 'p_actor', p_actor, 'p_reason', p_reason));
  -- Waits for whatever emits: every id up to the newest is settled then.
  perform iu_core.begin_config_write(iu_core.master_gate_key());
  perform pg_advisory_xact_lock(iu_core.worker_lock(p_worker));
  v_worker := iu_core.known_worker(p_worker);
  v_cursor := iu_core.newest_cursor(p_worker);
  v_copy   := iu_core.copy_problem(v_cursor);
  if coalesce(p_mode, '') not in ('continue', 'fresh') then
    perform iu_core.raise_error(
      'IU004', 'p_mode is continue or fresh', jsonb_build_object('mode', p_mode));
  end if;
  if p_mode = 'continue'
     and (v_cursor.worker is null or v_copy ->> 'reason' = 'xids_went_backwards')
  then
    perform iu_core.raise_error(
      'IU056',
      format('worker %s cannot continue here: %s', p_worker,
             coalesce(v_copy ->> 'reason', 'it has no cursor')),
      coalesce(v_copy, jsonb_build_object('worker', p_worker)));
  end if;

  v_window := iu_core.next_window(v_cursor);
  if p_mode = 'fresh' then
    v_window.to_snapshot := pg_current_snapshot();
    v_window.to_tx       := pg_current_xact_id_if_assigned();
    v_window.to_high     := v_window.read_high;
    v_window.id_bound    := greatest(v_window.id_bound, v_window.read_high + 1);
    -- The mark is of the other cluster.
    v_cursor.mark_tx := null;
    v_cursor.mark_id := null;
  elsif v_cursor.position_tx is null then
    v_window.to_snapshot := v_cursor.snapshot;
    v_window.to_tx       := v_cursor.own_tx;
    v_window.to_high     := v_cursor.high;
  end if;
  v_new := iu_core.write_generation(
    v_worker, v_cursor, v_window, p_mode = 'continue' and v_cursor.position_tx is not null,
    (0, 0, 0, 0, 0, null, null, 0), p_mode);
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'route_worker_changed', 'public.iu_route_worker', p_worker, null,
      jsonb_build_object('worker', p_worker, 'change', 'rebaselined', 'mode', p_mode,
                         'generation', v_new, 'reason', p_reason))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object(
    'status', 'rebaselined', 'mode', p_mode, 'generation', v_new, 'was', v_copy -> 'was');
end
$$;

comment on function public.fn_iu_route_worker_rebaseline(text, text, text, text) is
  'Makes a worker that answers copy_refused run here. continue: this is the same data, after a '
  'failover, a pg_upgrade or a rename; it goes on where it was. fresh: this is a copy, or a restore '
  'of a dump; what is in the outbox now is left alone, and only events written from now on are '
  'handled. For a copy, set another fence first (fn_iu_fence_set). Waits for every transaction that '
  'may emit. Returns {status: rebaselined, mode, generation, was}. Emits '
  'governance.route_worker_changed. Refuses with IU056 to continue without a cursor or where xids '
  'went backwards, with IU054 an unknown worker, with IU004 bad arguments, with IU003 another '
  'isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_worker_rebaseline(text, text, text, text)
       from public;
grant  execute on function public.fn_iu_route_worker_rebaseline(text, text, text, text)
       to iu_operator;
--! EndIncluded functions/fn_iu_route_worker_rebaseline.sql

--! Included functions/fn_iu_route_worker_resolve.sql
create or replace function public.fn_iu_route_worker_resolve(
  p_id     uuid,
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
  v_kind text;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  perform pg_advisory_xact_lock(hashtextextended('iu_core.route_alarm ' || p_id, 0));
  v_kind := case
    when exists (select from public.iu_route_conflict c    where c.id = p_id) then 'conflict'
    when exists (select from public.iu_route_dead_letter d where d.id = p_id) then 'dead_letter'
  end;
  if v_kind is null then
    perform iu_core.raise_error(
      'IU053', format('no conflict or dead letter is %s', coalesce(p_id::text, 'null')),
      jsonb_build_object('id', p_id));
  end if;
  if exists (select from public.iu_route_resolution x where x.alarm_id = p_id) then
    return jsonb_build_object('status', 'already_resolved', 'kind', v_kind);
  end if;

  perform iu_core.resolve_alarm(p_id, v_kind, 'closed', null, p_actor, p_reason);
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'delivery_changed', 'public.iu_route_' || v_kind, p_id::text, null,
      jsonb_build_object(v_kind, p_id, 'resolution', 'closed', 'reason', p_reason))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'resolved', 'kind', v_kind);
end
$$;

comment on function public.fn_iu_route_worker_resolve(uuid, text, text) is
  'Closes a conflict (a delivery that was there already when the worker came to its event), or a '
  'dead letter that is not to be replayed, with the reason; nothing is delivered. Returns {status: '
  'resolved | already_resolved, kind: conflict | dead_letter}. Emits governance.delivery_changed. '
  'Refuses with IU053 an unknown id, with IU004 empty arguments, with IU003 another isolation. For '
  'iu_operator.';

revoke all     on function public.fn_iu_route_worker_resolve(uuid, text, text) from public;
grant  execute on function public.fn_iu_route_worker_resolve(uuid, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_route_worker_resolve.sql

--! Included functions/iu_core/worker_behind.sql
create or replace function iu_core.worker_behind(p_worker text, p_most integer)
returns table (behind bigint, oldest_created_at timestamptz)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set enable_seqscan = off
set enable_bitmapscan = off
as $$
declare
  v_cursor public.iu_route_worker_cursor := iu_core.newest_cursor(p_worker);
begin
  select count(*), min(e.created_at)
    into behind, oldest_created_at
    from (
      -- The rest of an unfinished window, then what came after it.
      (select w.created_at
         from iu_core.window_events(
                v_cursor.from_snapshot, v_cursor.from_tx, v_cursor.from_high, v_cursor.snapshot,
                v_cursor.own_tx, v_cursor.high, v_cursor.position_tx, v_cursor.position_id,
                v_cursor.id_bound, p_most) as w
        where v_cursor.position_tx is not null)
      union all
      (select n.created_at
         from iu_core.window_events(
                coalesce(v_cursor.snapshot, '1:1:'), v_cursor.own_tx, v_cursor.high,
                pg_current_snapshot(), pg_current_xact_id_if_assigned(),
                coalesce(pg_sequence_last_value('public.event_outbox_id_seq'), 0), '0', -1,
                coalesce(v_cursor.id_bound, 0), p_most) as n)
      limit p_most
    ) as e;
  return next;
end
$$;

comment on function iu_core.worker_behind(text, integer) is
  'How many events a worker has yet to handle, counted up to p_most, and when the oldest of these '
  'was written. Looks at its window only.';
--! EndIncluded functions/iu_core/worker_behind.sql

--! Included functions/fn_iu_route_worker_health.sql
create or replace function public.fn_iu_route_worker_health(
  p_worker text default 'iu_outbound_default'
)
returns jsonb
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_worker  public.iu_route_worker;
  v_cursor  public.iu_route_worker_cursor := iu_core.newest_cursor(p_worker);
  v_behind  record;
  v_alarms  record;
  v_reasons text[];
  v_copy    jsonb := iu_core.copy_problem(v_cursor);
  v_ran     timestamptz;
  v_lag     numeric;
begin
  select w.* into v_worker from public.iu_route_worker w where w.worker = p_worker;
  select b.behind, b.oldest_created_at
    into v_behind
    from iu_core.worker_behind(p_worker, coalesce(v_worker.max_behind, 0) + 1) as b;
  select (select count(*) from public.v_iu_route_dead_letter_open d where d.worker = p_worker)
           as dead_letters,
         (select count(*) from public.iu_route_conflict c
           where c.worker = p_worker
             and not exists (select from public.iu_route_resolution x where x.alarm_id = c.id))
           as conflicts,
         (select count(*) from public.iu_route_pending p
           where p.worker = p_worker and p.tries > 0 and p.due_at <= clock_timestamp())
           as retries_due,
         (select count(*) from public.iu_route_pending p where p.worker = p_worker) as pending
    into v_alarms;
  v_ran := v_cursor.ran_at;
  v_lag := coalesce(round(extract(epoch from clock_timestamp() - v_behind.oldest_created_at), 3), 0);

  v_reasons := array_remove(array[
    case when not public.fn_iu_gate_is_open('iu_core.routes_master_enabled')
         then 'master_gate_closed' end,
    case when not public.fn_iu_gate_is_open('iu_core.route_worker_enabled')
         then 'worker_gate_closed' end,
    case when v_worker.worker is null then 'not_registered' end,
    case when v_worker.inert then 'inert' end,
    case when v_copy is not null then 'copy_refused' end,
    case when v_cursor.worker is null then 'never_ran' end,
    case when v_behind.behind > v_worker.max_behind then 'behind' end,
    case when v_lag > v_worker.max_lag_seconds then 'lag' end,
    -- An idle run leaves no trace, so without anything to do there is nothing to be late with.
    case when v_behind.behind > 0 and v_lag > v_worker.interval_seconds
          and v_ran < clock_timestamp() - make_interval(secs => v_worker.interval_seconds)
         then 'stale' end,
    case when v_alarms.dead_letters > v_worker.max_dead_letters then 'dead_letters' end,
    case when v_alarms.conflicts > 0 then 'conflicts' end,
    case when v_alarms.retries_due > v_worker.max_retries_due then 'retries_due' end
  ], null);
  return jsonb_build_object(
    'worker',           p_worker,
    'healthy',          v_reasons = '{}',
    'reasons',          v_reasons,
    'master_gate_open', public.fn_iu_gate_is_open('iu_core.routes_master_enabled'),
    'worker_gate_open', public.fn_iu_gate_is_open('iu_core.route_worker_enabled'),
    'registered',       v_worker.worker is not null,
    'inert',            coalesce(v_worker.inert, true),
    'generation',       coalesce(v_cursor.generation, 0),
    'last_run_at',      v_ran,
    'behind',           v_behind.behind,
    'behind_is_more',   v_behind.behind > coalesce(v_worker.max_behind, 0),
    'lag_seconds',      v_lag,
    'dead_letters',     v_alarms.dead_letters,
    'conflicts',        v_alarms.conflicts,
    'retries_due',      v_alarms.retries_due,
    'pending',          v_alarms.pending,
    'id_bound',         coalesce(v_cursor.id_bound, 0),
    'limits',           to_jsonb(v_worker) - array['worker', 'inert', 'enablement', 'description',
                          'created_at', 'created_by', 'updated_at', 'updated_by'],
    'copy',             v_copy);
end
$$;

comment on function public.fn_iu_route_worker_health(text) is
  'One object about a worker: {worker, healthy, reasons, master_gate_open, worker_gate_open, '
  'registered, inert, generation, last_run_at, behind, behind_is_more, lag_seconds, dead_letters, '
  'conflicts, retries_due, pending, id_bound, limits, copy}. Healthy when reasons is empty; they '
  'are master_gate_closed, worker_gate_closed, not_registered, inert, copy_refused, never_ran, '
  'behind and lag (more, or older, than the registration allows; behind is counted up to that and '
  'one), stale (events wait and no run came for longer than its interval), dead_letters, conflicts, '
  'retries_due. last_run_at is the latest run that left a generation. Takes no lock, works read '
  'only. For iu_worker, iu_operator, context_pack_readonly.';

revoke all     on function public.fn_iu_route_worker_health(text) from public;
grant  execute on function public.fn_iu_route_worker_health(text)
       to iu_worker, iu_operator, context_pack_readonly;
--! EndIncluded functions/fn_iu_route_worker_health.sql

--! Included functions/iu_core/refuse_unpassed_partition.sql
create or replace function iu_core.refuse_unpassed_partition()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_oldest  integer := (select min(p.partition_number) from iu_core.outbox_partitions() as p);
  v_to      bigint  := (v_oldest + 1) * iu_core.outbox_partition_size() - 1;
  v_workers jsonb;
  v_pending bigint;
begin
  -- One statement retires one partition, the oldest. Before it, so that no digest is made in vain.
  select jsonb_agg(jsonb_build_object('worker', w.worker, 'id_bound', coalesce(c.id_bound, 0))
                   order by w.worker)
    into v_workers
    from public.iu_route_worker w
    left join lateral (
      select x.id_bound, x.position_tx
        from public.iu_route_worker_cursor x
       where x.worker = w.worker
       order by x.generation desc
       limit 1
    ) as c on true
   where coalesce(c.id_bound, 0) <= v_to;
  select count(*) into v_pending from public.iu_route_pending p where p.event_id <= v_to;
  if v_workers is not null or v_pending > 0 then
    perform iu_core.raise_error(
      'IU042',
      format('partition %s holds events that are still to be routed or delivered', v_oldest),
      jsonb_build_object('partition', v_oldest, 'to_id', v_to,
                         'workers', coalesce(v_workers, '[]'), 'pending', v_pending),
      'Let the workers that the detail names run, or remove their registration.');
  end if;
  return null;
end
$$;

comment on function iu_core.refuse_unpassed_partition() is
  'BEFORE STATEMENT trigger of event_outbox_retention: refuses with IU042 to retire a partition that '
  'a registered worker has not passed (its id bound), or with a delivery pending of one of its ids.';
--! EndIncluded functions/iu_core/refuse_unpassed_partition.sql

-- ------------------------------------------------------------------------------------------------
-- Checks
-- ------------------------------------------------------------------------------------------------

--! Included functions/fn_iu_route_live_readiness.sql
create or replace function public.fn_iu_route_live_readiness(p_route_code text)
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with route as (
    select r.*, iu_core.live_refusal(r) as refusal
      from (values (p_route_code)) as g (code)
      left join public.iu_outbound_route r on r.route_code = g.code
  ),
  health as (
    select public.fn_iu_route_worker_health(r.worker) as h from route r
  ),
  dry_run as (
    select count(*) as attempts, max(d.routed_at) as latest
      from public.iu_route_delivery d
     where d.route_code = p_route_code and d.dry_run
  )
  select 'the route exists and is enabled', coalesce(r.enabled, false),
         coalesce(format('dry_run %s', r.dry_run), 'there is no such route')
    from route r
  union all
  select 'the seam is built for its target', coalesce(k.built, false),
         coalesce(format('%s: %s', k.kind,
                         case when not k.buildable then 'this release has no adapter for it'
                              when not k.built     then 'fn_iu_delivery_target_set says it is built'
                              else 'built'
                         end), 'no target')
    from route r
    left join public.iu_delivery_target_kind k on k.kind = r.target_kind
  union all
  select 'its consumer is registered', r.target_kind is distinct from 'sql_function' or (
           exists (select from public.iu_route_consumer c where c.function_name = r.target_ref)
           and iu_core.consumer_problem(r.target_ref) is null),
         coalesce(r.target_ref, 'no target')
    from route r
  union all
  select 'the guard is in place', count(t.oid) = 1, count(t.oid) || ' trigger'
    from pg_trigger t
   where t.tgrelid = 'public.iu_outbound_route'::regclass
     and t.tgfoid = 'iu_core.guard_route'::regproc
     and t.tgenabled in ('O', 'A')
  union all
  select 'the guard lists it', p_route_code = any (iu_core.live_routes()),
         'iu_core.delivery_live_routes: ' || array_to_string(iu_core.live_routes(), ', ')
  union all
  select 'the delivery gate is open', public.fn_iu_gate_is_open('iu_core.delivery_enabled'),
         'iu_core.delivery_enabled'
  union all
  select 'it has dry runs of real events', d.attempts > 0,
         format('%s, the latest %s', d.attempts, coalesce(d.latest::text, 'never'))
    from dry_run d
  union all
  select 'its worker is healthy', (h.h ->> 'healthy')::boolean,
         format('%s: %s', h.h ->> 'worker', h.h -> 'reasons')
    from health h
  union all
  select 'its worker is within its lag',
         not h.h -> 'reasons' ?| array['lag', 'behind'],
         format('%s events behind, %s s', h.h ->> 'behind', h.h ->> 'lag_seconds')
    from health h
  union all
  select 'somebody runs its worker',
         coalesce((h.h ->> 'last_run_at')::timestamptz is not null
                  and not h.h -> 'reasons' ? 'stale', false),
         coalesce('the latest run that found something: ' || (h.h ->> 'last_run_at'), 'it never ran')
    from health h
  union all
  select 'a fence is set', count(*) > 0,
         coalesce('deployment ' || (array_agg(f.deployment_id order by f.seq desc))[1], 'none')
    from public.iu_delivery_fence f
$$;

comment on function public.fn_iu_route_live_readiness(text) is
  'What stands between a route and dry_run = false: one scenario row for each condition, ok or a '
  'blocker. All ok, fn_iu_route_set takes it. Read only. For iu_operator, iu_worker.';

revoke all     on function public.fn_iu_route_live_readiness(text) from public;
grant  execute on function public.fn_iu_route_live_readiness(text) to iu_operator, iu_worker;
--! EndIncluded functions/fn_iu_route_live_readiness.sql

--! Included functions/fn_iu_check_routes.sql
create or replace function public.fn_iu_check_routes()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select 'V1 the six target kinds are known, and only what has an adapter is built',
         count(*) = 6 and bool_and(k.buildable or not k.built),
         'built: ' || coalesce(string_agg(k.kind, ', ' order by k.kind) filter (where k.built),
                               'none')
    from public.iu_delivery_target_kind k
  union all
  select 'V2 the guard is in place', count(t.oid) = 1, count(t.oid) || ' trigger'
    from pg_trigger t
   where t.tgrelid = 'public.iu_outbound_route'::regclass
     and t.tgfoid = 'iu_core.guard_route'::regproc
     and t.tgenabled in ('O', 'A')
  union all
  select 'V3 no route delivers live that may not',
         count(*) filter (where l.refusal is not null) = 0,
         coalesce(string_agg(r.route_code || ': ' || l.refusal, ', ' order by r.route_code)
                  filter (where l.refusal is not null), count(*) || ' live')
    from public.iu_outbound_route r
   cross join lateral (values (iu_core.live_refusal(r))) as l (refusal)
   where r.enabled and not r.dry_run
  union all
  select 'V4 every registered type is a topic', count(*) filter (where t.event_type is null) = 0,
         coalesce('not so: ' || string_agg(g.event_domain || '.' || g.event_type, ', ')
                                filter (where t.event_type is null), count(*) || ' topics')
    from public.event_type_registry g
    left join public.iu_event_topic t
      on t.event_domain = g.event_domain
     and t.event_type   = g.event_type
     and t.event_stream = g.event_stream
  union all
  select 'V5 the routes are compiled',
         count(*) filter (where c.route_code is null or m.route_code is null) = 0,
         format('%s topics of routes', count(m.route_code))
    from (
      select e.event_domain, e.event_type, e.event_stream, r.route_code
        from public.iu_event_topic e
        join public.iu_outbound_route r
          on iu_core.matches_pattern(e.event_domain, r.event_domain)
         and iu_core.matches_pattern(e.event_type,   r.event_type)
         and iu_core.matches_pattern(e.event_stream, r.event_stream)
    ) as m
    full join public.iu_route_topic c
      on c.event_domain = m.event_domain
     and c.event_type   = m.event_type
     and c.event_stream = m.event_stream
     and c.route_code   = m.route_code
  union all
  select 'V6 every consumer of a route can be called',
         count(*) filter (where p.problem is not null) = 0,
         coalesce(string_agg(c.function_name || ': ' || p.problem, ', ')
                  filter (where p.problem is not null), count(*) || ' registered')
    from public.iu_route_consumer c
   cross join lateral (values (iu_core.consumer_problem(c.function_name))) as p (problem)
  union all
  select 'V7 every inbound route that is enabled has its table and its trigger',
         count(*) filter (where t.oid is null) = 0,
         coalesce('not so: ' || string_agg(r.route_code, ', ') filter (where t.oid is null),
                  count(*) || ' enabled')
    from public.iu_sql_event_route r
    left join pg_trigger t
      on t.tgrelid = to_regclass(r.source_table)
     and t.tgfoid = 'public.fn_iu_sql_route_capture'::regproc
     and t.tgenabled in ('O', 'A')
   where r.enabled
$$;

comment on function public.fn_iu_check_routes() is
  'Scenario rows V1 to V7 about routes: target kinds, the guard, nothing live that may not be, '
  'topics, compiled patterns, consumers, inbound routes. Read only. For iu_operator, iu_worker.';

revoke all     on function public.fn_iu_check_routes() from public;
grant  execute on function public.fn_iu_check_routes() to iu_operator, iu_worker;
--! EndIncluded functions/fn_iu_check_routes.sql

--! Included functions/fn_iu_check_route_worker.sql
create or replace function public.fn_iu_check_route_worker()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with worker as (
    select w.*, public.fn_iu_route_worker_health(w.worker) as h
      from public.iu_route_worker w
  ),
  gate as (
    select public.fn_iu_gate_is_open('iu_core.route_worker_enabled') as open
  )
  select 'W1 the tables of the worker are governed', count(g.table_name) = 7,
         count(g.table_name) || ' of 7'
    from iu_core.governed_table g
   where g.table_name in ('public.iu_route_worker', 'public.iu_route_worker_cursor',
                          'public.iu_route_delivery', 'public.iu_route_attempt_made',
                          'public.iu_route_dead_letter', 'public.iu_route_conflict',
                          'public.iu_route_resolution')
  union all
  select 'W2 what it records is insert-only', count(*) = 6,
         count(*) || ' of 6 ledgers with their lock'
    from pg_trigger t
    join iu_core.governed_table g on to_regclass(g.table_name) = t.tgrelid
   where g.class = 'ledger' and g.table_name like 'public.iu_route_%'
     and t.tgname = 'iu_lock_2_row' and t.tgenabled in ('O', 'A')
  union all
  select 'W3 its views answer',
         (select count(*) from public.v_iu_event_backlog) = (select count(*) from worker),
         (select count(*) || ' open dead letters' from public.v_iu_route_dead_letter_open)
  union all
  select 'W4 while its gate is closed no worker is healthy',
         g.open or not exists (select from worker w where (w.h ->> 'healthy')::boolean),
         case when g.open then 'the gate is open' else 'the gate is closed' end
    from gate g
  union all
  select 'W5 the worker of every enabled route is registered',
         count(*) filter (where w.worker is null) = 0,
         coalesce('not so: ' || string_agg(r.route_code, ', ') filter (where w.worker is null),
                  count(*) || ' enabled')
    from public.iu_outbound_route r
    left join worker w on w.worker = r.worker
   where r.enabled
  union all
  select 'W6 the seam fails closed: what is not built refuses',
         count(*) = 0, count(*) || ' pending for a target that is not built, and claimed'
    from public.iu_route_pending p
    join public.iu_delivery_target_kind k on k.kind = p.target_kind and not k.built
   where p.claimed_until > clock_timestamp()
  union all
  select 'W7 the cursor of each worker is of this database',
         count(*) filter (where w.h -> 'copy' <> 'null') = 0,
         coalesce('not so: ' || string_agg(w.worker, ', ') filter (where w.h -> 'copy' <> 'null'),
                  count(*) || ' workers')
    from worker w
  union all
  select 'W8 health names its reasons',
         coalesce(bool_and((w.h ->> 'healthy')::boolean = (w.h -> 'reasons' = '[]')), true),
         coalesce(string_agg(format('%s: %s', w.worker, w.h -> 'reasons'), '; '
                             order by w.worker), 'no worker')
    from worker w
  union all
  select 'W9 no delivery stands beside its event: both or neither while the event is there',
         count(*) = 0, count(*) || ' deliveries of no event'
    from (
      select d.event_id
        from public.iu_route_delivery d
       where d.event_id > coalesce((select max(r.to_id) from public.event_outbox_retention r), -1)
         and not exists (select from public.event_outbox e where e.id = d.event_id)
       limit 1
    ) as d
$$;

comment on function public.fn_iu_check_route_worker() is
  'Scenario rows W1 to W9 about the worker: tables, locks, views, gate, registrations, the seam, '
  'stamps, health, deliveries. Read only; reads every delivery. For iu_operator, iu_worker.';

revoke all     on function public.fn_iu_check_route_worker() from public;
grant  execute on function public.fn_iu_check_route_worker() to iu_operator, iu_worker;
--! EndIncluded functions/fn_iu_check_route_worker.sql

--! Included functions/iu_core/check_conformance.sql
create or replace function iu_core.check_conformance()
returns table (scenario text, ok boolean, detail text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  -- The manifest: what deployment_grant_matrix and governed_table list. Internals of iu_core are in
  -- neither, but for its tables. A partition is its parent's affair.
  with listed as (
    select distinct m.object_type, m.object
      from public.deployment_grant_matrix m
    union
    select 'table', g.table_name
      from iu_core.governed_table g
     where g.class <> 'runtime-object'
  ),
  ours as (
    select n.oid, n.nspname
      from pg_namespace n
     where n.nspname in ('public', 'cutter_governance', 'iu_core')
  ),
  live as (
    select 'schema' as object_type, o.nspname::text as object from ours o
    union all
    select case c.relkind when 'S' then 'sequence' when 'v' then 'view' when 'm' then 'view'
                          else 'table'
           end,
           c.oid::regclass::text
      from pg_class c
      join ours o on o.oid = c.relnamespace
     where c.relkind in ('r', 'p', 'v', 'm', 'S')
       and not c.relispartition
       -- Others may have tables of their own in public.
       and (c.relowner = 'workflow_admin'::regrole or o.nspname <> 'public')
    union all
    select 'function', p.oid::regprocedure::text
      from pg_proc p
      join ours o on o.oid = p.pronamespace
     where o.nspname <> 'iu_core'
       and (p.proowner = 'workflow_admin'::regrole or o.nspname <> 'public')
    union all
    select 'type', t.oid::regtype::text
      from pg_type t
      join ours o on o.oid = t.typnamespace
      left join pg_class c on c.oid = t.typrelid
     where o.nspname <> 'iu_core'
       and (t.typtype in ('e', 'd', 'r') or c.relkind = 'c')
       and (t.typowner = 'workflow_admin'::regrole or o.nspname <> 'public')
  ),
  difference as (
    select coalesce(m.object_type, l.object_type) as object_type, m.object as listed,
           l.object as live
      from listed m
      full join live l on l.object_type = m.object_type and l.object = m.object
  )
  select s.scenario, count(*) filter (where s.wrong) = 0,
         coalesce(string_agg(s.object_type || ' ' || s.object, ', ' order by s.object)
                  filter (where s.wrong), count(*) || ' objects')
    from (
      select 1 as place, 'every object of the manifest exists' as scenario, d.object_type,
             d.listed as object, d.live is null as wrong
        from difference d
       where d.listed is not null
      union all
      select 2, 'no object exists that the manifest does not list', d.object_type, d.live,
             d.listed is null
        from difference d
       where d.live is not null
    ) as s
   group by s.place, s.scenario
  union all
  select 'every partition is of a parent in the manifest', count(*) filter (where m.object is null) = 0,
         coalesce(string_agg(c.relname, ', ') filter (where m.object is null),
                  count(*) || ' partitions')
    from pg_class c
    join ours o on o.oid = c.relnamespace
    join pg_inherits i on i.inhrelid = c.oid
    left join listed m on m.object = i.inhparent::regclass::text
   where c.relispartition and c.relkind in ('r', 'p')
     and (c.relowner = 'workflow_admin'::regrole or o.nspname <> 'public')
$$;

comment on function iu_core.check_conformance() is
  'Scenario rows: the objects that exist are those of the manifest (deployment_grant_matrix and the '
  'governed tables), both ways, partitions by their parent. What others own in public is not '
  'looked at, nor the functions of iu_core. Read only. For members of workflow_admin.';
--! EndIncluded functions/iu_core/check_conformance.sql

--! Included functions/iu_core/forget_event_types.sql
create or replace function iu_core.forget_event_types(p_types jsonb, p_actor text)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.begin_config_write(iu_core.master_gate_key());
  with removed as (
    delete from public.event_type_registry r
     using jsonb_to_recordset(p_types) as t (event_domain text, event_type text)
     where r.event_domain = t.event_domain and r.event_type = t.event_type
    returning r.event_domain, r.event_type
  )
  insert into public.event_type_history
         (id, event_domain, event_type, entry, actor, login, changed_at)
  select iu_core.uuid_v7(), r.event_domain, r.event_type, null, p_actor, session_user,
         clock_timestamp()
    from removed r;
end
$$;

comment on function iu_core.forget_event_types(jsonb, text) is
  'Takes event types out of the registry though there are events of them, for rollback/010: events '
  'keep their stream, lane and severity, and the history has the removal. Everybody else calls fn_iu_event_type_remove. For members '
  'of workflow_admin.';
--! EndIncluded functions/iu_core/forget_event_types.sql

--! Included functions/iu_core/check_gate_positions.sql
create or replace function iu_core.check_gate_positions()
returns table (scenario text, ok boolean, detail text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case when s.standing then replace(c.scenario, ' is closed', ' is open for good')
              else c.scenario
         end,
         c.ok or s.standing,
         c.detail
    from public.fn_iu_check_gates() as c
   cross join lateral (
     select exists (
              select
                from public.fn_iu_gate_list() as g
               where c.scenario = g.key || ' is closed'
                 and g.state = 'open' and g.policy = 'standing' and g.until is null)
   ) as s (standing)
$$;

comment on function iu_core.check_gate_positions() is
  'fn_iu_check_gates() for scripts that are run again while IU Core is at work: a gate that somebody '
  'opened for good, and whose policy allows that, is as it must be; a lease is not.';
--! EndIncluded functions/iu_core/check_gate_positions.sql

create trigger iu_worker_passed before insert on public.event_outbox_retention
  for each statement execute function iu_core.refuse_unpassed_partition();

reset role;

select iu_core.protect_table(
  'public.iu_route_worker', 'state',
  'public.fn_iu_route_worker_register() or public.fn_iu_route_worker_enable()',
  '{enablement,updated_at,updated_by}');
select iu_core.protect_table(
  'public.iu_route_worker_cursor', 'ledger', 'public.fn_iu_route_worker_run()');

select iu_core.register_errors($errors$[
  {"code": "IU054", "name": "worker_unknown",
   "problem": "No worker is registered under this name.",
   "next_step": "Register it with public.fn_iu_route_worker_register."},
  {"code": "IU056", "name": "rebaseline_refused",
   "problem": "A worker was to continue where its cursor means nothing.",
   "next_step": "Rebaseline with mode fresh: what is in the outbox now is left alone."}
]$errors$);

select iu_core.expect_grants($grants$[
  {"object": "public.iu_route_worker", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_worker_cursor", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.v_iu_event_backlog", "type": "view",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.v_iu_route_why", "type": "view",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},

  {"object": "public.fn_iu_check_route_worker()", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_check_routes()", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_live_readiness(text)", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_disable(text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_enable(text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_health(text)", "type": "function",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_rebaseline(text,text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_register(text,jsonb,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_remove(text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_resolve(uuid,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_worker_run(text,integer,text)", "type": "function",
   "grantees": ["iu_operator", "iu_worker"], "privileges": ["EXECUTE"]}
]$grants$);
