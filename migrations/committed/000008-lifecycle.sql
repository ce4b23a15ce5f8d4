--! Previous: sha1:2a881146637d3d9412b49fddbb84158fcd1e2046
--! Hash: sha1:9c6f57cb42d1197f624a6977089481e5e25af641
--! Message: lifecycle
--! Title: Lifecycle: review decisions, the log, enact, supersede, retire; editions; invariants

--! split: 1-current.sql
set local role workflow_admin;

-- ------------------------------------------------------------------------------------------------
-- Review decisions
-- ------------------------------------------------------------------------------------------------

create schema cutter_governance;

comment on schema cutter_governance is
  'Who decided what about cuts and units: the governance ledger.';

grant usage on schema cutter_governance
   to iu_operator, cutter_exec, cutter_verify, cutter_approver, context_pack_readonly;

create table cutter_governance.review_decision (
  id                       uuid             not null,
  act                      text             not null,
  verdict                  text             not null,
  prior_review_decision_id uuid,
  units                    integer          not null,
  subject_digest           text collate "C" not null,
  actor                    text             not null,
  login                    text             not null,
  reason                   text             not null,
  decided_at               timestamptz      not null,
  constraint review_decision_pk        primary key (id),
  constraint review_decision_act_ck    check (act in ('cut', 'enact', 'supersede', 'retire')),
  constraint review_decision_verdict_ck
    check (verdict in ('approve', 'reject', 'revert')
           and (verdict = 'revert') = (prior_review_decision_id is not null)),
  constraint review_decision_units_ck  check (units > 0),
  constraint review_decision_digest_ck check (subject_digest ~ '^[0-9a-f]{64}$'),
  constraint review_decision_prior_fk
    foreign key (prior_review_decision_id) references cutter_governance.review_decision (id)
);

create unique index review_decision_revert_uq
  on cutter_governance.review_decision (prior_review_decision_id)
  where verdict = 'revert';

comment on table  cutter_governance.review_decision                          is
  'What reviewers decided, each about one act on stated versions. Insert-only.';
comment on column cutter_governance.review_decision.id                       is
  'iu_core.uuid_v7().';
comment on column cutter_governance.review_decision.act                      is
  'cut (decided in a run), enact, supersede or retire: it carries no other act.';
comment on column cutter_governance.review_decision.verdict                  is
  'approve, reject, or revert: takes the prior decision back.';
comment on column cutter_governance.review_decision.prior_review_decision_id is
  'The decision that a revert takes back; else null.';
comment on column cutter_governance.review_decision.units                    is
  'How many units it is about: rows of review_decision_unit.';
comment on column cutter_governance.review_decision.subject_digest           is
  'sha256 over the act and those rows, as iu_core.review_digest states.';
comment on column cutter_governance.review_decision.actor                    is
  'The reviewer, as stated by the caller.';
comment on column cutter_governance.review_decision.login                    is
  'session_user, as seen by the server.';
comment on column cutter_governance.review_decision.reason                   is
  'Why, as stated by the caller.';
comment on column cutter_governance.review_decision.decided_at               is
  'clock_timestamp().';

create table cutter_governance.review_decision_unit (
  review_decision_id uuid not null,
  unit_id            uuid not null,
  version_id         uuid not null,
  successor_unit_id  uuid,
  constraint review_decision_unit_pk primary key (review_decision_id, unit_id),
  constraint review_decision_unit_decision_fk
    foreign key (review_decision_id) references cutter_governance.review_decision (id),
  constraint review_decision_unit_version_fk
    foreign key (unit_id, version_id) references public.unit_version (unit_id, id),
  constraint review_decision_unit_successor_fk
    foreign key (successor_unit_id) references public.information_unit (id)
);

comment on table  cutter_governance.review_decision_unit                    is
  'The units and versions that a review decision is about. Insert-only.';
comment on column cutter_governance.review_decision_unit.review_decision_id is 'The decision.';
comment on column cutter_governance.review_decision_unit.unit_id            is 'The unit.';
comment on column cutter_governance.review_decision_unit.version_id         is
  'The version of it that the reviewer read.';
comment on column cutter_governance.review_decision_unit.successor_unit_id  is
  'To supersede: the unit that takes its place; else null.';

-- What else was decided on a version.
create index review_decision_unit_version_ix
  on cutter_governance.review_decision_unit (unit_id, version_id);

grant select on cutter_governance.review_decision, cutter_governance.review_decision_unit
   to iu_operator, cutter_exec, cutter_verify, cutter_approver, context_pack_readonly;

-- ------------------------------------------------------------------------------------------------
-- The log and the editions
-- ------------------------------------------------------------------------------------------------

create table public.iu_lifecycle_log (
  id                 uuid             not null,
  unit_id            uuid             not null,
  version_id         uuid             not null,
  from_status        text collate "C" not null,
  to_status          text collate "C" not null,
  at                 timestamptz      not null,
  actor              text             not null,
  login              text             not null,
  review_decision_id uuid             not null,
  change_set_id      uuid,
  reason             text,
  tool_revision      text,
  successor_unit_id  uuid,
  constraint iu_lifecycle_log_pk primary key (id),
  -- A version enters a status once: of two sessions that move it, one finds it moved.
  constraint iu_lifecycle_log_version_uq unique (version_id, to_status),
  constraint iu_lifecycle_log_version_fk
    foreign key (unit_id, version_id) references public.unit_version (unit_id, id),
  constraint iu_lifecycle_log_transition_fk
    foreign key (from_status, to_status)
    references public.iu_lifecycle_transition (from_status, to_status),
  constraint iu_lifecycle_log_decision_fk
    foreign key (review_decision_id) references cutter_governance.review_decision (id),
  constraint iu_lifecycle_log_successor_fk
    foreign key (successor_unit_id) references public.information_unit (id)
);

create index iu_lifecycle_log_unit_ix on public.iu_lifecycle_log (unit_id, at);

comment on table  public.iu_lifecycle_log                    is
  'Every move of a version from one status to another: the truth of which the columns of '
  'information_unit are the projection. A version without a row is a draft. Insert-only.';
comment on column public.iu_lifecycle_log.id                 is 'iu_core.uuid_v7().';
comment on column public.iu_lifecycle_log.unit_id            is 'The unit.';
comment on column public.iu_lifecycle_log.version_id         is 'The version of it that moved.';
comment on column public.iu_lifecycle_log.from_status        is 'Its status before.';
comment on column public.iu_lifecycle_log.to_status          is 'Its status since.';
comment on column public.iu_lifecycle_log.at                 is
  'When: clock_timestamp(), and later than every edition of the document.';
comment on column public.iu_lifecycle_log.actor              is 'Who, as stated by the caller.';
comment on column public.iu_lifecycle_log.login              is
  'session_user, as seen by the server.';
comment on column public.iu_lifecycle_log.review_decision_id is 'The decision that carries it.';
comment on column public.iu_lifecycle_log.change_set_id      is
  'The change set it belongs to, where there is one.';
comment on column public.iu_lifecycle_log.reason             is 'Why, as stated by the caller.';
comment on column public.iu_lifecycle_log.tool_revision      is
  'Revision of the tool that called, as stated by it.';
comment on column public.iu_lifecycle_log.successor_unit_id  is
  'Of a superseded unit the one that took its place; null when a newer version of itself did.';

create table public.document_edition (
  id                 uuid             not null,
  doc_code           text collate "C" not null,
  edition            integer          not null,
  units              bigint           not null,
  moved_units        bigint           not null,
  root_hash          text collate "C" not null,
  frozen_at          timestamptz      not null,
  actor              text             not null,
  login              text             not null,
  review_decision_id uuid             not null,
  change_set_id      uuid,
  operation_id       uuid             not null,
  constraint document_edition_pk         primary key (id),
  constraint document_edition_edition_uq unique (doc_code, edition),
  constraint document_edition_edition_ck check (edition > 0),
  constraint document_edition_hash_ck    check (root_hash ~ '^[0-9a-f]{64}$'),
  constraint document_edition_decision_fk
    foreign key (review_decision_id) references cutter_governance.review_decision (id)
);

comment on table  public.document_edition                    is
  'A document as it was in force from a moment on. Insert-only.';
comment on column public.document_edition.id                 is 'iu_core.uuid_v7().';
comment on column public.document_edition.doc_code           is 'The document.';
comment on column public.document_edition.edition            is '1, 2, 3 … within the document.';
comment on column public.document_edition.units              is
  'How many units it has: rows of document_edition_unit.';
comment on column public.document_edition.moved_units        is
  'How many of them, in force before, were moved since the edition before: their new places came '
  'into force with this one.';
comment on column public.document_edition.root_hash          is
  'sha256 over those rows, a line each as iu_core.edition_line states.';
comment on column public.document_edition.frozen_at          is
  'From when on: the moment of its lifecycle moves.';
comment on column public.document_edition.actor              is 'Who, as stated by the caller.';
comment on column public.document_edition.login              is
  'session_user, as seen by the server.';
comment on column public.document_edition.review_decision_id is
  'The decision that carries what changed.';
comment on column public.document_edition.change_set_id      is
  'The change set it belongs to, where there is one.';
comment on column public.document_edition.operation_id       is
  'One per call; the correlation_id of its events.';

create table public.document_edition_unit (
  edition_id uuid    not null,
  position   bigint  not null,
  unit_id    uuid    not null,
  version_id uuid    not null,
  parent_ref uuid,
  depth      integer not null,
  constraint document_edition_unit_pk primary key (edition_id, position),
  constraint document_edition_unit_position_ck check (position > 0),
  constraint document_edition_unit_depth_ck    check (depth >= 0),
  constraint document_edition_unit_edition_fk
    foreign key (edition_id) references public.document_edition (id),
  constraint document_edition_unit_version_fk
    foreign key (unit_id, version_id) references public.unit_version (unit_id, id)
);

comment on table  public.document_edition_unit            is
  'The reading order of an edition. Insert-only.';
comment on column public.document_edition_unit.edition_id is 'The edition.';
comment on column public.document_edition_unit.position   is '1, 2, 3 … in reading order.';
comment on column public.document_edition_unit.unit_id    is 'The unit.';
comment on column public.document_edition_unit.version_id is 'Its version in force.';
comment on column public.document_edition_unit.parent_ref is
  'The nearest unit over it that is in the edition too; null at the top.';
comment on column public.document_edition_unit.depth      is
  'How many units of the edition stand over it; 0 at the top.';

grant select on public.iu_lifecycle_log      to context_pack_readonly;
grant select on public.document_edition      to context_pack_readonly;
grant select on public.document_edition_unit to context_pack_readonly;

-- A unit is enacted when it has a version in force, and only then.
alter table public.information_unit
  add constraint information_unit_enacted_ck
    check ((lifecycle_status = 'enacted') = (enacted_version_ref is not null));

--! Included functions/iu_core/keep_lifecycle.sql
create or replace function iu_core.keep_lifecycle()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  -- The version that moved: the one now in force, or else the one that was what counted.
  v_moved constant uuid := coalesce(new.enacted_version_ref, old.enacted_version_ref,
                                    old.draft_version_ref);
begin
  if new.deleted_at is not null and new.lifecycle_status = 'enacted' then
    perform iu_core.raise_error(
      'IU026', format('%s is in force', old.canonical_address),
      jsonb_build_object('address', old.canonical_address, 'lifecycle_status', 'enacted'));
  end if;
  if (new.lifecycle_status, new.enacted_version_ref)
     is not distinct from (old.lifecycle_status, old.enacted_version_ref)
     and (new.draft_version_ref is not distinct from old.draft_version_ref
          or not exists (
               select from public.iu_lifecycle_log l where l.version_id = new.draft_version_ref))
  then
    return new;
  end if;

  if new.lifecycle_status <> old.lifecycle_status and not exists (
       select from public.iu_lifecycle_transition t
        where (t.from_status, t.to_status) = (old.lifecycle_status, new.lifecycle_status))
  then
    perform iu_core.raise_transition_error(
      old.canonical_address, old.lifecycle_status, new.lifecycle_status);
  end if;
  -- That very move must be the last of its version in the log, and nothing else may change with it.
  if not exists (
       select from public.iu_lifecycle_log l
        where l.unit_id = new.id
          and l.to_status = new.lifecycle_status
          and l.from_status = case new.lifecycle_status when 'enacted' then 'draft'
                                                        else old.lifecycle_status end
          and l.version_id = coalesce(v_moved, l.version_id)
          and not exists (
                select from public.iu_lifecycle_log o
                 where o.version_id = l.version_id and o.from_status = l.to_status))
     -- A version that was moved once is no draft any more.
     or exists (
       select from public.iu_lifecycle_log l where l.version_id = new.draft_version_ref)
     or (new.unit_kind, new.section_type, new.parent_or_container_ref, new.sort_key, new.owner_ref,
         new.deleted_at)
        is distinct from
        (old.unit_kind, old.section_type, old.parent_or_container_ref, old.sort_key, old.owner_ref,
         old.deleted_at)
  then
    perform iu_core.raise_error(
      'IU002', format('the status of %s moves by the lifecycle alone', old.canonical_address),
      jsonb_build_object('table', tg_table_schema || '.' || tg_table_name, 'operation', tg_op,
                         'address', old.canonical_address),
      'Call public.fn_iu_enact(), public.fn_iu_supersede() or public.fn_iu_retire().');
  end if;
  return new;
end
$$;

comment on function iu_core.keep_lifecycle() is
  'Lock 3 of information_unit, a BEFORE UPDATE row trigger on its status, version references and '
  'deleted_at, for every role: refuses with IU031 an edge that does not exist, with IU002 a status '
  'that the log does not say or that moves together with something else, and a draft that is none '
  'any more; with IU026 a delete of what is in force.';
--! EndIncluded functions/iu_core/keep_lifecycle.sql

create trigger iu_lock_3_lifecycle
  before update of lifecycle_status, enacted_version_ref, draft_version_ref, deleted_at
  on public.information_unit
  for each row execute function iu_core.keep_lifecycle();

-- ------------------------------------------------------------------------------------------------
-- Deciding
-- ------------------------------------------------------------------------------------------------

create type iu_core.review_subject as (
  unit_id           uuid,
  version_id        uuid,
  successor_unit_id uuid
);

comment on type iu_core.review_subject is
  'What a review decision is about: a unit, the version that was read, and to supersede the unit '
  'that takes its place.';

--! Included functions/iu_core/current_version.sql
create or replace function iu_core.current_version(p_unit public.information_unit, p_act text)
returns uuid
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case p_act
           when 'enact'     then p_unit.draft_version_ref
           when 'supersede' then p_unit.enacted_version_ref
           when 'retire'    then coalesce(
             p_unit.enacted_version_ref,
             p_unit.draft_version_ref,
             (select l.version_id
                from public.iu_lifecycle_log l
               where l.unit_id = p_unit.id and l.to_status = 'superseded'
                 and p_unit.lifecycle_status = 'superseded'
               order by l.at desc
               limit 1))
         end
$$;

comment on function iu_core.current_version(public.information_unit, text) is
  'The version that an act (enact, supersede, retire) on a unit is about now: its draft, its '
  'version in force, or what counts of it at the end; null when there is none.';
--! EndIncluded functions/iu_core/current_version.sql

--! Included functions/iu_core/review_digest.sql
create or replace function iu_core.review_digest(
  p_act      text,
  p_subjects iu_core.review_subject[]
)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.content_hash(
           p_act || chr(10)
           || coalesce(string_agg(
                concat_ws(' ', s.unit_id, s.version_id, v.content_hash,
                          iu_core.content_hash(v.title),
                          coalesce(s.successor_unit_id::text, '-')) || chr(10),
                '' order by s.unit_id), ''))
    from unnest(p_subjects) as s
    left join public.unit_version v on v.id = s.version_id
$$;

comment on function iu_core.review_digest(text, iu_core.review_subject[]) is
  'sha256, lower-case hex, of what a review decision is about: a line with the act, then for each '
  'unit in the order of its id a line <unit id> <version id> <content hash> <sha256 of the title> '
  '<successor id or ->.';
--! EndIncluded functions/iu_core/review_digest.sql

--! Included functions/iu_core/review_subjects.sql
create or replace function iu_core.review_subjects(p_review_decision_id uuid)
returns iu_core.review_subject[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select array_agg(row(r.unit_id, r.version_id, r.successor_unit_id)::iu_core.review_subject
                   order by r.unit_id)
    from cutter_governance.review_decision_unit r
   where r.review_decision_id = p_review_decision_id
$$;

comment on function iu_core.review_subjects(uuid) is
  'What a decision is about, as it was written; null for an unknown one.';
--! EndIncluded functions/iu_core/review_subjects.sql

--! Included functions/iu_core/read_review_targets.sql
create or replace function iu_core.read_review_targets(p_act text, p_targets jsonb)
returns table (index integer, address text, subject iu_core.review_subject, reason text)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with target as materialized (
    select t.n::integer - 1 as index, t.target ->> 'address' as address,
           t.target ->> 'successor_address' as successor_address,
           case when t.target ->> 'version_id' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
                then (t.target ->> 'version_id')::uuid
           end as version_id,
           case
             when jsonb_typeof(t.target) <> 'object' then 'not_an_object'
             when t.target - array['address', 'version_id', 'successor_address'] <> '{}'
               then 'unknown_key'
           end as shape
      from jsonb_array_elements(p_targets) with ordinality as t (target, n)
  ),
  found as materialized (
    select t.*, u.unit, s.unit as successor,
           row_number() over (partition by (u.unit).id order by t.index) as take
      from target t
      join iu_core.find_units(array(select t.address from target t order by t.index)) as u
        on u.n = t.index + 1
      join iu_core.find_units(array(select t.successor_address from target t order by t.index)) as s
        on s.n = t.index + 1
  )
  select f.index, f.address,
         row((f.unit).id, f.version_id, (f.successor).id)::iu_core.review_subject,
         case
           when f.shape is not null                                            then f.shape
           when (f.unit).id is null or (f.unit).deleted_at is not null         then 'unit_not_found'
           when f.take > 1                                                     then 'named_twice'
           when (f.version_id = iu_core.current_version(f.unit, p_act)) is not true
                                                                          then 'version_not_current'
           when p_act <> 'supersede' and f.successor_address is not null
                                                                      then 'successor_not_asked_for'
           when p_act <> 'supersede'                                           then null
           when f.successor_address is null                                 then 'successor_missing'
           when (f.successor).id is null                                  then 'successor_not_found'
           when (f.successor).id = (f.unit).id                            then 'successor_is_itself'
         end
    from found f
$$;

comment on function iu_core.read_review_targets(text, jsonb) is
  'The targets of fn_iu_review_decide as subjects, each with what is wrong with it, or null.';
--! EndIncluded functions/iu_core/read_review_targets.sql

--! Included functions/iu_core/lock_review_decision.sql
create or replace function iu_core.lock_review_decision(
  p_review_decision_id uuid,
  p_shared             boolean default false
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_shared then
    perform pg_advisory_xact_lock_shared(
              hashtextextended('review_decision ' || p_review_decision_id, 0));
  else
    perform pg_advisory_xact_lock(hashtextextended('review_decision ' || p_review_decision_id, 0));
  end if;
end
$$;

comment on function iu_core.lock_review_decision(uuid, boolean) is
  'Locks a review decision until the transaction ends: shared by whoever acts on it, exclusively '
  'by whoever takes it back. Before the documents.';
--! EndIncluded functions/iu_core/lock_review_decision.sql

--! Included functions/iu_core/write_review_decision.sql
create or replace function iu_core.write_review_decision(
  p_act      text,
  p_verdict  text,
  p_prior_id uuid,
  p_subjects iu_core.review_subject[],
  p_actor    text,
  p_reason   text
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_id     uuid := iu_core.uuid_v7();
  v_answer jsonb;
begin
  v_answer := jsonb_build_object(
    'review_decision_id', v_id, 'act', p_act, 'verdict', p_verdict,
    'units', cardinality(p_subjects), 'subject_digest', iu_core.review_digest(p_act, p_subjects));

  insert into cutter_governance.review_decision
         (id, act, verdict, prior_review_decision_id, units, subject_digest, actor, login, reason,
          decided_at)
  values (v_id, p_act, p_verdict, p_prior_id, cardinality(p_subjects),
          v_answer ->> 'subject_digest', p_actor, session_user, p_reason, clock_timestamp());
  insert into cutter_governance.review_decision_unit
         (review_decision_id, unit_id, version_id, successor_unit_id)
  select v_id, s.unit_id, s.version_id, s.successor_unit_id
    from unnest(p_subjects) as s;

  perform iu_core.emit_events(
    array[iu_core.fact('review', 'decided', 'cutter_governance.review_decision', v_id::text, null,
                       v_answer - 'review_decision_id', 'review.decided:' || v_id,
                       jsonb_strip_nulls(jsonb_build_object(
                         'prior_review_decision_id', p_prior_id)))],
    p_actor, v_id);
  return v_answer;
end
$$;

comment on function iu_core.write_review_decision(text, text, uuid, iu_core.review_subject[], text,
                                                  text) is
  'Writes a decision, its units and its fact; the answer of fn_iu_review_decide. Checks nothing: '
  'its callers do.';
--! EndIncluded functions/iu_core/write_review_decision.sql

--! Included functions/fn_iu_review_decide.sql
create or replace function public.fn_iu_review_decide(
  p_act     text,
  p_targets jsonb,
  p_verdict text,
  p_actor   text,
  p_reason  text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_subjects iu_core.review_subject[];
  v_problems jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor, 'p_reason', p_reason));
  if p_act is null or p_act not in ('enact', 'supersede', 'retire')
     or p_verdict is null or p_verdict not in ('approve', 'reject')
     or jsonb_typeof(p_targets) is distinct from 'array' or p_targets = '[]'
  then
    perform iu_core.raise_error(
      'IU004',
      'the act is enact, supersede or retire, the verdict approve or reject, the targets an array '
      'of {address, version_id, successor_address}',
      jsonb_build_object('act', p_act, 'verdict', p_verdict));
  end if;

  select jsonb_agg(jsonb_build_object('index', t.index, 'address', t.address, 'reason', t.reason)
                   order by t.index) filter (where t.reason is not null),
         array_agg(t.subject order by t.index)
    into v_problems, v_subjects
    from iu_core.read_review_targets(p_act, p_targets) as t;
  if v_problems is not null then
    perform iu_core.raise_error(
      'IU032',
      format('%s of %s targets cannot be decided on, the first at index %s: %s',
             jsonb_array_length(v_problems), jsonb_array_length(p_targets),
             v_problems -> 0 ->> 'index', v_problems -> 0 ->> 'reason'),
      jsonb_build_object('problems', v_problems));
  end if;
  return iu_core.write_review_decision(p_act, p_verdict, null, v_subjects, p_actor, p_reason);
end
$$;

comment on function public.fn_iu_review_decide(text, jsonb, text, text, text) is
  'Records a reviewer''s decision on an act (enact, supersede, retire): approve or reject. '
  'p_targets: an array of {address, version_id, successor_address}: version_id is the version that '
  'was read and must still be the current one (the draft to enact, the version in force to '
  'supersede); successor_address, to supersede only, is the unit that takes its place. The '
  'decision is good for this act on these versions and for nothing else. Returns '
  '{review_decision_id, act, verdict, units, subject_digest}. Refuses with IU032 (detail problems: '
  'index, address, reason of each bad target), IU004 bad arguments, IU003 another isolation. For '
  'cutter_approver.';

revoke all     on function public.fn_iu_review_decide(text, jsonb, text, text, text) from public;
grant  execute on function public.fn_iu_review_decide(text, jsonb, text, text, text)
       to cutter_approver;
--! EndIncluded functions/fn_iu_review_decide.sql

--! Included functions/fn_iu_review_revert.sql
create or replace function public.fn_iu_review_revert(
  p_review_decision_id uuid,
  p_actor              text,
  p_reason             text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_prior  cutter_governance.review_decision;
  v_revert uuid;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_review_decision_id', p_review_decision_id, 'p_actor', p_actor, 'p_reason', p_reason));
  -- Whoever acts on the decision holds the same lock: after this commits, nobody acts on it.
  perform iu_core.lock_review_decision(p_review_decision_id);
  select d.* into v_prior
    from cutter_governance.review_decision d
   where d.id = p_review_decision_id;
  if v_prior.id is null or v_prior.verdict = 'revert' then
    perform iu_core.raise_error(
      'IU030',
      format('there is no decision %s to take back', p_review_decision_id),
      jsonb_build_object('review_decision_id', p_review_decision_id, 'reason',
                         case when v_prior.id is null then 'unknown' else 'is_a_revert' end));
  end if;
  select d.id into v_revert
    from cutter_governance.review_decision d
   where d.prior_review_decision_id = v_prior.id and d.verdict = 'revert';
  if v_revert is not null then
    return jsonb_build_object('status', 'already_reverted', 'review_decision_id', v_revert);
  end if;
  return jsonb_build_object('status', 'reverted')
         || iu_core.write_review_decision(
              v_prior.act, 'revert', v_prior.id, iu_core.review_subjects(v_prior.id), p_actor,
              p_reason);
end
$$;

comment on function public.fn_iu_review_revert(uuid, text, text) is
  'Takes a decision back by a new one with verdict revert that is linked to it: what it approved '
  'and is not done yet can no longer be done; what is done stays (supersede or retire it). Returns '
  '{status: reverted | already_reverted, review_decision_id, …}; already_reverted wrote nothing. '
  'Refuses with IU030 an unknown decision and a revert, IU004 empty arguments, IU003 another '
  'isolation. For cutter_approver.';

revoke all     on function public.fn_iu_review_revert(uuid, text, text) from public;
grant  execute on function public.fn_iu_review_revert(uuid, text, text) to cutter_approver;
--! EndIncluded functions/fn_iu_review_revert.sql

--! Included functions/iu_core/assert_review_decision.sql
create or replace function iu_core.assert_review_decision(p_review_decision_id uuid, p_act text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_decision cutter_governance.review_decision;
  v_reason   text;
begin
  perform iu_core.lock_review_decision(p_review_decision_id, true);
  select d.* into v_decision
    from cutter_governance.review_decision d
   where d.id = p_review_decision_id;
  v_reason := case
    when p_review_decision_id is null    then 'missing'
    when v_decision.id is null           then 'unknown'
    when v_decision.verdict <> 'approve' then 'not_an_approval'
    when v_decision.act <> p_act         then 'made_for_another_act'
    when exists (
      select from cutter_governance.review_decision d
       where d.prior_review_decision_id = v_decision.id and d.verdict = 'revert')
                                         then 'taken_back'
    when v_decision.subject_digest
         <> iu_core.review_digest(v_decision.act, iu_core.review_subjects(v_decision.id))
                                         then 'altered'
  end;
  if v_reason is not null then
    perform iu_core.raise_error(
      'IU030',
      format('review decision %s cannot carry this act (%s): %s',
             coalesce(p_review_decision_id::text, 'null'), p_act, v_reason),
      jsonb_build_object('review_decision_id', p_review_decision_id, 'reason', v_reason,
                         'act', p_act, 'decided_act', v_decision.act,
                         'verdict', v_decision.verdict));
  end if;
end
$$;

comment on function iu_core.assert_review_decision(uuid, text) is
  'Refuses with IU030 unless this is an approval of this act that was not taken back and whose '
  'digest recomputes, and keeps it from being taken back until the transaction ends.';
--! EndIncluded functions/iu_core/assert_review_decision.sql

-- ------------------------------------------------------------------------------------------------
-- Acting
-- ------------------------------------------------------------------------------------------------

create type iu_core.transition as (
  index              integer,
  address            text,
  unit_id            uuid,
  doc_code           text,
  lifecycle_status   text,
  version_id         uuid,
  from_status        text,
  former_version_id  uuid,
  pending_version_id uuid,
  successor_unit_id  uuid,
  successor_address  text,
  done               boolean,
  reason             text
);

comment on type iu_core.transition is
  'What an act would do to one unit: its status, the version the act is about, the version in force '
  'and the draft beside it, its successor; done already by the same decision; or why not.';

create type iu_core.lifecycle_move as (
  unit_id           uuid,
  version_id        uuid,
  from_status       text,
  to_status         text,
  successor_unit_id uuid,
  leads             boolean
);

comment on type iu_core.lifecycle_move is
  'One row for iu_lifecycle_log; leads: the unit''s own status follows this one.';

--! Included functions/iu_core/judge_transitions.sql
create or replace function iu_core.judge_transitions(
  p_act                text,
  p_to_status          text,
  p_addresses          text[],
  p_review_decision_id uuid,
  p_doc_codes          text[]
)
returns setof iu_core.transition
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- A plan made for ten units would be slow for ten thousand.
set plan_cache_mode = force_custom_plan
set jit = off
as $$
declare
  v_decided_at constant timestamptz := (
    select d.decided_at from cutter_governance.review_decision d where d.id = p_review_decision_id);
begin
  return query
  with asked as materialized (
    select f.n, f.address, f.unit,
           row_number() over (partition by (f.unit).id order by f.n) as take,
           -- Enacting is about the draft, also of a unit that is in force.
           case when p_act = 'enact' and (f.unit).draft_version_ref is not null then 'draft'
                else (f.unit).lifecycle_status
           end as from_status
      from iu_core.find_units(p_addresses) as f
  )
  select a.n::integer - 1, coalesce((a.unit).canonical_address, a.address), (a.unit).id,
         (a.unit).doc_code, (a.unit).lifecycle_status, d.version_id, a.from_status,
         nullif((a.unit).enacted_version_ref, d.version_id),
         nullif((a.unit).draft_version_ref, d.version_id),
         d.successor_unit_id, s.canonical_address, l.id is not null,
         case
           when (a.unit).id is null or (a.unit).deleted_at is not null
             -- Or it was named only after the documents were locked.
             or (a.unit).doc_code <> all (p_doc_codes)                 then 'unit_not_found'
           when a.take > 1                                             then 'named_twice'
           when d.unit_id is null                             then 'not_in_the_review_decision'
           when l.id is not null                                       then null
           when not exists (
             select from public.iu_lifecycle_transition t
              where (t.from_status, t.to_status) = (a.from_status, p_to_status))
                                                                       then 'transition_not_allowed'
           when d.version_id is distinct from iu_core.current_version(a.unit, p_act)
                                                                       then 'version_not_current'
           when exists (
             select from cutter_governance.review_decision_unit o
               join cutter_governance.review_decision r on r.id = o.review_decision_id
              where (o.unit_id, o.version_id) = (d.unit_id, d.version_id)
                and r.act = p_act and r.verdict = 'reject' and r.decided_at > v_decided_at
                and not exists (
                      select from cutter_governance.review_decision b
                       where b.prior_review_decision_id = r.id and b.verdict = 'revert'))
                                                                       then 'rejected_since'
           -- A draft that goes with its unit must have been there for the reviewer to see.
           when p_act <> 'enact' and exists (
             select from public.unit_version v
              where v.id = (a.unit).draft_version_ref and v.id <> d.version_id
                and v.created_at > v_decided_at)                       then 'drafted_since'
           when s.lifecycle_status <> 'enacted'
             -- Or goes out of force itself, in this very call.
             or s.id in (select (o.unit).id from asked o)              then 'successor_not_in_force'
         end
    from asked a
    -- OFFSET 0: look-ups by key, as in iu_core.find_units.
    left join lateral (
      select d.*
        from cutter_governance.review_decision_unit d
       where d.review_decision_id = p_review_decision_id and d.unit_id = (a.unit).id
      offset 0) as d on true
    left join lateral (
      select u.*
        from public.information_unit u
       where u.id = d.successor_unit_id
      offset 0) as s on true
    -- Done by this very decision: a re-run.
    left join lateral (
      select l.id
        from public.iu_lifecycle_log l
       where l.version_id = d.version_id and l.to_status = p_to_status
         and l.review_decision_id = p_review_decision_id
      offset 0) as l on true
   order by a.n;
end
$$;

comment on function iu_core.judge_transitions(text, text, text[], uuid, text[]) is
  'What an act would do to each unit, done already (by this very review decision) or refused and '
  'why. Reads only; p_doc_codes are the documents that are locked.';
--! EndIncluded functions/iu_core/judge_transitions.sql

--! Included functions/iu_core/assert_transitions.sql
create or replace function iu_core.assert_transitions(
  p_to_status   text,
  p_transitions iu_core.transition[],
  p_successor   text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_problems jsonb;
  v_first    iu_core.transition;
begin
  with problem as (
    select t.*, case
                  when t.reason is not null                       then t.reason
                  when p_successor <> t.successor_address         then 'successor_is_another'
                end as why
      from unnest(p_transitions) as t
  )
  select jsonb_agg(jsonb_build_object('index', p.index, 'address', p.address, 'reason', p.why)
                   order by p.index)
    into v_problems
    from problem p
   where p.why is not null;
  if v_problems is null then
    return;
  end if;

  v_first := p_transitions[(v_problems -> 0 ->> 'index')::integer + 1];
  case v_problems -> 0 ->> 'reason'
    when 'unit_not_found' then
      perform iu_core.raise_error(
        'IU022',
        format('no live unit is named %s', coalesce(v_first.address, 'null')),
        jsonb_build_object('address', v_first.address, 'problems', v_problems));
    when 'transition_not_allowed' then
      perform iu_core.raise_transition_error(
        v_first.address, v_first.from_status, p_to_status, v_problems);
    else
      perform iu_core.raise_error(
        'IU030',
        format('%s of %s units cannot become %s under this review decision, the first is %s: %s',
               jsonb_array_length(v_problems), cardinality(p_transitions), p_to_status,
               v_first.address, v_problems -> 0 ->> 'reason'),
        jsonb_build_object('problems', v_problems));
  end case;
end
$$;

comment on function iu_core.assert_transitions(text, iu_core.transition[], text) is
  'Refuses when one of the units cannot move: with IU022 or IU031 when the first that cannot is '
  'not there or has no such edge, else with IU030 and every problem.';
--! EndIncluded functions/iu_core/assert_transitions.sql

--! Included functions/iu_core/lifecycle_moves.sql
create or replace function iu_core.lifecycle_moves(
  p_act         text,
  p_to_status   text,
  p_transitions iu_core.transition[]
)
returns iu_core.lifecycle_move[]
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with go as (
    select t.* from unnest(p_transitions) as t where not t.done
  )
  select coalesce(array_agg(m.move order by m.index, m.n), '{}')
    from (
      select g.index, 1 as n,
             row(g.unit_id, g.version_id, g.from_status, p_to_status, g.successor_unit_id,
                 true)::iu_core.lifecycle_move as move
        from go g
      union all
      -- A draft enacted beside a version in force takes its place.
      select g.index, 2,
             row(g.unit_id, g.former_version_id, 'enacted', 'superseded', null,
                 false)::iu_core.lifecycle_move
        from go g
       where p_act = 'enact' and g.former_version_id is not null
      union all
      -- A draft that waits beside what is superseded or retired goes with it.
      select g.index, 2,
             row(g.unit_id, g.pending_version_id, 'draft', 'retired', null,
                 false)::iu_core.lifecycle_move
        from go g
       where p_act <> 'enact' and g.pending_version_id is not null
    ) as m
$$;

comment on function iu_core.lifecycle_moves(text, text, iu_core.transition[]) is
  'The moves of versions that an act on these units makes, those done already left out: of each '
  'unit the version that leads, and what goes with it.';
--! EndIncluded functions/iu_core/lifecycle_moves.sql

--! Included functions/iu_core/write_lifecycle.sql
create or replace function iu_core.write_lifecycle(
  p_moves              iu_core.lifecycle_move[],
  p_at                 timestamptz,
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid,
  p_reason             text,
  p_tool_revision      text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_leading iu_core.lifecycle_move[] := array(
    select m::iu_core.lifecycle_move from unnest(p_moves) as m where m.leads);
begin
  -- The log first: the row trigger of the units looks for it.
  insert into public.iu_lifecycle_log
         (id, unit_id, version_id, from_status, to_status, at, actor, login, review_decision_id,
          change_set_id, reason, tool_revision, successor_unit_id)
  select iu_core.uuid_v7(), m.unit_id, m.version_id, m.from_status, m.to_status, p_at, p_actor,
         session_user, p_review_decision_id, p_change_set_id, p_reason, p_tool_revision,
         m.successor_unit_id
    from unnest(p_moves) as m;

  -- By their keys: joined with the moves, the plan would hang on what the statistics say of the
  -- table's size. All that lead enter one status, and what is enacted is their draft.
  update public.information_unit u
     set lifecycle_status    = v_leading[1].to_status,
         enacted_version_ref = case v_leading[1].to_status
                                 when 'enacted' then u.draft_version_ref
                               end,
         draft_version_ref   = null,
         updated_at          = p_at,
         updated_by          = p_actor
   where u.id = any (array(select m.unit_id from unnest(v_leading) as m));
end
$$;

comment on function iu_core.write_lifecycle(iu_core.lifecycle_move[], timestamptz, text, uuid, uuid,
                                            text, text) is
  'Writes moves to iu_lifecycle_log and their projection to information_unit. Checks nothing: the '
  'edges are foreign keys of the log, and the row trigger of the units checks the projection.';
--! EndIncluded functions/iu_core/write_lifecycle.sql

--! Included functions/iu_core/edition_line.sql
create or replace function iu_core.edition_line(
  p_position     bigint,
  p_unit_id      uuid,
  p_version_id   uuid,
  p_parent_ref   uuid,
  p_depth        integer,
  p_content_hash text,
  p_title        text
)
returns text
language sql
stable
parallel safe
-- With casts written out, and as stable as content_hash: so it is put into the queries that use it.
return p_position::text || ' ' || p_unit_id::text || ' ' || p_version_id::text || ' '
       || coalesce(p_parent_ref::text, '-') || ' ' || p_depth::text || ' ' || p_content_hash || ' '
       || iu_core.content_hash(p_title) || chr(10);

comment on function iu_core.edition_line(bigint, uuid, uuid, uuid, integer, text, text) is
  'One line of what an edition''s root hash is the sha256 of: <position> <unit id> <version id> '
  '<parent unit id or -> <depth> <content hash> <sha256 of the title>, in the order of the '
  'positions.';
--! EndIncluded functions/iu_core/edition_line.sql

--! Included functions/iu_core/freeze_editions.sql
create or replace function iu_core.freeze_editions(
  p_doc_codes          text[],
  p_at                 timestamptz,
  p_operation_id       uuid,
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_editions jsonb;
begin
  with document as materialized (
    select d.doc_code, iu_core.uuid_v7() as edition_id, 1 + coalesce(l.edition, 0) as edition,
           l.frozen_at as since
      from unnest(p_doc_codes) as d (doc_code)
      left join lateral (
        select e.edition, e.frozen_at
          from public.document_edition e
         where e.doc_code = d.doc_code
         order by e.edition desc
         limit 1) as l on true
  ),
  place as materialized (
    select d.edition_id, v.id as version_id, v.unit_id, v.content_hash, v.title, t.over_ref,
           t.over_depth, d.since,
           row_number() over (partition by d.edition_id order by t.path collate "C") as position
      from document d
     cross join lateral iu_core.tree(d.doc_code) as t
     cross join lateral (
       select v.id, v.unit_id, v.content_hash, v.title
         from public.unit_version v
        where v.unit_id = (t.unit).id and v.id = (t.unit).enacted_version_ref
       offset 0) as v
  ),
  -- An editor may move what is in force; its new place comes into force with this edition.
  moved as (
    select p.edition_id, count(*) as moved_units
      from place p
     where exists (
             select from public.iu_working_tree_log w
              where w.unit_id = p.unit_id
                and w.change = 'moved'
                and w.changed_at > p.since)
       and exists (
             select from public.iu_lifecycle_log l
              where l.unit_id = p.unit_id
                and l.to_status = 'enacted'
                and l.at <= p.since)
     group by p.edition_id
  ),
  written as (
    insert into public.document_edition
           (id, doc_code, edition, units, moved_units, root_hash, frozen_at, actor, login,
            review_decision_id, change_set_id, operation_id)
    select d.edition_id, d.doc_code, d.edition, count(p.position), coalesce(m.moved_units, 0),
           iu_core.content_hash(coalesce(string_agg(
             iu_core.edition_line(p.position, p.unit_id, p.version_id, p.over_ref, p.over_depth,
                                  p.content_hash, p.title), '' order by p.position), '')),
           p_at, p_actor, session_user, p_review_decision_id, p_change_set_id, p_operation_id
      from document d
      left join place p on p.edition_id = d.edition_id
      left join moved m on m.edition_id = d.edition_id
     group by d.edition_id, d.doc_code, d.edition, m.moved_units
    returning *
  ),
  frozen as (
    insert into public.document_edition_unit
           (edition_id, position, unit_id, version_id, parent_ref, depth)
    select p.edition_id, p.position, p.unit_id, p.version_id, p.over_ref, p.over_depth
      from place p
  )
  select coalesce(jsonb_agg(jsonb_build_object(
                    'doc_code', w.doc_code, 'edition', w.edition, 'edition_id', w.id,
                    'units', w.units, 'moved_units', w.moved_units, 'root_hash', w.root_hash)
                    order by w.doc_code), '[]')
    into v_editions
    from written w;
  return v_editions;
end
$$;

comment on function iu_core.freeze_editions(text[], timestamptz, uuid, text, uuid, uuid) is
  'Freezes the reading order of these documents, as far as it is in force, as their next editions, '
  'in one statement. Returns [{doc_code, edition, edition_id, units, moved_units, root_hash}]. The '
  'documents must be locked.';
--! EndIncluded functions/iu_core/freeze_editions.sql

--! Included functions/iu_core/lifecycle_answer.sql
create or replace function iu_core.lifecycle_answer(
  p_to_status   text,
  p_transitions iu_core.transition[],
  p_moves       iu_core.lifecycle_move[],
  p_editions    jsonb,
  p_events      integer
)
returns jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
           'status',   case when cardinality(p_moves) = 0 then 'unchanged' else p_to_status end,
           'units',    (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                                 'address',    t.address,
                                 'unit_id',    t.unit_id,
                                 'version_id', t.version_id,
                                 'status',     case when t.done then 'already_' else '' end
                                               || p_to_status,
                                 'lifecycle_status', case when t.done then t.lifecycle_status
                                                          else p_to_status end,
                                 'successor_address', t.successor_address)) order by t.index), '[]')
                          from unnest(p_transitions) as t),
           'editions', p_editions,
           'rows',     jsonb_build_object(
             'public.iu_lifecycle_log',      cardinality(p_moves),
             'public.information_unit',      (select count(*) from unnest(p_moves) m where m.leads),
             'public.document_edition',      jsonb_array_length(p_editions),
             'public.document_edition_unit', (select coalesce(sum((e ->> 'units')::bigint), 0)
                                                from jsonb_array_elements(p_editions) as e),
             'public.event_outbox',          p_events))
$$;

comment on function iu_core.lifecycle_answer(text, iu_core.transition[], iu_core.lifecycle_move[],
                                             jsonb, integer) is
  'The answer of the lifecycle''s functions: see fn_iu_enact_many.';
--! EndIncluded functions/iu_core/lifecycle_answer.sql

--! Included functions/iu_core/transition_units.sql
create or replace function iu_core.transition_units(
  p_act                text,
  p_to_status          text,
  p_addresses          text[],
  p_successor          text,
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid,
  p_reason             text,
  p_tool_revision      text
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_operation   uuid := iu_core.uuid_v7();
  v_causation   jsonb;
  v_transitions iu_core.transition[];
  v_moves       iu_core.lifecycle_move[];
  v_locked      text[];
  v_docs        text[];
  v_now         timestamptz;
  v_editions    jsonb;
  v_events      integer;
begin
  perform iu_core.assert_review_decision(p_review_decision_id, p_act);
  -- Of the successors too: one that is in force now must still be when this ends.
  v_locked := array(
    select (f.unit).doc_code from iu_core.find_units(p_addresses) as f
    union
    select s.doc_code
      from cutter_governance.review_decision_unit d
     cross join lateral (
       select u.doc_code
         from public.information_unit u
        where u.id = d.successor_unit_id
       offset 0) as s
     where d.review_decision_id = p_review_decision_id
       and d.successor_unit_id is not null);
  perform iu_core.lock_documents(v_locked);
  v_transitions := array(
    select t from iu_core.judge_transitions(
                    p_act, p_to_status, p_addresses, p_review_decision_id, v_locked) as t);
  perform iu_core.assert_transitions(
    p_to_status, v_transitions,
    (select coalesce((f.unit).canonical_address, p_successor)
       from iu_core.find_units(array[p_successor]) as f));

  v_moves := iu_core.lifecycle_moves(p_act, p_to_status, v_transitions);
  v_docs  := array(
    select distinct t.doc_code
      from unnest(v_moves) as m
      join unnest(v_transitions) as t on t.unit_id = m.unit_id
     where 'enacted' in (m.from_status, m.to_status)
     order by t.doc_code);
  -- Later than everything the documents of these units froze before, whatever the clock did.
  select greatest(clock_timestamp(), max(e.frozen_at) + interval '1 microsecond')
    into v_now
    from public.document_edition e
   where e.doc_code in (select t.doc_code from unnest(v_transitions) as t);

  perform iu_core.write_lifecycle(
    v_moves, v_now, p_actor, p_review_decision_id, p_change_set_id, p_reason, p_tool_revision);
  v_editions := iu_core.freeze_editions(
    v_docs, v_now, v_operation, p_actor, p_review_decision_id, p_change_set_id);

  v_causation := jsonb_strip_nulls(jsonb_build_object(
    'review_decision_id', p_review_decision_id, 'change_set_id', p_change_set_id));
  v_events := iu_core.emit_events(
    array(select iu_core.fact(
                   'piece', m.to_status, 'public.information_unit', m.unit_id::text, t.address,
                   jsonb_strip_nulls(jsonb_build_object(
                     'version_id', m.version_id, 'from_status', m.from_status,
                     'successor_unit_id', m.successor_unit_id)),
                   format('piece.%s:%s', m.to_status, m.version_id), v_causation)
            from unnest(v_moves) with ordinality as m
            join unnest(v_transitions) as t on t.unit_id = m.unit_id
           order by m.ordinality)
    || array(select iu_core.fact(
                      'document', 'edition_frozen', 'public.document_edition', e ->> 'edition_id',
                      null, e - 'edition_id', 'document.edition_frozen:' || (e ->> 'edition_id'),
                      v_causation)
               from jsonb_array_elements(v_editions) as e),
    p_actor, v_operation);

  return iu_core.lifecycle_answer(p_to_status, v_transitions, v_moves, v_editions, v_events);
end
$$;

comment on function
  iu_core.transition_units(text, text, text[], text, text, uuid, uuid, text, text) is
  'The one body of enact, supersede and retire, for any number of units in a constant number of '
  'statements: judges all, then writes the log, the units and an edition of each document whose '
  'text in force changed, and the facts.';
--! EndIncluded functions/iu_core/transition_units.sql

--! Included functions/iu_core/run_transition.sql
create or replace function iu_core.run_transition(
  p_act                text,
  p_to_status          text,
  p_addresses          text[],
  p_successor          text,
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid,
  p_reason             text,
  p_tool_revision      text,
  p_dry_run            boolean
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_answer jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  p_addresses := array(select a.address from unnest(p_addresses) as a (address));
  if p_addresses = '{}' or array_position(p_addresses, null) is not null or p_dry_run is null then
    perform iu_core.raise_error(
      'IU004', 'at least one address must be given, none of them null, and dry_run not null',
      jsonb_build_object('arguments', array['p_addresses', 'p_dry_run']));
  end if;

  -- A dry run is the same code in a savepoint that is rolled back; what it answered is kept.
  begin
    v_answer := iu_core.transition_units(
      p_act, p_to_status, p_addresses, p_successor, p_actor, p_review_decision_id, p_change_set_id,
      p_reason, p_tool_revision);
    if p_dry_run then
      raise exception using errcode = 'IUDRY', message = 'this was a dry run';
    end if;
  exception
    when sqlstate 'IUDRY' then null;
  end;
  return v_answer || jsonb_build_object('dry_run', p_dry_run);
end
$$;

comment on function
  iu_core.run_transition(text, text, text[], text, text, uuid, uuid, text, text, boolean) is
  'iu_core.transition_units, for good or as a dry run. What every public function of the lifecycle '
  'calls.';
--! EndIncluded functions/iu_core/run_transition.sql

--! Included functions/fn_iu_enact_many.sql
create or replace function public.fn_iu_enact_many(
  p_addresses          text[],
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid    default null,
  p_reason             text    default null,
  p_tool_revision      text    default null,
  p_dry_run            boolean default false
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.run_transition(
           'enact', 'enacted', p_addresses, null, p_actor, p_review_decision_id,
           p_change_set_id, p_reason, p_tool_revision, p_dry_run)
$$;

comment on function public.fn_iu_enact_many(text[], text, uuid, uuid, text, text, boolean) is
  'Puts the draft versions of units in force, all or none, in a constant number of statements; a '
  'version in force before is superseded in the same transaction, and a new edition of each '
  'document freezes its reading order. The review decision must approve enacting these very '
  'versions. Returns {status: enacted | unchanged, units: [{address, unit_id, version_id, status: '
  'enacted | already_enacted}], editions: [{doc_code, edition, edition_id, units, root_hash}], '
  'rows: {table: rows written}, dry_run}; already_enacted: by this very decision, and nothing was '
  'written. p_dry_run runs all of it in a savepoint and rolls it back. Refuses with IU030 what '
  'the decision does not carry (detail reason, or problems per unit: not_in_the_review_decision, '
  'version_not_current …), with IU031 an edge that does not exist, IU022 an address without a '
  'live unit, IU004 bad arguments, IU003 another isolation. For iu_operator, cutter_exec.';

revoke all     on function public.fn_iu_enact_many(text[], text, uuid, uuid, text, text, boolean)
               from public;
grant  execute on function public.fn_iu_enact_many(text[], text, uuid, uuid, text, text, boolean)
               to iu_operator, cutter_exec;
--! EndIncluded functions/fn_iu_enact_many.sql

--! Included functions/fn_iu_enact.sql
create or replace function public.fn_iu_enact(
  p_address            text,
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid    default null,
  p_reason             text    default null,
  p_tool_revision      text    default null,
  p_dry_run            boolean default false
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.run_transition(
           'enact', 'enacted', array[p_address], null, p_actor, p_review_decision_id,
           p_change_set_id, p_reason, p_tool_revision, p_dry_run)
$$;

comment on function public.fn_iu_enact(text, text, uuid, uuid, text, text, boolean) is
  'Puts the draft version of one unit in force: fn_iu_enact_many with one address, the same '
  'answer and errors. For iu_operator, cutter_exec.';

revoke all     on function public.fn_iu_enact(text, text, uuid, uuid, text, text, boolean)
               from public;
grant  execute on function public.fn_iu_enact(text, text, uuid, uuid, text, text, boolean)
               to iu_operator, cutter_exec;
--! EndIncluded functions/fn_iu_enact.sql

--! Included functions/fn_iu_supersede_many.sql
create or replace function public.fn_iu_supersede_many(
  p_addresses          text[],
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid    default null,
  p_reason             text    default null,
  p_tool_revision      text    default null,
  p_dry_run            boolean default false
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.run_transition(
           'supersede', 'superseded', p_addresses, null, p_actor, p_review_decision_id,
           p_change_set_id, p_reason, p_tool_revision, p_dry_run)
$$;

comment on function public.fn_iu_supersede_many(text[], text, uuid, uuid, text, text, boolean) is
  'Puts versions of units out of force because other units, the successors that the '
  'review decision names, took their place: all or none; a draft that waits beside one is retired. '
  'The successors must be in force. Answers and refuses as fn_iu_enact_many does, with status '
  'superseded and successor_address per unit. For iu_operator, cutter_exec.';

revoke all
  on function public.fn_iu_supersede_many(text[], text, uuid, uuid, text, text, boolean)
  from public;
grant execute
  on function public.fn_iu_supersede_many(text[], text, uuid, uuid, text, text, boolean)
  to iu_operator, cutter_exec;
--! EndIncluded functions/fn_iu_supersede_many.sql

--! Included functions/fn_iu_supersede.sql
create or replace function public.fn_iu_supersede(
  p_address            text,
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid    default null,
  p_reason             text    default null,
  p_tool_revision      text    default null,
  p_successor_address  text    default null,
  p_dry_run            boolean default false
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.run_transition(
           'supersede', 'superseded', array[p_address], p_successor_address, p_actor,
           p_review_decision_id, p_change_set_id, p_reason, p_tool_revision, p_dry_run)
$$;

comment on function public.fn_iu_supersede(text, text, uuid, uuid, text, text, text, boolean) is
  'Puts one unit out of force because another took its place: fn_iu_supersede_many with one '
  'address, the same answer and errors. p_successor_address, where given, must be the successor '
  'of the decision. For iu_operator, cutter_exec.';

revoke all     on function public.fn_iu_supersede(text, text, uuid, uuid, text, text, text, boolean)
               from public;
grant  execute on function public.fn_iu_supersede(text, text, uuid, uuid, text, text, text, boolean)
               to iu_operator, cutter_exec;
--! EndIncluded functions/fn_iu_supersede.sql

--! Included functions/fn_iu_retire_many.sql
create or replace function public.fn_iu_retire_many(
  p_addresses          text[],
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid    default null,
  p_reason             text    default null,
  p_tool_revision      text    default null,
  p_dry_run            boolean default false
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.run_transition(
           'retire', 'retired', p_addresses, null, p_actor, p_review_decision_id,
           p_change_set_id, p_reason, p_tool_revision, p_dry_run)
$$;

comment on function public.fn_iu_retire_many(text[], text, uuid, uuid, text, text, boolean) is
  'Retires units: what is in force, a draft, or what was superseded, all or none; a '
  'draft that waits beside a version in force is retired with it. Nothing takes their place. '
  'Answers and refuses as fn_iu_enact_many does, with status retired. For iu_operator, '
  'cutter_exec.';

revoke all     on function public.fn_iu_retire_many(text[], text, uuid, uuid, text, text, boolean)
               from public;
grant  execute on function public.fn_iu_retire_many(text[], text, uuid, uuid, text, text, boolean)
               to iu_operator, cutter_exec;
--! EndIncluded functions/fn_iu_retire_many.sql

--! Included functions/fn_iu_retire.sql
create or replace function public.fn_iu_retire(
  p_address            text,
  p_actor              text,
  p_review_decision_id uuid,
  p_change_set_id      uuid    default null,
  p_reason             text    default null,
  p_tool_revision      text    default null,
  p_dry_run            boolean default false
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.run_transition(
           'retire', 'retired', array[p_address], null, p_actor, p_review_decision_id,
           p_change_set_id, p_reason, p_tool_revision, p_dry_run)
$$;

comment on function public.fn_iu_retire(text, text, uuid, uuid, text, text, boolean) is
  'Retires one unit: fn_iu_retire_many with one address, the same answer and errors. For '
  'iu_operator, cutter_exec.';

revoke all     on function public.fn_iu_retire(text, text, uuid, uuid, text, text, boolean)
               from public;
grant  execute on function public.fn_iu_retire(text, text, uuid, uuid, text, text, boolean)
               to iu_operator, cutter_exec;
--! EndIncluded functions/fn_iu_retire.sql

-- ------------------------------------------------------------------------------------------------
-- Reading the past
-- ------------------------------------------------------------------------------------------------

--! Included functions/fn_iu_get_at.sql
create or replace function public.fn_iu_get(p_address text, p_at timestamptz)
returns table (
  unit_id            uuid,
  canonical_address  text,
  doc_code           text,
  version_id         uuid,
  version_seq        integer,
  title              text,
  body               text,
  content_hash       text,
  enacted_at         timestamptz,
  review_decision_id uuid
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.id, u.canonical_address, u.doc_code, v.id, v.version_seq, v.title, v.body,
         v.content_hash, l.at, l.review_decision_id
    from iu_core.find_unit(p_address) as u
    join public.iu_lifecycle_log l
      on l.unit_id = u.id and l.to_status = 'enacted' and l.at <= p_at
    join public.unit_version v on v.id = l.version_id
   where not exists (
           select from public.iu_lifecycle_log o
            where o.version_id = l.version_id and o.from_status = 'enacted' and o.at <= p_at)
$$;

comment on function public.fn_iu_get(text, timestamptz) is
  'One row: the version of a unit that was in force at a moment, since when, and by which review '
  'decision; no row where none was. Of deleted units too: the past stays. Works read-only and on '
  'a standby. For iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver, '
  'context_pack_readonly.';

revoke all     on function public.fn_iu_get(text, timestamptz) from public;
grant  execute on function public.fn_iu_get(text, timestamptz)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_get_at.sql

--! Included functions/fn_iu_get_version.sql
create or replace function public.fn_iu_get_version(p_version_id uuid)
returns table (
  unit_id           uuid,
  canonical_address text,
  version_id        uuid,
  version_seq       integer,
  status            text,
  title             text,
  body              text,
  content_hash      text,
  created_at        timestamptz,
  created_by        text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select v.unit_id, u.canonical_address, v.id, v.version_seq,
         coalesce(
           (select l.to_status
              from public.iu_lifecycle_log l
             where l.version_id = v.id
               and not exists (
                     select from public.iu_lifecycle_log o
                      where o.version_id = l.version_id and o.from_status = l.to_status)),
           'draft'),
         v.title, v.body, v.content_hash, v.created_at, v.created_by
    from public.unit_version v
    join public.information_unit u on u.id = v.unit_id
   where v.id = p_version_id
$$;

comment on function public.fn_iu_get_version(uuid) is
  'One row: a version by its id, whatever became of it: what a reviewer reads before deciding on '
  'it, or an editor of what somebody else saved. No row for an unknown id. Works read-only and on '
  'a standby. For iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver, '
  'context_pack_readonly.';

revoke all     on function public.fn_iu_get_version(uuid) from public;
grant  execute on function public.fn_iu_get_version(uuid)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_get_version.sql

--! Included functions/fn_iu_history.sql
create or replace function public.fn_iu_history(p_address text)
returns table (
  at                 timestamptz,
  event              text,
  version_seq        integer,
  version_id         uuid,
  title              text,
  content_hash       text,
  actor              text,
  login              text,
  reason             text,
  review_decision_id uuid,
  change_set_id      uuid,
  detail             jsonb
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with unit as materialized (
    select f.id from iu_core.find_unit(p_address) as f
  )
  select h.*
    from (
      select v.created_at, 'drafted', v.version_seq, v.id, v.title, v.content_hash, v.created_by,
             null::text, null::text, null::uuid, null::uuid, '{}'::jsonb
        from unit u
        join public.unit_version v on v.unit_id = u.id
      union all
      select l.at, l.to_status, v.version_seq, v.id, v.title, v.content_hash, l.actor, l.login,
             l.reason, l.review_decision_id, l.change_set_id,
             jsonb_strip_nulls(jsonb_build_object(
               'from_status', l.from_status, 'tool_revision', l.tool_revision,
               'successor_address', s.canonical_address))
        from unit u
        join public.iu_lifecycle_log l on l.unit_id = u.id
        join public.unit_version     v on v.id = l.version_id
        left join public.information_unit s on s.id = l.successor_unit_id
      union all
      select w.changed_at, w.change, null, null, null, null, w.actor, w.login, w.reason, null,
             null,
             jsonb_build_object('from_parent', f.canonical_address, 'to_parent',
                                t.canonical_address)
        from unit u
        join public.iu_working_tree_log w on w.unit_id = u.id
        left join public.information_unit f on f.id = w.from_parent_ref
        left join public.information_unit t on t.id = w.to_parent_ref
      union all
      select a.created_at, 'alias_added', null, null, null, null, a.actor, a.login, a.reason, null,
             null, jsonb_build_object('alias', a.alias)
        from unit u
        join public.canonical_address_alias a on a.unit_id = u.id
    ) as h (at, event, version_seq, version_id, title, content_hash, actor, login, reason,
            review_decision_id, change_set_id, detail)
   order by h.at, h.version_seq, h.event
$$;

comment on function public.fn_iu_history(text) is
  'All that happened to a unit, in order: its versions as they were drafted, enacted, superseded, '
  'retired; its moves, deletions, restorations and aliases; by whom (actor as stated, login as '
  'the server saw it), why, and on which review decision. No row for an unknown address. Works '
  'read-only and on a standby. For iu_editor, iu_operator, cutter_exec, cutter_verify, '
  'cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_iu_history(text) from public;
grant  execute on function public.fn_iu_history(text)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_history.sql

--! Included functions/fn_iu_editions.sql
create or replace function public.fn_iu_editions(p_doc_code text)
returns table (
  edition            integer,
  edition_id         uuid,
  units              bigint,
  moved_units        bigint,
  root_hash          text,
  frozen_at          timestamptz,
  actor              text,
  review_decision_id uuid,
  change_set_id      uuid
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select e.edition, e.id, e.units, e.moved_units, e.root_hash, e.frozen_at, e.actor,
         e.review_decision_id, e.change_set_id
    from public.document_edition e
   where e.doc_code = p_doc_code
   order by e.edition
$$;

comment on function public.fn_iu_editions(text) is
  'The editions of a document, oldest first: columns of document_edition. No row for an unknown '
  'document. Works read-only and on a standby. For iu_editor, iu_operator, cutter_exec, '
  'cutter_verify, cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_iu_editions(text) from public;
grant  execute on function public.fn_iu_editions(text)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_editions.sql

--! Included functions/fn_iu_reconstruct_source_edition.sql
create or replace function public.fn_iu_reconstruct_source(p_doc_code text, p_edition integer)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
-- The text is sorted with its keys: in memory, up to a long law.
set work_mem = '64MB'
as $$
  -- OFFSET 0: by their keys, as in iu_core.find_units.
  select string_agg(v.body, '' order by f.position)
    from public.document_edition e
    join public.document_edition_unit f on f.edition_id = e.id
   cross join lateral (
     select v.body
       from public.unit_version v
      where v.unit_id = f.unit_id and v.id = f.version_id
     offset 0) as v
   where e.doc_code = p_doc_code
     and e.edition = p_edition
$$;

comment on function public.fn_iu_reconstruct_source(text, integer) is
  'The text of an edition of a document, from the places and versions it froze, whatever happened '
  'to the working tree since. Null when there is no such edition, or nothing was in force in it. '
  'Name the argument or give it a type: two functions have this name. Works read-only and on a '
  'standby. For iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver, '
  'context_pack_readonly.';

revoke all     on function public.fn_iu_reconstruct_source(text, integer) from public;
grant  execute on function public.fn_iu_reconstruct_source(text, integer)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_reconstruct_source_edition.sql

--! Included functions/fn_iu_reconstruct_source_at.sql
create or replace function public.fn_iu_reconstruct_source(p_doc_code text, p_at timestamptz)
returns text
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select public.fn_iu_reconstruct_source(
           p_doc_code,
           (select max(e.edition)
              from public.document_edition e
             where e.doc_code = p_doc_code
               and e.frozen_at <= p_at))
$$;

comment on function public.fn_iu_reconstruct_source(text, timestamptz) is
  'The text of a document as it was in force at a moment: of its last edition frozen until then. '
  'Null when nothing was in force yet. Name the argument or give it a type: two functions have '
  'this name. Works read-only and on a standby. For iu_editor, iu_operator, cutter_exec, '
  'cutter_verify, cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_iu_reconstruct_source(text, timestamptz) from public;
grant  execute on function public.fn_iu_reconstruct_source(text, timestamptz)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_reconstruct_source_at.sql

-- ------------------------------------------------------------------------------------------------
-- Checks
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/broken_units.sql
create or replace function iu_core.broken_units(p_unit_ids uuid[])
returns table (unit_id uuid, invariant text, detail text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- Planned for what is asked: a few units by their keys, or all by reading the table.
set plan_cache_mode = force_custom_plan
set jit = off
-- Each table is read once, whatever the statistics say of its size: all of it, or what the units name.
set enable_nestloop = off
as $$
declare
  v_parent_ids uuid[];
begin
  if p_unit_ids is not null then
    v_parent_ids := array(
      select distinct u.parent_or_container_ref
        from public.information_unit u
       where u.id = any (p_unit_ids));
  end if;

  return query
  with asked as (
    select u.*
      from public.information_unit u
     where p_unit_ids is null or u.id = any (p_unit_ids)
  )
  select i.id, 'unit_exists', 'there is no unit with this id'
    from unnest(p_unit_ids) as i (id)
    left join asked a on a.id = i.id
   where a.id is null
  union all
  select a.id, 'address_grammar', 'not a canonical address'
    from asked a
   where not iu_core.is_address(a.canonical_address)
  union all
  select a.id, 'vocabulary_active', format('kind %s, section type %s', a.unit_kind, a.section_type)
    from asked a
    left join public.iu_unit_kind    k on k.code = a.unit_kind and k.active
    left join public.iu_section_type t on t.code = a.section_type and t.active
   where k.code is null or t.code is null
  union all
  select a.id, 'parent_in_document',
         format('its parent %s is in %s', a.parent_or_container_ref,
                coalesce(p.doc_code, 'no document: it does not exist'))
    from asked a
    left join public.information_unit p
           on p.id = a.parent_or_container_ref
          and (p_unit_ids is null or p.id = any (v_parent_ids))
   where a.parent_or_container_ref is not null
     and p.doc_code is distinct from a.doc_code
  union all
  select a.id, 'parent_live', format('the unit over it, %s, is deleted', p.canonical_address)
    from asked a
    join public.information_unit p
      on p.id = a.parent_or_container_ref
     and (p_unit_ids is null or p.id = any (v_parent_ids))
   where a.deleted_at is null and p.deleted_at is not null
  union all
  select a.id, 'siblings_unique', format('sort key %s is a sibling''s too', a.sort_key)
    from asked a
   -- One EXISTS per case, as IS NOT DISTINCT FROM would not use the index of the siblings.
   where a.deleted_at is null
     and (exists (
            select from public.information_unit s
             where s.doc_code = a.doc_code
               and s.parent_or_container_ref = a.parent_or_container_ref
               and s.sort_key = a.sort_key
               and s.id <> a.id
               and s.deleted_at is null)
          or a.parent_or_container_ref is null and exists (
            select from public.information_unit s
             where s.doc_code = a.doc_code
               and s.parent_or_container_ref is null
               and s.sort_key = a.sort_key
               and s.id <> a.id
               and s.deleted_at is null));
end
$$;

comment on function iu_core.broken_units(uuid[]) is
  'Of these units (null: all) the broken invariants of their own rows and neighbours: unit_exists, '
  'address_grammar, vocabulary_active, parent_in_document, parent_live, siblings_unique.';
--! EndIncluded functions/iu_core/broken_units.sql

--! Included functions/iu_core/broken_trees.sql
create or replace function iu_core.broken_trees(p_unit_ids uuid[])
returns table (unit_id uuid, invariant text, detail text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set enable_nestloop = on
as $$
begin
  if p_unit_ids is null then
    -- What cannot be reached from the tops, each unit being visited once, whatever the statistics
    -- say of the table's size; ends with the function.
    perform set_config('enable_nestloop', 'off', true);
    return query
    with recursive reached as (
      select u.id, u.doc_code
        from public.information_unit u
        left join public.information_unit p on p.id = u.parent_or_container_ref
       where p.doc_code is distinct from u.doc_code
      union all
      -- OFFSET 0: by the indexes of the siblings, as iu_core.tree does.
      select c.id, c.doc_code
        from reached r
       cross join lateral (
         select u.id, u.doc_code
           from public.information_unit u
          where u.doc_code = r.doc_code and u.parent_or_container_ref = r.id
            and u.deleted_at is null
         union all
         select u.id, u.doc_code
           from public.information_unit u
          where u.doc_code = r.doc_code and u.parent_or_container_ref = r.id
            and u.deleted_at is not null
         offset 0) as c
    )
    select u.id, 'acyclic', 'its parents run in a circle'
      from public.information_unit u
     where not exists (select from reached r where r.id = u.id);
  else
    return query
    with recursive upward (id, parent_ref) as (
      select u.id, u.parent_or_container_ref
        from public.information_unit u
       where u.id = any (p_unit_ids)
      union all
      select w.id, u.parent_or_container_ref
        from upward w
       -- OFFSET 0: by their keys, as in iu_core.find_units.
       cross join lateral (
         select u.parent_or_container_ref
           from public.information_unit u
          where u.id = w.parent_ref
         offset 0) as u
    ) cycle id, parent_ref set is_circle using path
    select distinct w.id, 'acyclic', 'its parents run in a circle'
      from upward w
     where w.is_circle;
  end if;
end
$$;

comment on function iu_core.broken_trees(uuid[]) is
  'The invariant acyclic: those of these units (null: all) whose parents run in a circle, or that '
  'hang on one.';
--! EndIncluded functions/iu_core/broken_trees.sql

--! Included functions/iu_core/broken_versions.sql
create or replace function iu_core.broken_versions(p_unit_ids uuid[])
returns table (unit_id uuid, invariant text, detail text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
-- Each table is read once, whatever the statistics say of its size: all of it, or what the units name.
set enable_nestloop = off
as $$
begin
  return query
  with version_of as materialized (
    select u.id, u.lifecycle_status, u.draft_version_ref, u.enacted_version_ref,
           count(v.id) as versions, min(v.version_seq) as first, max(v.version_seq) as last,
           count(*) filter (where v.content_hash <> iu_core.content_hash(v.body)) as wrong_hashes,
           bool_or(v.id = u.draft_version_ref)   as own_draft,
           bool_or(v.id = u.enacted_version_ref) as own_enacted
      from public.information_unit u
      left join public.unit_version v
             on v.unit_id = u.id and (p_unit_ids is null or v.unit_id = any (p_unit_ids))
     where p_unit_ids is null or u.id = any (p_unit_ids)
     group by u.id
  )
  select o.id, 'versions_dense',
         format('%s versions, numbered %s to %s', o.versions, o.first, o.last)
    from version_of o
   where (o.versions, o.first, o.last) is distinct from (o.last::bigint, 1, o.last)
  union all
  select o.id, 'refs_own',
         format('draft %s, enacted %s', o.draft_version_ref, o.enacted_version_ref)
    from version_of o
   where (o.lifecycle_status = 'draft' and o.draft_version_ref is null)
      or o.own_draft is false
      or o.own_enacted is false
  union all
  select o.id, 'hash_recomputes', format('%s versions do not', o.wrong_hashes)
    from version_of o
   where o.wrong_hashes > 0
  union all
  select v.unit_id, 'version_has_unit', format('%s versions of a unit that is gone', count(*))
    from public.unit_version v
   where p_unit_ids is null
     and not exists (select from public.information_unit u where u.id = v.unit_id)
   group by v.unit_id;
end
$$;

comment on function iu_core.broken_versions(uuid[]) is
  'Of these units (null: all) the broken invariants of their versions: versions_dense, refs_own, '
  'hash_recomputes; and, asked about all, version_has_unit.';
--! EndIncluded functions/iu_core/broken_versions.sql

--! Included functions/iu_core/broken_lifecycles.sql
create or replace function iu_core.broken_lifecycles(p_unit_ids uuid[])
returns table (unit_id uuid, invariant text, detail text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
-- Each table is read once, whatever the statistics say of its size: all of it, or what the units name.
set enable_nestloop = off
as $$
begin
  return query
  with logged as materialized (
    select l.unit_id, l.version_id, max(l.at) filter (where l.to_status = 'enacted') as enacted_at,
           -- Where no edge leads on from.
           max(l.to_status) filter (where o.id is null) as status
      from public.iu_lifecycle_log l
      left join public.iu_lifecycle_log o
             on o.version_id = l.version_id and o.from_status = l.to_status
            and (p_unit_ids is null or o.unit_id = any (p_unit_ids))
     where p_unit_ids is null or l.unit_id = any (p_unit_ids)
     group by l.unit_id, l.version_id
  ),
  -- A unit has the status of the version that was enacted last, or of a draft that never was.
  ranked as (
    select g.unit_id,
           (array_agg(g.status order by g.enacted_at desc nulls last))[1]   as status,
           array_agg(g.version_id) filter (where g.status = 'enacted')      as versions
      from logged g
     group by g.unit_id
  ),
  expected as (
    select u.id, u.lifecycle_status, u.draft_version_ref, u.enacted_version_ref, g.versions,
           d.status as draft_status, coalesce(g.status, 'draft') as status
      from public.information_unit u
      left join ranked g on g.unit_id = u.id
      left join logged d on d.version_id = u.draft_version_ref
     where p_unit_ids is null or u.id = any (p_unit_ids)
  )
  select e.id, 'status_follows_log',
         format('is %s with %s in force; the log says %s with %s', e.lifecycle_status,
                coalesce(e.enacted_version_ref::text, 'nothing'), e.status,
                coalesce(array_to_string(e.versions, ', '), 'nothing'))
         || case when e.draft_status is null then ''
                 else format('; its draft is %s', e.draft_status)
            end
    from expected e
   where e.lifecycle_status <> e.status
      or array[e.enacted_version_ref] is distinct from coalesce(e.versions, array[null::uuid])
      or e.draft_status is not null;
end
$$;

comment on function iu_core.broken_lifecycles(uuid[]) is
  'The invariant status_follows_log: those of these units (null: all) whose status, version in '
  'force or draft is not what iu_lifecycle_log says.';
--! EndIncluded functions/iu_core/broken_lifecycles.sql

--! Included functions/iu_core/broken_editions.sql
create or replace function iu_core.broken_editions(p_unit_ids uuid[])
returns table (unit_id uuid, invariant text, detail text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
as $$
begin
  return query
  with asked as (
    select e.*
      from public.document_edition e
     where p_unit_ids is null
        or e.id in (
             select distinct on (l.doc_code) l.id
               from public.document_edition l
              where l.doc_code in (select u.doc_code
                                     from public.information_unit u
                                    where u.id = any (p_unit_ids))
              order by l.doc_code, l.edition desc)
  ),
  -- OFFSET 0: the rows of one edition by their key, and each version by its own.
  recomputed as (
    select a.doc_code, a.edition, a.units, a.root_hash, f.rows, f.hash
      from asked a
     cross join lateral (
       select count(*) as rows,
              iu_core.content_hash(coalesce(string_agg(
                iu_core.edition_line(f.position, f.unit_id, f.version_id, f.parent_ref, f.depth,
                                     v.content_hash, v.title), '' order by f.position), '')) as hash
         from public.document_edition_unit f
         left join lateral (
           select v.content_hash, v.title
             from public.unit_version v
            where v.unit_id = f.unit_id and v.id = f.version_id
           offset 0) as v on true
        where f.edition_id = a.id
       offset 0) as f
  )
  select null::uuid, 'edition_recomputes',
         format('edition %s of %s has %s of %s rows and root hash %s, not %s', r.edition,
                r.doc_code, r.rows, r.units, r.hash, r.root_hash)
    from recomputed r
   where (r.rows, r.hash) is distinct from (r.units::bigint, r.root_hash)
  union all
  select null::uuid, 'editions_follow_log',
         format('%s has editions %s to %s, %s in all, the last of %s; its last move was at %s',
                coalesce(e.doc_code, m.doc_code), e.first, e.last, coalesce(e.editions, 0),
                e.frozen_at, m.at)
    from (select a.doc_code, count(*) as editions, min(a.edition) as first, max(a.edition) as last,
                 max(a.frozen_at) as frozen_at
            from public.document_edition a
           where p_unit_ids is null
           group by a.doc_code) as e
    full join (
           select u.doc_code, max(l.at) as at
             from public.iu_lifecycle_log l
             join public.information_unit u on u.id = l.unit_id
            where p_unit_ids is null
              and 'enacted' in (l.from_status, l.to_status)
            group by u.doc_code) as m on m.doc_code = e.doc_code
   where (e.editions, e.first, e.frozen_at) is distinct from (e.last::bigint, 1, m.at);
end
$$;

comment on function iu_core.broken_editions(uuid[]) is
  'The invariant edition_recomputes, of all editions, or of the last of each document of these '
  'units: its rows are as many as it says and its root hash recomputes from them and from the '
  'versions'' hashes; and, asked about all, editions_follow_log: they are numbered without a gap, '
  'and the last is of the last move into or out of force. They belong to a document, so unit_id is '
  'null.';
--! EndIncluded functions/iu_core/broken_editions.sql

--! Included functions/fn_iu_verify_invariants.sql
create or replace function public.fn_iu_verify_invariants(p_unit_ids uuid[] default null)
returns table (unit_id uuid, canonical_address text, invariant text, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select b.unit_id, u.canonical_address, b.invariant, b.detail
    from (
      select * from iu_core.broken_units(p_unit_ids)
      union all
      select * from iu_core.broken_trees(p_unit_ids)
      union all
      select * from iu_core.broken_versions(p_unit_ids)
      union all
      select * from iu_core.broken_lifecycles(p_unit_ids)
      union all
      select * from iu_core.broken_editions(p_unit_ids)
    ) as b
    left join public.information_unit u on u.id = b.unit_id
   order by u.canonical_address, b.invariant, b.detail
$$;

comment on function public.fn_iu_verify_invariants(uuid[]) is
  'One row per broken invariant of these units, or of all when null; no row is healthy. '
  'Invariants: unit_exists, address_grammar, vocabulary_active, parent_in_document, parent_live, '
  'siblings_unique, acyclic, versions_dense, refs_own, hash_recomputes, version_has_unit, '
  'status_follows_log, edition_recomputes (of a document: unit_id is null; asked about some units, '
  'only the last edition of their documents), and, asked about all, editions_follow_log. What constraints already promise is looked at '
  'again: a restore or a superuser may have gone around them. Works read-only and on a standby. '
  'For iu_operator, cutter_verify, context_pack_readonly.';

revoke all     on function public.fn_iu_verify_invariants(uuid[]) from public;
grant  execute on function public.fn_iu_verify_invariants(uuid[])
       to iu_operator, cutter_verify, context_pack_readonly;
--! EndIncluded functions/fn_iu_verify_invariants.sql

--! Included functions/fn_iu_check_units.sql
create or replace function public.fn_iu_check_units()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with broken as materialized (
    select v.* from public.fn_iu_verify_invariants() as v
  )
  select format('invariant %s holds', i.name),
         count(b.invariant) = 0,
         case when count(b.invariant) = 0
              then (select count(*) || ' units' from public.information_unit)
              else format('%s broken, the first is %s', count(b.invariant),
                          -- What belongs to a document has no address.
                          concat_ws(': ', min(b.canonical_address),
                                    (array_agg(b.detail order by b.canonical_address,
                                                                 b.detail))[1]))
         end
    from unnest(array['versions_dense', 'version_has_unit', 'refs_own', 'hash_recomputes',
                      'address_grammar', 'vocabulary_active', 'parent_in_document', 'parent_live',
                      'acyclic', 'siblings_unique', 'status_follows_log', 'edition_recomputes',
                      'editions_follow_log'])
         with ordinality as i (name, n)
    left join broken b on b.invariant = i.name
   group by i.name, i.n
   order by i.n
$$;

comment on function public.fn_iu_check_units() is
  'One scenario row per invariant of fn_iu_verify_invariants(), over all units. Read only. For '
  'iu_operator.';

revoke all     on function public.fn_iu_check_units() from public;
grant  execute on function public.fn_iu_check_units() to iu_operator;
--! EndIncluded functions/fn_iu_check_units.sql

reset role;

select iu_core.protect_table(
  'cutter_governance.review_decision', 'ledger', 'public.fn_iu_review_decide()');
select iu_core.protect_table(
  'cutter_governance.review_decision_unit', 'ledger', 'public.fn_iu_review_decide()');
select iu_core.protect_table(
  'public.iu_lifecycle_log', 'ledger',
  'public.fn_iu_enact(), public.fn_iu_supersede() or public.fn_iu_retire()');
select iu_core.protect_table('public.document_edition', 'ledger', 'public.fn_iu_enact()');
select iu_core.protect_table('public.document_edition_unit', 'ledger', 'public.fn_iu_enact()');

select iu_core.register_errors($errors$[
  {"code": "IU030", "name": "review_decision_required",
   "problem": "No review decision carries this act on these versions.",
   "next_step": "Let a reviewer decide on these versions with public.fn_iu_review_decide."},
  {"code": "IU032", "name": "decision_refused",
   "problem": "A reviewer named what cannot be decided on.",
   "next_step": "Correct the targets that the detail lists; name the version that was read."}
]$errors$);
