--! Previous: sha1:be397c5751e020f4e6665a96b54829a9333c004e
--! Hash: sha1:6e37a41d47ee58db09a5187a8ffdf8ddca4c57be
--! Message: deliveries
--! Title: Deliveries: attempts, pending, dead letters, conflicts, the fence; claiming, recording, replay

--! split: 1-current.sql
set local role workflow_admin;

-- ------------------------------------------------------------------------------------------------
-- What was routed and what became of it
-- ------------------------------------------------------------------------------------------------

create table public.iu_route_delivery (
  event_id      bigint           not null,
  generation    bigint           not null,
  routed_at     timestamptz      not null,
  route_version integer,
  dry_run       boolean          not null,
  route_code    text collate "C" not null,
  worker        text collate "C" not null,
  constraint iu_route_delivery_pk primary key (event_id, route_code)
);

comment on table public.iu_route_delivery                is
  'One row for each event and route: it was routed, once. Insert-only. No foreign keys: it outlives '
  'the event''s partition and the route.';
comment on column public.iu_route_delivery.event_id      is 'Id in event_outbox.';
comment on column public.iu_route_delivery.generation    is
  'The generation of its cursor; 0 when a replay wrote it.';
comment on column public.iu_route_delivery.routed_at     is 'clock_timestamp() of the page.';
comment on column public.iu_route_delivery.route_version is
  'What the route was, in iu_outbound_route_history; null when it was gone.';
comment on column public.iu_route_delivery.dry_run       is
  'True when nothing was to be sent: this row is the first attempt then, as iu_route_attempt shows.';
comment on column public.iu_route_delivery.route_code    is 'The route.';
comment on column public.iu_route_delivery.worker        is 'The worker that routed it.';

-- Not the attempts of dry runs: a delivery says all there is to say of those. They would double what a
-- worker writes, and copy each payload once per route.
create table public.iu_route_attempt_made (
  event_id        bigint           not null,
  route_code      text collate "C" not null,
  attempt_no      integer          not null,
  event_uid       uuid             not null,
  status          text             not null,
  idempotency_key text collate "C" not null,
  target_kind     text collate "C",
  target_ref      text,
  safe_payload    jsonb,
  started_at      timestamptz      not null,
  finished_at     timestamptz      not null,
  detail          jsonb,
  constraint iu_route_attempt_made_pk primary key (event_id, route_code, attempt_no),
  constraint iu_route_attempt_made_status_ck
    check (status in ('dry_run', 'sent', 'failed', 'skipped', 'ambiguous', 'refused')),
  constraint iu_route_attempt_made_detail_ck check (jsonb_typeof(detail) = 'object')
);

comment on table public.iu_route_attempt_made is
  'The attempts that have something to say of their own: all but those that a delivery is itself. '
  'Insert-only. Read iu_route_attempt, which has all of them; columns as there.';
comment on column public.iu_route_attempt_made.event_id        is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.route_code      is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.attempt_no      is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.event_uid       is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.status          is
  'As in iu_route_attempt; dry_run is that of a replay.';
comment on column public.iu_route_attempt_made.idempotency_key is
  'iu_core.idempotency_key: the same with every attempt.';
comment on column public.iu_route_attempt_made.target_kind     is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.target_ref      is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.safe_payload    is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.started_at      is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.finished_at     is 'As in iu_route_attempt.';
comment on column public.iu_route_attempt_made.detail          is 'As in iu_route_attempt.';

-- The key written out: a function in a view needs a grant to whoever reads it.
create view public.iu_route_attempt as
select d.event_id, d.route_code, 1 as attempt_no, e.event_uid, 'dry_run' as status,
       e.event_uid::text || ':' || d.route_code as idempotency_key,
       h.entry ->> 'target_kind' as target_kind, h.entry ->> 'target_ref' as target_ref,
       e.safe_payload, d.routed_at as started_at, d.routed_at as finished_at,
       null::jsonb as detail
  from public.iu_route_delivery d
  left join public.iu_outbound_route_history h
         on h.route_code = d.route_code and h.version = d.route_version
  left join public.event_outbox e on e.id = d.event_id
 where d.dry_run
union all
select a.event_id, a.route_code, a.attempt_no, a.event_uid, a.status, a.idempotency_key,
       a.target_kind, a.target_ref, a.safe_payload, a.started_at, a.finished_at, a.detail
  from public.iu_route_attempt_made a;

comment on view public.iu_route_attempt is
  'Every attempt to deliver, with what was, or in a dry run would have been, sent: one row for each '
  'event, route and attempt_no. Of a dry run it is put together from the delivery, the route as it '
  'was, and the event: all three are insert-only.';
comment on column public.iu_route_attempt.event_id        is 'Id in event_outbox.';
comment on column public.iu_route_attempt.route_code      is 'The route.';
comment on column public.iu_route_attempt.attempt_no      is 'From 1.';
comment on column public.iu_route_attempt.event_uid       is
  'The event''s name outside; null of a dry run once the event''s partition was retired.';
comment on column public.iu_route_attempt.status          is
  'dry_run, sent, failed, skipped, ambiguous (sent, perhaps) or refused.';
comment on column public.iu_route_attempt.idempotency_key is
  '<event uid>:<route code>: the same with every attempt; null where event_uid is.';
comment on column public.iu_route_attempt.target_kind     is
  'Of the route at that time; null when it was gone.';
comment on column public.iu_route_attempt.target_ref      is
  'Of the route at that time; null when it was gone.';
comment on column public.iu_route_attempt.safe_payload    is
  'The payload that was or would be sent; null of a dry run once the event''s partition was retired.';
comment on column public.iu_route_attempt.started_at      is 'When it began.';
comment on column public.iu_route_attempt.finished_at     is
  'clock_timestamp() when it was recorded.';
comment on column public.iu_route_attempt.detail          is
  'What there is to say of it: error, reason, replay_of; null for nothing.';

create table public.iu_route_pending (
  event_id      bigint           not null,
  route_code    text collate "C" not null,
  worker        text collate "C" not null,
  target_kind   text collate "C" not null,
  tries         integer          not null,
  due_at        timestamptz      not null,
  claim_token   uuid,
  claimed_until timestamptz,
  queued_at     timestamptz      not null,
  constraint iu_route_pending_pk       primary key (event_id, route_code),
  constraint iu_route_pending_claim_ck check (num_nulls(claim_token, claimed_until) in (0, 2))
);

create index iu_route_pending_worker_ix on public.iu_route_pending (worker, due_at, event_id);
create index iu_route_pending_route_ix  on public.iu_route_pending (route_code, due_at, event_id);

comment on table public.iu_route_pending is
  'Live deliveries that are still to be made, or made again. A row goes when it is settled; what '
  'happened is in iu_route_attempt.';
comment on column public.iu_route_pending.event_id      is 'Id in event_outbox.';
comment on column public.iu_route_pending.route_code    is 'The route.';
comment on column public.iu_route_pending.worker        is
  'The worker whose dispatcher delivers it.';
comment on column public.iu_route_pending.target_kind   is 'Of the route when it was queued.';
comment on column public.iu_route_pending.tries         is 'Attempts since it was queued.';
comment on column public.iu_route_pending.due_at        is 'Not before this.';
comment on column public.iu_route_pending.claim_token   is
  'Names the claim to its holder; null while unclaimed.';
comment on column public.iu_route_pending.claimed_until is
  'Until then nobody else gets it; null while unclaimed.';
comment on column public.iu_route_pending.queued_at     is 'clock_timestamp() when it was queued.';

create table public.iu_route_dead_letter (
  id             uuid             not null,
  event_id       bigint           not null,
  route_code     text collate "C",
  event_uid      uuid             not null,
  attempt_no     integer,
  worker         text collate "C",
  failure_code   text             not null,
  failure        text             not null,
  event_snapshot jsonb            not null,
  dead_at        timestamptz      not null,
  constraint iu_route_dead_letter_pk       primary key (id),
  constraint iu_route_dead_letter_event_uq
    unique nulls not distinct (event_id, route_code)
);

comment on table public.iu_route_dead_letter is
  'What could not be delivered, with the whole event. Insert-only, never deleted; settled by a row '
  'of iu_route_resolution.';
comment on column public.iu_route_dead_letter.id             is 'iu_core.uuid_v7().';
comment on column public.iu_route_dead_letter.event_id       is 'Id in event_outbox.';
comment on column public.iu_route_dead_letter.route_code     is
  'The route; null when the event failed before any was known.';
comment on column public.iu_route_dead_letter.event_uid      is 'The event''s name outside.';
comment on column public.iu_route_dead_letter.attempt_no     is
  'The attempt it died of; null when none could be written.';
comment on column public.iu_route_dead_letter.worker         is
  'The worker of the route; null when the route was gone.';
comment on column public.iu_route_dead_letter.failure_code   is
  'SQLSTATE of a worker''s error, else the status of the last attempt.';
comment on column public.iu_route_dead_letter.failure        is 'What went wrong, in words.';
comment on column public.iu_route_dead_letter.event_snapshot is
  'The row of event_outbox, as an object.';
comment on column public.iu_route_dead_letter.dead_at        is 'clock_timestamp().';

create table public.iu_route_conflict (
  id         uuid             not null,
  event_id   bigint           not null,
  route_code text collate "C" not null,
  worker     text collate "C" not null,
  generation bigint           not null,
  found_at   timestamptz      not null,
  constraint iu_route_conflict_pk primary key (id)
);

create index iu_route_conflict_worker_ix on public.iu_route_conflict (worker);

comment on table public.iu_route_conflict is
  'Alarms: a worker came to an event whose delivery on a route was there already, and left it as it '
  'was. Insert-only; settled by a row of iu_route_resolution.';
comment on column public.iu_route_conflict.id         is 'iu_core.uuid_v7().';
comment on column public.iu_route_conflict.event_id   is 'Id in event_outbox.';
comment on column public.iu_route_conflict.route_code is 'The route.';
comment on column public.iu_route_conflict.worker     is 'The worker that found it.';
comment on column public.iu_route_conflict.generation is 'The generation of its cursor.';
comment on column public.iu_route_conflict.found_at   is 'clock_timestamp() of the page.';

create table public.iu_route_resolution (
  alarm_id    uuid        not null,
  kind        text        not null,
  resolution  text        not null,
  attempt_no  integer,
  actor       text        not null,
  login       text        not null,
  reason      text        not null,
  resolved_at timestamptz not null,
  constraint iu_route_resolution_pk      primary key (alarm_id),
  constraint iu_route_resolution_kind_ck check (kind in ('dead_letter', 'conflict')),
  constraint iu_route_resolution_how_ck  check (resolution in ('replayed', 'delivered', 'closed'))
);

comment on table public.iu_route_resolution is
  'How dead letters and conflicts were settled. Insert-only; no foreign key, as there are two kinds.';
comment on column public.iu_route_resolution.alarm_id    is
  'Id in iu_route_dead_letter or iu_route_conflict.';
comment on column public.iu_route_resolution.kind        is 'dead_letter or conflict.';
comment on column public.iu_route_resolution.resolution  is
  'replayed; delivered: by the dispatcher after a replay; closed: by hand.';
comment on column public.iu_route_resolution.attempt_no  is
  'The attempt that settled it; null when it was closed by hand.';
comment on column public.iu_route_resolution.actor       is
  'Who, as stated by the caller; a worker where it delivered.';
comment on column public.iu_route_resolution.login       is 'session_user, as seen by the server.';
comment on column public.iu_route_resolution.reason      is 'Why, as stated by the caller.';
comment on column public.iu_route_resolution.resolved_at is 'clock_timestamp().';

create table public.iu_delivery_fence (
  seq           integer          not null,
  deployment_id text collate "C" not null,
  fence_digest  text collate "C" not null,
  actor         text             not null,
  login         text             not null,
  reason        text             not null,
  set_at        timestamptz      not null,
  constraint iu_delivery_fence_pk        primary key (seq),
  constraint iu_delivery_fence_digest_ck check (fence_digest ~ '^[0-9a-f]{64}$')
);

comment on table public.iu_delivery_fence is
  'The fences of live delivery; the newest counts. Insert-only.';
comment on column public.iu_delivery_fence.seq           is 'In order, from 1.';
comment on column public.iu_delivery_fence.deployment_id is 'Names the deployment.';
comment on column public.iu_delivery_fence.fence_digest  is
  'sha256, in hex, of <deployment id>:<token>.';
comment on column public.iu_delivery_fence.actor         is 'Who, as stated by the caller.';
comment on column public.iu_delivery_fence.login         is 'session_user, as seen by the server.';
comment on column public.iu_delivery_fence.reason        is 'Why, as stated by the caller.';
comment on column public.iu_delivery_fence.set_at        is 'clock_timestamp().';

create view public.v_iu_route_attempt_summary as
select a.route_code, a.status, count(*) as attempts, count(distinct a.event_id) as events,
       min(a.started_at) as first_at, max(a.started_at) as last_at
  from (
    select d.route_code, 'dry_run' as status, d.event_id, d.routed_at as started_at
      from public.iu_route_delivery d
     where d.dry_run
    union all
    select m.route_code, m.status, m.event_id, m.started_at
      from public.iu_route_attempt_made m
  ) as a
 group by a.route_code, a.status;

comment on view public.v_iu_route_attempt_summary is
  'Attempts by route and status. Reads all of them.';
comment on column public.v_iu_route_attempt_summary.route_code is 'The route.';
comment on column public.v_iu_route_attempt_summary.status     is 'As in iu_route_attempt.';
comment on column public.v_iu_route_attempt_summary.attempts   is 'How many.';
comment on column public.v_iu_route_attempt_summary.events     is 'Of how many events.';
comment on column public.v_iu_route_attempt_summary.first_at   is 'When the first began.';
comment on column public.v_iu_route_attempt_summary.last_at    is 'When the latest began.';

create view public.v_iu_route_dead_letter_open as
select d.id, d.event_id, d.route_code, d.event_uid, d.attempt_no, d.worker, d.failure_code,
       d.failure, d.event_snapshot, d.dead_at
  from public.iu_route_dead_letter d
 where not exists (select from public.iu_route_resolution x where x.alarm_id = d.id);

comment on view public.v_iu_route_dead_letter_open is
  'The dead letters that are not settled; columns as in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.id             is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.event_id       is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.route_code     is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.event_uid      is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.attempt_no     is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.worker         is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.failure_code   is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.failure        is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.event_snapshot is
  'As in iu_route_dead_letter.';
comment on column public.v_iu_route_dead_letter_open.dead_at        is
  'As in iu_route_dead_letter.';

create view public.v_iu_route_conflict_open as
select c.id, c.event_id, c.route_code, c.worker, c.generation, c.found_at
  from public.iu_route_conflict c
 where not exists (select from public.iu_route_resolution x where x.alarm_id = c.id);

comment on view public.v_iu_route_conflict_open is
  'The conflicts that are not settled; columns as in iu_route_conflict.';
comment on column public.v_iu_route_conflict_open.id         is 'As in iu_route_conflict.';
comment on column public.v_iu_route_conflict_open.event_id   is 'As in iu_route_conflict.';
comment on column public.v_iu_route_conflict_open.route_code is 'As in iu_route_conflict.';
comment on column public.v_iu_route_conflict_open.worker     is 'As in iu_route_conflict.';
comment on column public.v_iu_route_conflict_open.generation is 'As in iu_route_conflict.';
comment on column public.v_iu_route_conflict_open.found_at   is 'As in iu_route_conflict.';

grant select on public.iu_route_delivery           to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_attempt_made       to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_attempt            to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_pending            to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_dead_letter        to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_conflict           to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_route_resolution         to context_pack_readonly, iu_operator, iu_worker;
grant select on public.iu_delivery_fence           to context_pack_readonly, iu_operator, iu_worker;
grant select on public.v_iu_route_attempt_summary  to context_pack_readonly, iu_operator, iu_worker;
grant select on public.v_iu_route_dead_letter_open to context_pack_readonly, iu_operator, iu_worker;
grant select on public.v_iu_route_conflict_open    to context_pack_readonly, iu_operator, iu_worker;

-- ------------------------------------------------------------------------------------------------
-- Functions
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/idempotency_key.sql
create or replace function iu_core.idempotency_key(p_event_uid uuid, p_route_code text)
returns text
language sql
immutable
parallel safe
return p_event_uid::text || ':' || p_route_code;

comment on function iu_core.idempotency_key(uuid, text) is
  'What a target is told to recognise a delivery by: <event uid>:<route code>, the same with every '
  'attempt. Not the event''s id, which a failover may give out again.';
--! EndIncluded functions/iu_core/idempotency_key.sql

--! Included functions/iu_core/event_snapshot.sql
create or replace function iu_core.event_snapshot(p_event_id bigint, p_route_code text)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(
    (select to_jsonb(e) from public.event_outbox e where e.id = p_event_id),
    (select d.event_snapshot
       from public.iu_route_dead_letter d
      where d.event_id = p_event_id
        and d.route_code is not distinct from p_route_code));
end
$$;

comment on function iu_core.event_snapshot(bigint, text) is
  'An event as an object: from the outbox, or from its dead letter once its partition was retired; '
  'null when neither has it.';
--! EndIncluded functions/iu_core/event_snapshot.sql

--! Included functions/iu_core/write_attempt.sql
create or replace function iu_core.write_attempt(
  p_event      jsonb,
  p_route_code text,
  p_status     text,
  p_detail     jsonb,
  p_started_at timestamptz
)
returns integer
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_attempt_no integer;
begin
  insert into public.iu_route_attempt_made
         (event_id, route_code, attempt_no, event_uid, status, idempotency_key, target_kind,
          target_ref, safe_payload, started_at, finished_at, detail)
  select (p_event ->> 'id')::bigint, p_route_code,
         1 + coalesce((select max(a.attempt_no)
                         from public.iu_route_attempt_made a
                        where a.event_id   = (p_event ->> 'id')::bigint
                          and a.route_code = p_route_code),
                      (select d.dry_run::integer
                         from public.iu_route_delivery d
                        where d.event_id   = (p_event ->> 'id')::bigint
                          and d.route_code = p_route_code), 0),
         (p_event ->> 'event_uid')::uuid, p_status,
         iu_core.idempotency_key((p_event ->> 'event_uid')::uuid, p_route_code), r.target_kind,
         r.target_ref, p_event -> 'safe_payload', p_started_at, clock_timestamp(), p_detail
    from (values (1)) as one (n)
    left join public.iu_outbound_route r on r.route_code = p_route_code
  returning attempt_no into v_attempt_no;
  return v_attempt_no;
end
$$;

comment on function iu_core.write_attempt(jsonb, text, text, jsonb, timestamptz) is
  'Writes the next attempt of an event on a route and returns its number. The caller holds what '
  'keeps others from the same one.';
--! EndIncluded functions/iu_core/write_attempt.sql

--! Included functions/iu_core/bury.sql
create or replace function iu_core.bury(
  p_event        jsonb,
  p_route_code   text,
  p_worker       text,
  p_attempt_no   integer,
  p_failure_code text,
  p_failure      text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into public.iu_route_dead_letter
         (id, event_id, route_code, event_uid, attempt_no, worker, failure_code, failure,
          event_snapshot, dead_at)
  values (iu_core.uuid_v7(), (p_event ->> 'id')::bigint, p_route_code,
          (p_event ->> 'event_uid')::uuid, p_attempt_no, p_worker, p_failure_code, p_failure,
          p_event, clock_timestamp())
  on conflict on constraint iu_route_dead_letter_event_uq do nothing;
end
$$;

comment on function iu_core.bury(jsonb, text, text, integer, text, text) is
  'Writes a dead letter with the whole event, unless the event has one on this route: that one is '
  'still open then, or a delivery that was done is not buried again.';
--! EndIncluded functions/iu_core/bury.sql

--! Included functions/iu_core/resolve_alarm.sql
create or replace function iu_core.resolve_alarm(
  p_alarm_id   uuid,
  p_kind       text,
  p_resolution text,
  p_attempt_no integer,
  p_actor      text,
  p_reason     text
)
returns void
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  insert into public.iu_route_resolution
         (alarm_id, kind, resolution, attempt_no, actor, login, reason, resolved_at)
  values (p_alarm_id, p_kind, p_resolution, p_attempt_no, p_actor, session_user, p_reason,
          clock_timestamp())
  on conflict on constraint iu_route_resolution_pk do nothing
$$;

comment on function iu_core.resolve_alarm(uuid, text, text, integer, text, text) is
  'Writes that a dead letter or a conflict is settled; once.';
--! EndIncluded functions/iu_core/resolve_alarm.sql

--! Included functions/iu_core/lock_dead_letter.sql
create or replace function iu_core.lock_dead_letter(p_id uuid)
returns public.iu_route_dead_letter
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_letter public.iu_route_dead_letter;
begin
  perform pg_advisory_xact_lock(hashtextextended('iu_core.route_alarm ' || p_id, 0));
  select d.* into v_letter from public.iu_route_dead_letter d where d.id = p_id;
  if v_letter.id is null then
    perform iu_core.raise_error(
      'IU053', format('no dead letter is %s', coalesce(p_id::text, 'null')),
      jsonb_build_object('id', p_id));
  end if;
  return v_letter;
end
$$;

comment on function iu_core.lock_dead_letter(uuid) is
  'A dead letter, locked until the transaction ends against whoever else settles it. Refuses with '
  'IU053 an unknown one.';
--! EndIncluded functions/iu_core/lock_dead_letter.sql

--! Included functions/iu_core/retry_at.sql
create or replace function iu_core.retry_at(p_policy jsonb, p_tries integer)
returns timestamptz
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  -- Half of it at random: those that failed together do not come back together.
  select clock_timestamp() + make_interval(secs => (0.5 + random() / 2) * least(
           (p_policy ->> 'max_seconds')::double precision,
           (p_policy ->> 'base_seconds')::double precision
             * (p_policy ->> 'factor')::double precision ^ (p_tries - 1)))
$$;

comment on function iu_core.retry_at(jsonb, integer) is
  'When to try again after so many tries: between half and all of base_seconds * factor ^ (tries - '
  '1), at most max_seconds.';
--! EndIncluded functions/iu_core/retry_at.sql

--! Included functions/iu_core/settle_attempt.sql
create or replace function iu_core.settle_attempt(
  p_pending    public.iu_route_pending,
  p_status     text,
  p_detail     jsonb,
  p_retry_at   timestamptz,
  p_started_at timestamptz
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_event      jsonb := iu_core.event_snapshot(p_pending.event_id, p_pending.route_code);
  v_route      public.iu_outbound_route;
  v_attempt_no integer;
  v_outcome    text;
  v_retry_at   timestamptz;
begin
  select r.* into v_route
    from public.iu_outbound_route r
   where r.route_code = p_pending.route_code;
  v_attempt_no := iu_core.write_attempt(
    v_event, p_pending.route_code, p_status, p_detail, p_started_at);

  v_outcome := case
    when p_status in ('sent', 'skipped')                                         then 'done'
    when p_status = 'refused' and not v_route.fail_closed                        then 'done'
    when p_status = 'refused' or v_route.route_code is null                      then 'dead_letter'
    when p_pending.tries + 1 >= (v_route.retry_policy ->> 'max_attempts')::integer
                                                                                 then 'dead_letter'
    else 'retry'
  end;
  if v_outcome = 'retry' then
    v_retry_at := coalesce(
      p_retry_at, iu_core.retry_at(v_route.retry_policy, p_pending.tries + 1));
    update public.iu_route_pending p
       set tries = p.tries + 1, due_at = v_retry_at, claim_token = null, claimed_until = null
     where p.event_id = p_pending.event_id and p.route_code = p_pending.route_code;
  else
    delete from public.iu_route_pending p
     where p.event_id = p_pending.event_id and p.route_code = p_pending.route_code;
  end if;
  if v_outcome = 'dead_letter' then
    perform iu_core.bury(
      v_event, p_pending.route_code, v_route.worker, v_attempt_no, p_status,
      coalesce(p_detail ->> 'error', p_detail ->> 'reason', 'the last attempt was ' || p_status));
  elsif p_status = 'sent' then
    perform iu_core.resolve_alarm(
              d.id, 'dead_letter', 'delivered', v_attempt_no, coalesce(v_route.worker, 'worker'),
              'delivered after a replay')
       from public.iu_route_dead_letter d
      where d.event_id = p_pending.event_id and d.route_code = p_pending.route_code;
  end if;
  return jsonb_build_object(
    'status', p_status, 'attempt_no', v_attempt_no, 'outcome', v_outcome, 'retry_at', v_retry_at);
end
$$;

comment on function iu_core.settle_attempt(public.iu_route_pending, text, jsonb, timestamptz,
                                           timestamptz) is
  'Writes an attempt of a pending delivery whose row the caller has locked, and what follows: it is '
  'done, due again by the route''s retry policy (p_retry_at where the target asked for a time), or '
  'a dead letter. Returns {status, attempt_no, outcome: done | retry | dead_letter, retry_at}.';
--! EndIncluded functions/iu_core/settle_attempt.sql

--! Included functions/iu_core/fence_matches.sql
create or replace function iu_core.fence_matches(p_fence text)
returns boolean
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(
           (select f.fence_digest = encode(sha256(convert_to(p_fence, 'UTF8')), 'hex')
              from public.iu_delivery_fence f
             order by f.seq desc
             limit 1),
           false)
$$;

comment on function iu_core.fence_matches(text) is
  'True when this is the newest fence, as <deployment id>:<token>. False for null, and while none '
  'is set.';
--! EndIncluded functions/iu_core/fence_matches.sql

--! Included functions/iu_core/delivery_refusal.sql
create or replace function iu_core.delivery_refusal(p_fence text)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.lock_config('iu_core.delivery_enabled', true);
  return case
    when (select g.state <> 'open' from iu_core.gate_state('iu_core.delivery_enabled') as g)
                                            then 'delivery_gate_closed'
    when not iu_core.fence_matches(p_fence) then 'fence_mismatch'
  end;
end
$$;

comment on function iu_core.delivery_refusal(text) is
  'Why nothing may be delivered now: delivery_gate_closed or fence_mismatch; null when it may. '
  'Keeps gate and fence as they are until the transaction ends.';
--! EndIncluded functions/iu_core/delivery_refusal.sql

--! Included functions/iu_core/assert_may_deliver.sql
create or replace function iu_core.assert_may_deliver(p_fence text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.assert_gate_open(iu_core.master_gate_key());
  perform iu_core.assert_gate_open('iu_core.route_worker_enabled');
  perform iu_core.assert_gate_open('iu_core.delivery_enabled');
  if not iu_core.fence_matches(p_fence) then
    perform iu_core.raise_error(
      'IU051',
      'this is not the fence of this deployment',
      jsonb_build_object('deployment_id', split_part(p_fence, ':', 1)));
  end if;
end
$$;

comment on function iu_core.assert_may_deliver(text) is
  'Refuses with IU010 unless the master, worker and delivery gates are open, with IU051 another '
  'fence; keeps them so until the transaction ends.';
--! EndIncluded functions/iu_core/assert_may_deliver.sql

--! Included functions/fn_iu_fence_set.sql
create or replace function public.fn_iu_fence_set(
  p_deployment_id text,
  p_token         text,
  p_actor         text,
  p_reason        text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_fence text := p_deployment_id || ':' || p_token;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_deployment_id', p_deployment_id, 'p_token', p_token, 'p_actor', p_actor,
    'p_reason', p_reason));
  if p_deployment_id !~ '^[A-Za-z0-9._-]{1,100}$' or length(p_token) < 16 then
    perform iu_core.raise_error(
      'IU004', 'p_deployment_id has 1 to 100 of A-Z a-z 0-9 . _ -, p_token at least 16 characters',
      jsonb_build_object('arguments', array['p_deployment_id', 'p_token']));
  end if;

  -- Waits for whoever delivers: what was asked with the fence before is done when this returns.
  perform iu_core.lock_config('iu_core.delivery_enabled');
  if iu_core.fence_matches(v_fence) then
    return jsonb_build_object('status', 'unchanged', 'deployment_id', p_deployment_id);
  end if;
  insert into public.iu_delivery_fence
         (seq, deployment_id, fence_digest, actor, login, reason, set_at)
  select coalesce(max(f.seq), 0) + 1, p_deployment_id,
         encode(sha256(convert_to(v_fence, 'UTF8')), 'hex'), p_actor, session_user, p_reason,
         clock_timestamp()
    from public.iu_delivery_fence f;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'delivery_changed', 'public.iu_delivery_fence', p_deployment_id, null,
      jsonb_build_object('deployment_id', p_deployment_id))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'set', 'deployment_id', p_deployment_id);
end
$$;

comment on function public.fn_iu_fence_set(text, text, text, text) is
  'Sets the fence of live delivery: whoever delivers states <deployment id>:<token>, which is kept '
  'outside the database, so that a copy of the database delivers nothing until its own fence is '
  'set. Only the sha256 of it is stored. Waits for deliveries in flight. Returns {status: set | '
  'unchanged, deployment_id}. Emits governance.delivery_changed. Refuses with IU004 bad arguments, '
  'with IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_fence_set(text, text, text, text) from public;
grant  execute on function public.fn_iu_fence_set(text, text, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_fence_set.sql

--! Included functions/iu_core/call_consumer.sql
create or replace function iu_core.call_consumer(
  p_function   text,
  p_route_code text,
  p_attempt_no integer,
  p_event      jsonb
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_name text;
begin
  select format('%I.%I', n.nspname, p.proname)
    into strict v_name
    from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace
   where p.oid = iu_core.find_function(p_function);
  execute format('select %s($1)', v_name)
    using p_event || jsonb_build_object(
            'route_code',      p_route_code,
            'attempt_no',      p_attempt_no,
            'idempotency_key', iu_core.idempotency_key(
                                 (p_event ->> 'event_uid')::uuid, p_route_code));
  return null;
exception
  when others then
    return jsonb_build_object('sqlstate', sqlstate, 'error', sqlerrm);
end
$$;

comment on function iu_core.call_consumer(text, text, integer, jsonb) is
  'Calls a consumer with an event, in a subtransaction. Returns null when it did its work, else '
  '{sqlstate, error}, and nothing of it is left.';
--! EndIncluded functions/iu_core/call_consumer.sql

--! Included functions/iu_core/deliver_functions.sql
create or replace function iu_core.deliver_functions(
  p_worker text,
  p_limit  integer,
  p_fence  text
)
returns table (attempts integer, dead_lettered integer)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_closed  text;
  v_refused text;
  v_route   public.iu_outbound_route;
  v_pending public.iu_route_pending;
  v_started timestamptz;
  v_error   jsonb;
  v_answer  jsonb;
begin
  attempts      := 0;
  dead_lettered := 0;
  if exists (select from public.iu_route_pending p where p.worker = p_worker) then
    v_closed := iu_core.delivery_refusal(p_fence);
  end if;
  for v_route in
    select r.*
      from public.iu_outbound_route r
     where exists (select from public.iu_route_pending p where p.route_code = r.route_code)
     order by r.route_code
  loop
    v_refused := iu_core.route_refusal(v_route.route_code);
    -- What others deliver is only looked at to refuse it.
    continue when v_refused is null
                  and (v_route.target_kind <> 'sql_function' or v_closed is not null);
    for v_pending in
      select p.*
        from public.iu_route_pending p
       where p.route_code = v_route.route_code
         and p.worker = p_worker
         and p.due_at <= clock_timestamp()
         and (p.claimed_until is null or p.claimed_until <= clock_timestamp())
       order by p.due_at, p.event_id
       limit p_limit - attempts
         for update skip locked
    loop
      v_started := clock_timestamp();
      if v_refused is null then
        v_error := iu_core.call_consumer(
          v_route.target_ref, v_route.route_code, v_pending.tries + 1,
          iu_core.event_snapshot(v_pending.event_id, v_pending.route_code));
        v_answer := iu_core.settle_attempt(
          v_pending, case when v_error is null then 'sent' else 'failed' end, v_error, null,
          v_started);
      else
        v_answer := iu_core.settle_attempt(
          v_pending, 'refused', jsonb_build_object('reason', v_refused), null, v_started);
      end if;
      attempts      := attempts + 1;
      dead_lettered := dead_lettered + (v_answer ->> 'outcome' = 'dead_letter')::integer;
    end loop;
  end loop;
  return next;
end
$$;

comment on function iu_core.deliver_functions(text, integer, text) is
  'The worker''s own deliveries: calls the consumers of routes of the kind sql_function that are '
  'due, unless the delivery gate is closed or the fence does not match (they wait), and refuses '
  'what is pending on a route that may not deliver any more.';
--! EndIncluded functions/iu_core/deliver_functions.sql

--! Included functions/fn_iu_route_claim_pending.sql
create or replace function public.fn_iu_route_claim_pending(
  p_worker        text,
  p_limit         integer,
  p_fence         text,
  p_lease_seconds integer default 60
)
returns table (
  event_id        bigint,
  route_code      text,
  attempt_no      integer,
  event_uid       uuid,
  target_kind     text,
  target_ref      text,
  idempotency_key text,
  safe_payload    jsonb,
  event           jsonb,
  claim_token     uuid,
  claimed_until   timestamptz
)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_token  uuid        := iu_core.uuid_v7();
  v_now    timestamptz := clock_timestamp();
  v_routes text[];
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_worker', p_worker));
  if coalesce(p_limit, 0) not between 1 and 1000
     or coalesce(p_lease_seconds, 0) not between 1 and 3600
  then
    perform iu_core.raise_error(
      'IU004', 'p_limit is from 1 to 1000, p_lease_seconds from 1 to 3600',
      jsonb_build_object('limit', p_limit, 'lease_seconds', p_lease_seconds));
  end if;
  perform iu_core.assert_may_deliver(p_fence);

  v_routes := array(
    select r.route_code
      from public.iu_outbound_route r
     where r.target_kind <> 'sql_function'
       and not r.dry_run
       and iu_core.route_refusal(r.route_code) is null);

  return query
  with picked as materialized (
    select p.event_id, p.route_code
      from public.iu_route_pending p
     where p.worker = p_worker
       and p.route_code = any (v_routes)
       and p.due_at <= v_now
       and (p.claimed_until is null or p.claimed_until <= v_now)
     order by p.due_at, p.event_id, p.route_code
     limit p_limit
       for update skip locked
  ),
  claimed as (
    update public.iu_route_pending p
       set claim_token   = v_token,
           claimed_until = v_now + make_interval(secs => p_lease_seconds)
      from picked k
     where p.event_id = k.event_id and p.route_code = k.route_code
    returning p.event_id, p.route_code, p.tries, p.claimed_until
  )
  select c.event_id, c.route_code, c.tries + 1, (s.event ->> 'event_uid')::uuid, r.target_kind,
         r.target_ref,
         iu_core.idempotency_key((s.event ->> 'event_uid')::uuid, c.route_code),
         s.event -> 'safe_payload', s.event, v_token, c.claimed_until
    from claimed c
    join public.iu_outbound_route r on r.route_code = c.route_code
   cross join lateral (values (iu_core.event_snapshot(c.event_id, c.route_code))) as s (event)
   order by c.event_id, c.route_code;
end
$$;

comment on function public.fn_iu_route_claim_pending(text, integer, text, integer) is
  'For the dispatcher: takes up to p_limit (1 to 1000) deliveries of a worker''s live routes that '
  'are due, for p_lease_seconds (1 to 3600); nobody else gets them until then. p_fence is '
  '<deployment id>:<token>. One row each: attempt_no counts the tries since it was queued, event is '
  'the whole event, claim_token goes into fn_iu_route_record_attempt. Commit before delivering, and '
  'ask fn_iu_route_may_deliver just before. Refuses with IU010 while the master, worker or delivery '
  'gate is closed, with IU051 another fence, with IU004 bad arguments, with IU003 another '
  'isolation. For iu_worker.';

revoke all     on function public.fn_iu_route_claim_pending(text, integer, text, integer)
       from public;
grant  execute on function public.fn_iu_route_claim_pending(text, integer, text, integer)
       to iu_worker;
--! EndIncluded functions/fn_iu_route_claim_pending.sql

--! Included functions/fn_iu_route_may_deliver.sql
create or replace function public.fn_iu_route_may_deliver(
  p_event_id    bigint,
  p_route_code  text,
  p_claim_token uuid,
  p_fence       text
)
returns text
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return case
    when not public.fn_iu_gate_is_open('iu_core.routes_master_enabled') then 'master_gate_closed'
    when not public.fn_iu_gate_is_open('iu_core.route_worker_enabled')  then 'worker_gate_closed'
    when not public.fn_iu_gate_is_open('iu_core.delivery_enabled')      then 'delivery_gate_closed'
    when not iu_core.fence_matches(p_fence)                             then 'fence_mismatch'
    when not exists (
           select from public.iu_route_pending p
            where p.event_id      = p_event_id
              and p.route_code    = p_route_code
              and p.claim_token   = p_claim_token
              and p.claimed_until > clock_timestamp())                  then 'claim_lost'
    else iu_core.route_refusal(p_route_code)
  end;
end
$$;

comment on function public.fn_iu_route_may_deliver(bigint, text, uuid, text) is
  'Asked just before the side effect: null when a claimed delivery may go out now, else why not: '
  'master_gate_closed, worker_gate_closed, delivery_gate_closed, fence_mismatch, claim_lost, '
  'route_unknown, route_disabled, route_dry_run, not_listed, target_unbuilt, consumer_unknown. '
  'Takes no lock. For iu_worker.';

revoke all     on function public.fn_iu_route_may_deliver(bigint, text, uuid, text) from public;
grant  execute on function public.fn_iu_route_may_deliver(bigint, text, uuid, text) to iu_worker;
--! EndIncluded functions/fn_iu_route_may_deliver.sql

--! Included functions/fn_iu_route_record_attempt.sql
create or replace function public.fn_iu_route_record_attempt(
  p_event_id    bigint,
  p_route_code  text,
  p_status      text,
  p_detail      jsonb,
  p_retry_at    timestamptz,
  p_claim_token uuid,
  p_fence       text,
  p_started_at  timestamptz default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_pending public.iu_route_pending;
  v_detail  jsonb := coalesce(p_detail, '{}');
  v_late    text;
begin
  perform iu_core.begin_write();
  if coalesce(p_status, '') not in ('sent', 'failed', 'skipped', 'ambiguous', 'refused')
     or jsonb_typeof(v_detail) <> 'object' or iu_core.has_forbidden_key(v_detail)
  then
    perform iu_core.raise_error(
      'IU004', 'p_status is sent, failed, skipped, ambiguous or refused, p_detail an object '
      'without keys that no event may carry',
      jsonb_build_object('status', p_status, 'detail', jsonb_typeof(v_detail)));
  end if;

  v_late := iu_core.delivery_refusal(p_fence);
  select p.* into v_pending
    from public.iu_route_pending p
   where p.event_id = p_event_id and p.route_code = p_route_code
     for update;
  if v_pending.claim_token is distinct from p_claim_token or p_claim_token is null then
    perform iu_core.raise_error(
      'IU052',
      format('event %s on route %s is not claimed by this dispatcher', p_event_id, p_route_code),
      jsonb_build_object('event_id', p_event_id, 'route_code', p_route_code,
                         'pending', v_pending.event_id is not null,
                         'claimed_until', v_pending.claimed_until));
  end if;
  -- What happened, happened: it is recorded, with what has closed meanwhile.
  if v_late is not null then
    v_detail := v_detail || jsonb_build_object('recorded_after', v_late);
  end if;
  return iu_core.settle_attempt(
    v_pending, p_status, nullif(v_detail, '{}'), p_retry_at,
    coalesce(p_started_at, clock_timestamp()));
end
$$;

comment on function
  public.fn_iu_route_record_attempt(bigint, text, text, jsonb, timestamptz, uuid, text, timestamptz)
  is
  'Records what became of a claimed delivery. p_status: sent, skipped (the target does not want '
  'it), failed or ambiguous (tried again by the route''s retry policy, at p_retry_at where the '
  'target asked for a time, and a dead letter after max_attempts), refused (a dead letter at once '
  'where the route is fail_closed). Gate and fence are read again: what was closed meanwhile is '
  'noted in detail, as recorded_after. Returns {status, attempt_no, outcome: done | retry | '
  'dead_letter, retry_at}. Refuses with IU052 a delivery that is not claimed with this token, with '
  'IU004 bad arguments, with IU003 another isolation. For iu_worker.';

revoke all on function
  public.fn_iu_route_record_attempt(bigint, text, text, jsonb, timestamptz, uuid, text, timestamptz)
  from public;
grant execute on function
  public.fn_iu_route_record_attempt(bigint, text, text, jsonb, timestamptz, uuid, text, timestamptz)
  to iu_worker;
--! EndIncluded functions/fn_iu_route_record_attempt.sql

--! Included functions/fn_iu_route_dead_letter_replay.sql
create or replace function public.fn_iu_route_dead_letter_replay(
  p_id     uuid,
  p_actor  text,
  p_reason text,
  p_fence  text default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_letter  public.iu_route_dead_letter;
  v_route   public.iu_outbound_route;
  v_started timestamptz := clock_timestamp();
  v_status  text;
  v_detail  jsonb;
  v_number  integer;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  perform iu_core.assert_gate_open(iu_core.master_gate_key());
  perform iu_core.assert_gate_open('iu_core.route_worker_enabled');
  v_letter := iu_core.lock_dead_letter(p_id);
  if exists (select from public.iu_route_resolution x where x.alarm_id = p_id) then
    return jsonb_build_object('status', 'already_resolved', 'resolved', true);
  end if;

  select r.* into v_route
    from public.iu_outbound_route r
   where r.route_code = v_letter.route_code;
  v_detail := jsonb_strip_nulls(jsonb_build_object(
    'replay_of', p_id, 'actor', p_actor,
    'reason', case
                when v_route.route_code is null then 'route_unknown'
                when not v_route.enabled        then 'route_disabled'
                when v_route.dry_run            then null
                else coalesce(iu_core.live_refusal(v_route), iu_core.delivery_refusal(p_fence))
              end));
  v_status := case
    when v_route.route_code is null or not v_route.enabled then 'skipped'
    when v_route.dry_run                                   then 'dry_run'
    when v_detail ? 'reason'                               then 'refused'
    when v_route.target_kind <> 'sql_function'             then 'requeued'
    else 'sent'
  end;

  -- A delivery that could not be written at the time is, now.
  insert into public.iu_route_delivery
         (event_id, generation, routed_at, route_version, dry_run, route_code, worker)
  select v_letter.event_id, 0, v_started, v_route.version, false, v_letter.route_code,
         coalesce(v_route.worker, v_letter.worker)
   where v_letter.route_code is not null
  on conflict on constraint iu_route_delivery_pk do nothing;

  if v_status = 'requeued' then
    insert into public.iu_route_pending
           (event_id, route_code, worker, target_kind, tries, due_at, queued_at)
    values (v_letter.event_id, v_letter.route_code, v_route.worker, v_route.target_kind, 0,
            v_started, v_started)
    on conflict on constraint iu_route_pending_pk do nothing;
    return jsonb_build_object('status', 'requeued', 'resolved', false);
  end if;
  if v_status = 'sent' then
    v_detail := v_detail || coalesce(
      iu_core.call_consumer(v_route.target_ref, v_letter.route_code, 1, v_letter.event_snapshot),
      '{}');
    v_status := case when v_detail ? 'error' then 'failed' else 'sent' end;
  end if;
  if v_letter.route_code is not null then
    v_number := iu_core.write_attempt(
      v_letter.event_snapshot, v_letter.route_code, v_status, v_detail, v_started);
  end if;
  if v_status in ('sent', 'dry_run') then
    perform iu_core.resolve_alarm(p_id, 'dead_letter', 'replayed', v_number, p_actor, p_reason);
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'delivery_changed', 'public.iu_route_dead_letter', p_id::text, null,
        jsonb_build_object('dead_letter', p_id, 'resolution', 'replayed'))],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object(
    'status', v_status, 'resolved', v_status in ('sent', 'dry_run'), 'attempt_no', v_number,
    'detail', v_detail);
end
$$;

comment on function public.fn_iu_route_dead_letter_replay(uuid, text, text, text) is
  'Tries a dead letter again, from its own copy of the event, as its route is now: dry_run records '
  'what would be sent, sent called the consumer; both settle it. Fail-closed: skipped (the route is '
  'gone or disabled), refused (it may not deliver live, or the gate or the fence says no) and '
  'failed leave it open; requeued gave it back to the dispatcher, and it is settled when that '
  'reports sent. Each but requeued is an attempt with the next number. Returns {status: dry_run | '
  'sent | failed | refused | skipped | requeued | already_resolved, resolved, attempt_no, detail}. '
  'Emits governance.delivery_changed when settled. Refuses with IU010 while the master or worker '
  'gate is closed, with IU053 an unknown id, with IU004 empty arguments, with IU003 another '
  'isolation. For iu_operator.';

revoke all     on function public.fn_iu_route_dead_letter_replay(uuid, text, text, text)
       from public;
grant  execute on function public.fn_iu_route_dead_letter_replay(uuid, text, text, text)
       to iu_operator;
--! EndIncluded functions/fn_iu_route_dead_letter_replay.sql

reset role;

select iu_core.protect_table(
  'public.iu_route_delivery', 'ledger', 'public.fn_iu_route_worker_run()');
select iu_core.protect_table(
  'public.iu_route_attempt_made', 'ledger',
  'public.fn_iu_route_worker_run() or public.fn_iu_route_record_attempt()');
select iu_core.protect_table(
  'public.iu_route_pending', 'state',
  'public.fn_iu_route_worker_run() or public.fn_iu_route_record_attempt()');
select iu_core.protect_table(
  'public.iu_route_dead_letter', 'ledger', 'public.fn_iu_route_worker_run()');
select iu_core.protect_table(
  'public.iu_route_conflict', 'ledger', 'public.fn_iu_route_worker_run()');
select iu_core.protect_table(
  'public.iu_route_resolution', 'ledger',
  'public.fn_iu_route_worker_resolve() or public.fn_iu_route_dead_letter_replay()');
select iu_core.protect_table('public.iu_delivery_fence', 'ledger', 'public.fn_iu_fence_set()');

select iu_core.register_errors($errors$[
  {"code": "IU051", "name": "fence_mismatch",
   "problem": "Live deliveries were asked for with a fence that is not that of this deployment.",
   "next_step": "Put the deployment id and token of this database into the worker's configuration."},
  {"code": "IU052", "name": "delivery_not_claimed",
   "problem": "An attempt was to be recorded by somebody who does not hold the delivery's claim.",
   "next_step": "Claim it again with public.fn_iu_route_claim_pending."},
  {"code": "IU053", "name": "alarm_unknown",
   "problem": "No dead letter or conflict has this id.",
   "next_step": "See public.v_iu_route_dead_letter_open and public.v_iu_route_conflict_open."},
  {"code": "IU055", "name": "route_in_use",
   "problem": "A route was to be removed on which deliveries are pending.",
   "next_step": "Disable it and let its worker run: what is pending becomes a dead letter."}
]$errors$);

select iu_core.expect_grants($grants$[
  {"object": "public.iu_delivery_fence", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_attempt", "type": "view",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_attempt_made", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_conflict", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_dead_letter", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_delivery", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_pending", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.iu_route_resolution", "type": "table",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.v_iu_route_attempt_summary", "type": "view",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.v_iu_route_conflict_open", "type": "view",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},
  {"object": "public.v_iu_route_dead_letter_open", "type": "view",
   "grantees": ["context_pack_readonly", "iu_operator", "iu_worker"], "privileges": ["SELECT"]},

  {"object": "public.fn_iu_fence_set(text,text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_claim_pending(text,integer,text,integer)", "type": "function",
   "grantees": ["iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_dead_letter_replay(uuid,text,text,text)", "type": "function",
   "grantees": ["iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_may_deliver(bigint,text,uuid,text)", "type": "function",
   "grantees": ["iu_worker"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_iu_route_record_attempt(bigint,text,text,jsonb,timestamp with time zone,uuid,text,timestamp with time zone)", "type": "function",
   "grantees": ["iu_worker"], "privileges": ["EXECUTE"]}
]$grants$);
