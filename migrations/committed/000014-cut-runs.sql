--! Previous: sha1:13e8d7bcc492432a5d0ad8618e598c5aa7419b46
--! Hash: sha1:42bc9fcc683c13a1c66956be51cdc5c340c2053e
--! Message: cut runs
--! Title: Runs of cuts: states, manifests, plan, evidence, exits

--! split: 1-current.sql
set local role workflow_admin;

create type iu_core.cut_principal as (
  actor    text,
  login    text,
  session  text,
  stand_in boolean
);

comment on type iu_core.cut_principal is
  'Who acts on a run: as stated, the login and the server process of the session as seen; stand_in: '
  'played by a dry run.';

-- ------------------------------------------------------------------------------------------------
-- States and edges
-- ------------------------------------------------------------------------------------------------

create table cutter_governance.cut_state (
  code      text collate "C" not null,
  place     integer,
  next_step text             not null,
  constraint cut_state_pk       primary key (code),
  constraint cut_state_place_uq unique (place)
);

comment on table  cutter_governance.cut_state           is 'Where a run of a cut can be.';
comment on column cutter_governance.cut_state.code      is 'The state.';
comment on column cutter_governance.cut_state.place     is
  'Its place on the way, from 1; null beside it: stopped, failed, voided.';
comment on column cutter_governance.cut_state.next_step is 'What is to be done next, and by whom.';

create table cutter_governance.cut_run_edge (
  from_state text collate "C" not null,
  to_state   text collate "C" not null,
  step       text collate "C" not null,
  mode       text,
  constraint cut_run_edge_pk      primary key (from_state, to_state),
  constraint cut_run_edge_from_fk
    foreign key (from_state) references cutter_governance.cut_state (code),
  constraint cut_run_edge_to_fk
    foreign key (to_state) references cutter_governance.cut_state (code),
  constraint cut_run_edge_mode_ck check (mode in ('DRYRUN', 'LIVE'))
);

comment on table  cutter_governance.cut_run_edge            is
  'Which state follows which: the only ways a run can go.';
comment on column cutter_governance.cut_run_edge.from_state is 'Before.';
comment on column cutter_governance.cut_run_edge.to_state   is 'After.';
comment on column cutter_governance.cut_run_edge.step       is
  'What takes it: the function public.fn_cut_<step>, or the step of the run that includes it.';
comment on column cutter_governance.cut_run_edge.mode       is
  'Of runs of this mode only; null: of both.';

insert into cutter_governance.cut_state (code, place, next_step) values
  ('pending',            1, 'The run opens.'),
  ('source_pinned',      2, 'Mark it: cutter_exec names the manifest (iu cut run, iu cut resume).'),
  ('marked',             3, 'Plan it: cutter_exec (iu cut resume).'),
  ('plan_ok',            4, 'Take a backup and state it: cutter_exec (iu cut resume).'),
  ('backup_taken',       5, 'Probe the grants: cutter_exec (iu cut resume).'),
  ('grants_probed',      6, 'The run goes on to the pause at SG_1.'),
  ('awaiting_sg_1',      7, 'Dry run it (cutter_exec, iu cut resume); then an approver decides on the cut (SG_1).'),
  ('cut_committed',      8, 'Verify what is stored: cutter_verify.'),
  ('structure_verified', 9, 'Verify the text against its source: cutter_verify.'),
  ('cut_verified',      10, 'The run goes on to the pause at SG_2.'),
  ('awaiting_sg_2',     11, 'An approver decides on the enactment (SG_2).'),
  ('enacted',           12, 'Close it: cutter_exec.'),
  ('closed',            13, 'Nothing: the run has ended.'),
  ('stopped',         null, 'Resume it (cutter_exec, iu cut resume), or void it (cutter_approver, iu cut void).'),
  ('failed',          null, 'See why (iu cut status), mend it, then resume it (cutter_exec) or void it (cutter_approver).'),
  ('voided',          null, 'Nothing: the run has ended. Its source can be marked in another run.');

insert into cutter_governance.cut_run_edge (from_state, to_state, step, mode) values
  ('pending',            'source_pinned',      'open',             null),
  ('source_pinned',      'marked',             'mark',             null),
  ('marked',             'plan_ok',            'plan',             null),
  ('plan_ok',            'backup_taken',       'record_backup',    null),
  ('backup_taken',       'grants_probed',      'probe_grants',     null),
  ('grants_probed',      'awaiting_sg_1',      'await_sg_1',       null),
  ('awaiting_sg_1',      'cut_committed',      'apply',            'LIVE'),
  ('cut_committed',      'structure_verified', 'verify_structure', 'LIVE'),
  ('structure_verified', 'cut_verified',       'verify_source',    'LIVE'),
  ('cut_verified',       'awaiting_sg_2',      'await_sg_2',       'LIVE'),
  ('awaiting_sg_2',      'enacted',            'enact',            'LIVE'),
  ('enacted',            'closed',             'close',            'LIVE'),
  ('awaiting_sg_1',      'closed',             'close',            'DRYRUN');

insert into cutter_governance.cut_run_edge (from_state, to_state, step)
select s.code, x.to_state, x.step
  from cutter_governance.cut_state s
 cross join (values ('stopped', 'stop'), ('failed', 'fail'), ('voided', 'void'))
       as x (to_state, step)
 where s.code not in ('closed', 'voided')
   and s.code <> x.to_state
   and not (s.code = 'stopped' and x.to_state = 'failed');

insert into cutter_governance.cut_run_edge (from_state, to_state, step)
select x.from_state, s.code, 'resume'
  from cutter_governance.cut_state s
 cross join (values ('stopped'), ('failed')) as x (from_state)
 where s.place < 13;

-- ------------------------------------------------------------------------------------------------
-- Manifests
-- ------------------------------------------------------------------------------------------------

create table cutter_governance.manifest_envelope (
  manifest_digest   text collate "C" not null,
  source_version_id uuid             not null,
  format            text             not null,
  profile_name      text collate "C" not null,
  profile_version   integer          not null,
  pieces            integer          not null,
  stored_at         timestamptz      not null,
  actor             text             not null,
  login             text             not null,
  constraint manifest_envelope_pk        primary key (manifest_digest),
  constraint manifest_envelope_digest_ck check (manifest_digest ~ '^[0-9a-f]{64}$'),
  constraint manifest_envelope_pieces_ck check (pieces > 0),
  constraint manifest_envelope_source_fk
    foreign key (source_version_id) references cutter_governance.source_version (id),
  constraint manifest_envelope_profile_fk
    foreign key (profile_name, profile_version)
    references cutter_governance.cut_profile (name, version)
);

comment on table  cutter_governance.manifest_envelope                   is
  'Manifests: how a source would be cut. Insert-only.';
comment on column cutter_governance.manifest_envelope.manifest_digest   is
  'sha256 (hex) of its canonical JSON, iu_core.manifest_text.';
comment on column cutter_governance.manifest_envelope.source_version_id is 'The bytes it is of.';
comment on column cutter_governance.manifest_envelope.format            is 'iu-cut-manifest/1.';
comment on column cutter_governance.manifest_envelope.profile_name      is
  'The rules that made it.';
comment on column cutter_governance.manifest_envelope.profile_version   is
  'The version of those rules.';
comment on column cutter_governance.manifest_envelope.pieces            is
  'How many there are: rows of manifest_unit_block.';
comment on column cutter_governance.manifest_envelope.stored_at         is 'clock_timestamp().';
comment on column cutter_governance.manifest_envelope.actor             is
  'Who, as stated by the caller.';
comment on column cutter_governance.manifest_envelope.login             is
  'session_user, as seen by the server.';

create table cutter_governance.manifest_unit_block (
  manifest_digest text collate "C" not null,
  position        integer          not null,
  piece_id        text collate "C" not null,
  parent_piece_id text collate "C",
  role            text             not null,
  kind            text collate "C" not null,
  section_type    text collate "C" not null,
  title           text             not null,
  address         text collate "C" not null,
  byte_start      integer          not null,
  byte_end        integer          not null,
  line_start      integer          not null,
  line_end        integer          not null,
  sha256          text collate "C" not null,
  constraint manifest_unit_block_pk          primary key (manifest_digest, position),
  constraint manifest_unit_block_piece_uq    unique (manifest_digest, piece_id),
  constraint manifest_unit_block_address_uq  unique (manifest_digest, address),
  constraint manifest_unit_block_position_ck check (position > 0),
  constraint manifest_unit_block_role_ck
    check (role in ('front_matter', 'preamble', 'unit')),
  constraint manifest_unit_block_bytes_ck    check (byte_start >= 0 and byte_end > byte_start),
  constraint manifest_unit_block_lines_ck    check (line_start > 0 and line_end >= line_start),
  constraint manifest_unit_block_sha256_ck   check (sha256 ~ '^[0-9a-f]{64}$'),
  constraint manifest_unit_block_envelope_fk
    foreign key (manifest_digest) references cutter_governance.manifest_envelope (manifest_digest)
);

comment on table  cutter_governance.manifest_unit_block                 is
  'The pieces of a manifest, each of which becomes a unit. Insert-only.';
comment on column cutter_governance.manifest_unit_block.manifest_digest is 'The manifest.';
comment on column cutter_governance.manifest_unit_block.position        is
  '1, 2, 3 … in reading order.';
comment on column cutter_governance.manifest_unit_block.piece_id        is
  'Names the piece in its manifest.';
comment on column cutter_governance.manifest_unit_block.parent_piece_id is
  'The piece it is under; null at the top.';
comment on column cutter_governance.manifest_unit_block.role            is
  'front_matter, preamble or unit.';
comment on column cutter_governance.manifest_unit_block.kind            is
  'Code of iu_unit_kind; checked by the plan.';
comment on column cutter_governance.manifest_unit_block.section_type    is
  'Code of iu_section_type; checked by the plan.';
comment on column cutter_governance.manifest_unit_block.title           is
  'Heading; may be empty.';
comment on column cutter_governance.manifest_unit_block.address         is
  'Canonical address of the unit; checked by the plan.';
comment on column cutter_governance.manifest_unit_block.byte_start      is
  'Its first byte in the source, from 0.';
comment on column cutter_governance.manifest_unit_block.byte_end        is
  'The byte after its last.';
comment on column cutter_governance.manifest_unit_block.line_start      is
  'Its first line, from 1.';
comment on column cutter_governance.manifest_unit_block.line_end        is 'Its last line.';
comment on column cutter_governance.manifest_unit_block.sha256          is
  'Of its bytes, in hex.';

-- ------------------------------------------------------------------------------------------------
-- Runs
-- ------------------------------------------------------------------------------------------------

create table cutter_governance.cut_run (
  run_id            text collate "C" not null,
  source_version_id uuid             not null,
  mode              text             not null,
  actor             text             not null,
  login             text             not null,
  manifest_digest   text collate "C",
  state             text collate "C" not null,
  seq               integer          not null,
  opened_at         timestamptz      not null,
  moved_at          timestamptz      not null,
  constraint cut_run_pk       primary key (run_id),
  constraint cut_run_id_ck    check (run_id ~ '^ictr-[0-9]{8}T[0-9]{6}Z-[0-9a-f]{8}$'),
  constraint cut_run_mode_ck  check (mode in ('DRYRUN', 'LIVE')),
  constraint cut_run_state_fk
    foreign key (state) references cutter_governance.cut_state (code),
  constraint cut_run_source_fk
    foreign key (source_version_id) references cutter_governance.source_version (id),
  constraint cut_run_manifest_fk
    foreign key (manifest_digest) references cutter_governance.manifest_envelope (manifest_digest)
);

create unique index cut_run_open_uq
  on cutter_governance.cut_run (source_version_id)
  where state not in ('closed', 'voided');

comment on table  cutter_governance.cut_run                   is
  'Runs of cuts: where each is. What happened is in cut_run_transition.';
comment on column cutter_governance.cut_run.run_id            is 'ictr-<UTC>-<8 hex digits>.';
comment on column cutter_governance.cut_run.source_version_id is
  'The bytes it cuts; one run over them is open at a time.';
comment on column cutter_governance.cut_run.mode              is
  'DRYRUN: ends with the record of a dry run; LIVE: cuts.';
comment on column cutter_governance.cut_run.actor             is
  'Who opened it, as stated by the caller.';
comment on column cutter_governance.cut_run.login             is
  'session_user, as seen by the server.';
comment on column cutter_governance.cut_run.manifest_digest   is
  'What it is to cut; null until it is marked.';
comment on column cutter_governance.cut_run.state             is 'Code of cut_state.';
comment on column cutter_governance.cut_run.seq               is
  'How many transitions it made: the last one''s seq.';
comment on column cutter_governance.cut_run.opened_at         is 'clock_timestamp().';
comment on column cutter_governance.cut_run.moved_at          is
  'clock_timestamp() of its last transition.';

create table cutter_governance.cut_run_transition (
  run_id     text collate "C" not null,
  seq        integer          not null,
  from_state text collate "C" not null,
  to_state   text collate "C" not null,
  actor      text             not null,
  login      text             not null,
  stand_in   boolean          not null,
  reason     text,
  receipt    jsonb            not null,
  moved_at   timestamptz      not null,
  constraint cut_run_transition_pk     primary key (run_id, seq),
  constraint cut_run_transition_seq_ck check (seq > 0),
  constraint cut_run_transition_receipt_ck check (jsonb_typeof(receipt) = 'object'),
  constraint cut_run_transition_run_fk
    foreign key (run_id) references cutter_governance.cut_run (run_id),
  constraint cut_run_transition_edge_fk
    foreign key (from_state, to_state)
    references cutter_governance.cut_run_edge (from_state, to_state)
);

comment on table  cutter_governance.cut_run_transition            is
  'Every move of a run, with its receipt. Insert-only.';
comment on column cutter_governance.cut_run_transition.run_id     is 'The run.';
comment on column cutter_governance.cut_run_transition.seq        is '1, 2, 3 … within the run.';
comment on column cutter_governance.cut_run_transition.from_state is 'Where it was.';
comment on column cutter_governance.cut_run_transition.to_state   is 'Where it is since.';
comment on column cutter_governance.cut_run_transition.actor      is
  'Who, as stated by the caller; of a void the approver.';
comment on column cutter_governance.cut_run_transition.login      is
  'session_user, as seen by the server; of a stand-in what it plays.';
comment on column cutter_governance.cut_run_transition.stand_in   is
  'Made by a dry run. Such a row can never be committed.';
comment on column cutter_governance.cut_run_transition.reason     is
  'Why, where it was stated.';
comment on column cutter_governance.cut_run_transition.receipt    is
  'What the step found and left: see the function of the step.';
comment on column cutter_governance.cut_run_transition.moved_at   is 'clock_timestamp().';

-- ------------------------------------------------------------------------------------------------
-- What a cut leaves: leg B, the governed record of the units it wrote
-- ------------------------------------------------------------------------------------------------

create table cutter_governance.cut_change_set (
  id                 uuid             not null,
  run_id             text collate "C" not null,
  source_version_id  uuid             not null,
  manifest_digest    text collate "C" not null,
  review_decision_id uuid             not null,
  idempotency_key    text collate "C" not null,
  plan_digest        text collate "C" not null,
  writer_digest      text collate "C" not null,
  rollback_key       uuid             not null,
  units              integer          not null,
  created_at         timestamptz      not null,
  actor              text             not null,
  login              text             not null,
  constraint cut_change_set_pk        primary key (id),
  constraint cut_change_set_run_uq    unique (run_id),
  constraint cut_change_set_key_uq    unique (idempotency_key),
  constraint cut_change_set_back_uq   unique (rollback_key),
  constraint cut_change_set_units_ck  check (units > 0),
  constraint cut_change_set_plan_ck   check (plan_digest ~ '^[0-9a-f]{64}$'),
  constraint cut_change_set_writer_ck check (writer_digest ~ '^[0-9a-f]{64}$'),
  constraint cut_change_set_run_fk
    foreign key (run_id) references cutter_governance.cut_run (run_id),
  constraint cut_change_set_source_fk
    foreign key (source_version_id) references cutter_governance.source_version (id),
  constraint cut_change_set_manifest_fk
    foreign key (manifest_digest) references cutter_governance.manifest_envelope (manifest_digest),
  constraint cut_change_set_decision_fk
    foreign key (review_decision_id) references cutter_governance.review_decision (id)
);

comment on table  cutter_governance.cut_change_set                    is
  'What a run cut, as one set. Insert-only.';
comment on column cutter_governance.cut_change_set.id                 is
  'iu_core.uuid_v7(); change_set_id of what is enacted of it.';
comment on column cutter_governance.cut_change_set.run_id             is 'The run that cut it.';
comment on column cutter_governance.cut_change_set.source_version_id  is 'The bytes it came from.';
comment on column cutter_governance.cut_change_set.manifest_digest    is 'What was approved.';
comment on column cutter_governance.cut_change_set.review_decision_id is
  'The decision to cut.';
comment on column cutter_governance.cut_change_set.idempotency_key    is
  'iu_core.cut_key: a manifest is cut once.';
comment on column cutter_governance.cut_change_set.plan_digest        is
  'Of what was written: iu_core.plan_digest.';
comment on column cutter_governance.cut_change_set.writer_digest      is
  'Of the functions that wrote it: iu_core.writer_digest.';
comment on column cutter_governance.cut_change_set.rollback_key       is
  'Names what would undo it.';
comment on column cutter_governance.cut_change_set.units              is
  'How many: rows of cut_change_set_affected_row.';
comment on column cutter_governance.cut_change_set.created_at         is 'clock_timestamp().';
comment on column cutter_governance.cut_change_set.actor              is
  'Who cut, as stated by the caller.';
comment on column cutter_governance.cut_change_set.login              is
  'session_user, as seen by the server.';

create table cutter_governance.cut_change_set_affected_row (
  change_set_id uuid    not null,
  position      integer not null,
  unit_id       uuid    not null,
  version_id    uuid    not null,
  constraint cut_change_set_affected_row_pk      primary key (change_set_id, position),
  constraint cut_change_set_affected_row_unit_uq unique (unit_id),
  constraint cut_change_set_affected_row_set_fk
    foreign key (change_set_id) references cutter_governance.cut_change_set (id),
  constraint cut_change_set_affected_row_version_fk
    foreign key (unit_id, version_id) references public.unit_version (unit_id, id)
);

comment on table  cutter_governance.cut_change_set_affected_row               is
  'The units that a change set made, each from the piece of its position. Insert-only.';
comment on column cutter_governance.cut_change_set_affected_row.change_set_id is 'The change set.';
comment on column cutter_governance.cut_change_set_affected_row.position      is
  'The piece''s place in the manifest.';
comment on column cutter_governance.cut_change_set_affected_row.unit_id       is 'The unit.';
comment on column cutter_governance.cut_change_set_affected_row.version_id    is
  'Its first version.';

create table cutter_governance.dot_pair_signature (
  run_id         text collate "C" not null,
  duty           text             not null,
  actor          text             not null,
  login          text             not null,
  session        text             not null,
  stand_in       boolean          not null,
  subject_digest text collate "C" not null,
  signed_at      timestamptz      not null,
  constraint dot_pair_signature_pk        primary key (run_id, duty),
  constraint dot_pair_signature_duty_ck   check (duty in ('executor', 'verifier')),
  constraint dot_pair_signature_digest_ck check (subject_digest ~ '^[0-9a-f]{64}$'),
  constraint dot_pair_signature_run_fk
    foreign key (run_id) references cutter_governance.cut_run (run_id)
);

comment on table  cutter_governance.dot_pair_signature                is
  'Who executed and who verified a run, two principals: signed by the server, which saw them. '
  'Insert-only.';
comment on column cutter_governance.dot_pair_signature.run_id         is 'The run.';
comment on column cutter_governance.dot_pair_signature.duty           is 'executor or verifier.';
comment on column cutter_governance.dot_pair_signature.actor          is
  'Who, as stated by the caller.';
comment on column cutter_governance.dot_pair_signature.login          is
  'session_user, as seen by the server.';
comment on column cutter_governance.dot_pair_signature.session        is
  'The server process of the session.';
comment on column cutter_governance.dot_pair_signature.stand_in       is
  'Played by a dry run. Such a row can never be committed.';
comment on column cutter_governance.dot_pair_signature.subject_digest is
  'sha256 (hex) of what is signed: the plan digest, or the results of the verification.';
comment on column cutter_governance.dot_pair_signature.signed_at      is 'clock_timestamp().';

create table cutter_governance.verify_result (
  run_id      text collate "C" not null,
  run_seq     integer          not null,
  axis        integer          not null,
  name        text collate "C" not null,
  ok          boolean          not null,
  detail      text             not null,
  actor       text             not null,
  login       text             not null,
  verified_at timestamptz      not null,
  constraint verify_result_pk      primary key (run_id, run_seq, name),
  constraint verify_result_axis_ck check (axis in (1, 2)),
  constraint verify_result_run_fk
    foreign key (run_id) references cutter_governance.cut_run (run_id)
);

comment on table  cutter_governance.verify_result             is
  'What was verified of a run. Insert-only.';
comment on column cutter_governance.verify_result.run_id      is 'The run.';
comment on column cutter_governance.verify_result.run_seq     is
  'Its seq when it was verified.';
comment on column cutter_governance.verify_result.axis        is
  '1: the stored text against its source; 2: the structure against the manifest.';
comment on column cutter_governance.verify_result.name        is 'What was checked.';
comment on column cutter_governance.verify_result.ok          is 'Whether it holds.';
comment on column cutter_governance.verify_result.detail      is 'What was found.';
comment on column cutter_governance.verify_result.actor       is 'Who, as stated by the caller.';
comment on column cutter_governance.verify_result.login       is
  'session_user, as seen by the server.';
comment on column cutter_governance.verify_result.verified_at is 'clock_timestamp().';

create table cutter_governance.cut_dryrun (
  id                   uuid             not null,
  run_id               text collate "C" not null,
  manifest_digest      text collate "C" not null,
  verdict              text             not null,
  reconstructed_sha256 text collate "C",
  impact               jsonb            not null,
  problem              jsonb,
  made_at              timestamptz      not null,
  actor                text             not null,
  login                text             not null,
  constraint cut_dryrun_pk         primary key (id),
  constraint cut_dryrun_verdict_ck
    check (verdict in ('green', 'red') and (verdict = 'red') = (problem is not null)),
  constraint cut_dryrun_run_fk
    foreign key (run_id) references cutter_governance.cut_run (run_id),
  constraint cut_dryrun_manifest_fk
    foreign key (manifest_digest) references cutter_governance.manifest_envelope (manifest_digest)
);

create index cut_dryrun_manifest_ix on cutter_governance.cut_dryrun (manifest_digest, made_at);

comment on table  cutter_governance.cut_dryrun                      is
  'The record of dry runs: all that stays of them. Insert-only.';
comment on column cutter_governance.cut_dryrun.id                   is 'iu_core.uuid_v7().';
comment on column cutter_governance.cut_dryrun.run_id               is 'The run.';
comment on column cutter_governance.cut_dryrun.manifest_digest      is 'What was tried.';
comment on column cutter_governance.cut_dryrun.verdict              is
  'green: cut, verified, enacted and reconstructed, then undone; red: it failed.';
comment on column cutter_governance.cut_dryrun.reconstructed_sha256 is
  'Of the edition, composed back; null when it did not come to that.';
comment on column cutter_governance.cut_dryrun.impact               is
  '{units, rows: {table: inserted}, updated: {table: rows}, events: {type: number}, '
  'events_recorded, milliseconds}.';
comment on column cutter_governance.cut_dryrun.problem              is
  '{code, name, message, detail} of what failed; null when green.';
comment on column cutter_governance.cut_dryrun.made_at              is 'clock_timestamp().';
comment on column cutter_governance.cut_dryrun.actor                is
  'Who, as stated by the caller.';
comment on column cutter_governance.cut_dryrun.login                is
  'session_user, as seen by the server.';

grant select
   on cutter_governance.cut_state, cutter_governance.cut_run_edge,
      cutter_governance.manifest_envelope, cutter_governance.manifest_unit_block,
      cutter_governance.cut_run, cutter_governance.cut_run_transition,
      cutter_governance.cut_change_set, cutter_governance.cut_change_set_affected_row,
      cutter_governance.dot_pair_signature, cutter_governance.verify_result,
      cutter_governance.cut_dryrun
   to cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly;

-- ------------------------------------------------------------------------------------------------
-- The ways of a run
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/keep_run.sql
create or replace function iu_core.keep_run()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE'
     and (new.run_id, new.source_version_id, new.mode, new.actor, new.login, new.opened_at,
          new.seq)
         is not distinct from
         (old.run_id, old.source_version_id, old.mode, old.actor, old.login, old.opened_at,
          old.seq + 1)
     and exists (
           select from cutter_governance.cut_run_transition t
            where (t.run_id, t.seq, t.from_state, t.to_state)
                  = (new.run_id, new.seq, old.state, new.state))
     and (new.manifest_digest is not distinct from old.manifest_digest
          or old.state = 'source_pinned' and new.state = 'marked')
  then
    return new;
  end if;
  raise exception 'IU002 immutable: % of run % is refused', tg_op, old.run_id
    using errcode = 'IU002',
          detail  = jsonb_build_object(
                      'table',     tg_table_schema || '.' || tg_table_name,
                      'operation', tg_op,
                      'run_id',    old.run_id)::text,
          hint    = 'A run moves by one transition at a time and is never deleted.';
end
$$;

comment on function iu_core.keep_run() is
  'Lock 2 of cut_run, a BEFORE UPDATE OR DELETE row trigger: refuses with IU002 a delete, and every '
  'change but one step along a transition that is written already; the manifest is named once, by '
  'the step that marks.';
--! EndIncluded functions/iu_core/keep_run.sql

create trigger iu_lock_2_row
  before update or delete on cutter_governance.cut_run
  for each row execute function iu_core.keep_run();

--! Included functions/iu_core/refuse_stand_in.sql
create or replace function iu_core.refuse_stand_in()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.raise_error(
    'IU091', format('run %s was acted on by a stand-in of a dry run', new.run_id),
    jsonb_build_object('run_id', new.run_id, 'actor', new.actor,
                       'table', tg_table_schema || '.' || tg_table_name));
  return null;
end
$$;

comment on function iu_core.refuse_stand_in() is
  'A constraint trigger, deferred to the commit, of what a stand-in wrote: refuses with IU091. What '
  'a dry run writes is undone before; nothing of a stand-in can ever be committed.';
--! EndIncluded functions/iu_core/refuse_stand_in.sql

-- Deferred, unlike anything else here: it is to fire at the commit that a stand-in never reaches.
create constraint trigger iu_stand_in
  after insert on cutter_governance.cut_run_transition
  deferrable initially deferred
  for each row when (new.stand_in) execute function iu_core.refuse_stand_in();

create constraint trigger iu_stand_in
  after insert on cutter_governance.dot_pair_signature
  deferrable initially deferred
  for each row when (new.stand_in) execute function iu_core.refuse_stand_in();

--! Included functions/iu_core/new_run_id.sql
create or replace function iu_core.new_run_id()
returns text
language sql
volatile
return to_char(clock_timestamp() at time zone 'UTC', '"ictr-"YYYYMMDD"T"HH24MISS"Z-"')
       || encode(substring(uuid_send(gen_random_uuid()) from 1 for 4), 'hex');

comment on function iu_core.new_run_id() is
  'A new id of a run: ictr-<UTC>-<8 hex digits>, ictr-20260131T235959Z-0badcafe.';
--! EndIncluded functions/iu_core/new_run_id.sql

--! Included functions/iu_core/caller.sql
create or replace function iu_core.caller(p_actor text)
returns iu_core.cut_principal
language sql
stable
return row(p_actor, session_user, pg_backend_pid()::text, false)::iu_core.cut_principal;

comment on function iu_core.caller(text) is
  'Who is calling, as the server sees it: the login and the process that serves its session.';
--! EndIncluded functions/iu_core/caller.sql

--! Included functions/iu_core/read_run.sql
create or replace function iu_core.read_run(p_run_id text)
returns cutter_governance.cut_run
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run cutter_governance.cut_run;
begin
  select r.* into v_run from cutter_governance.cut_run r where r.run_id = p_run_id;
  if not found then
    perform iu_core.raise_error(
      'IU063', format('no run has the id %s', coalesce(p_run_id, 'null')),
      jsonb_build_object('run_id', p_run_id));
  end if;
  return v_run;
end
$$;

comment on function iu_core.read_run(text) is
  'The run, without a lock. Refuses with IU063 an unknown run.';
--! EndIncluded functions/iu_core/read_run.sql

--! Included functions/iu_core/lock_run.sql
create or replace function iu_core.lock_run(p_run_id text)
returns cutter_governance.cut_run
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run cutter_governance.cut_run;
begin
  select r.* into v_run
    from cutter_governance.cut_run r
   where r.run_id = p_run_id
     for update;
  if not found then
    perform iu_core.raise_error(
      'IU063', format('no run has the id %s', coalesce(p_run_id, 'null')),
      jsonb_build_object('run_id', p_run_id));
  end if;
  return v_run;
end
$$;

comment on function iu_core.lock_run(text) is
  'The run, locked until the transaction ends: of two who drive it the second waits here and then '
  'sees what the first has done. After iu_core.begin_write(), before documents. Refuses with IU063 '
  'an unknown run.';
--! EndIncluded functions/iu_core/lock_run.sql

--! Included functions/iu_core/raise_step_error.sql
create or replace function iu_core.raise_step_error(
  p_run  cutter_governance.cut_run,
  p_step text,
  p_why  text default null
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_next text := (select s.next_step from cutter_governance.cut_state s where s.code = p_run.state);
begin
  perform iu_core.raise_error(
    'IU064',
    format('run %s is %s: the step %s is refused%s', p_run.run_id, p_run.state, p_step,
           coalesce(', ' || p_why, '')),
    jsonb_build_object('run_id', p_run.run_id, 'mode', p_run.mode, 'state', p_run.state,
                       'step', p_step, 'reason', p_why, 'next_step', v_next),
    'Next: ' || v_next);
end
$$;

comment on function iu_core.raise_step_error(cutter_governance.cut_run, text, text) is
  'Refuses with IU064 a step that a run in this state does not take.';
--! EndIncluded functions/iu_core/raise_step_error.sql

--! Included functions/iu_core/is_step_due.sql
create or replace function iu_core.is_step_due(p_run cutter_governance.cut_run, p_step text)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_edge cutter_governance.cut_run_edge;
  v_now  integer := (select s.place from cutter_governance.cut_state s where s.code = p_run.state);
begin
  select e.* into strict v_edge
    from cutter_governance.cut_run_edge e
   where e.step = p_step
     and coalesce(e.mode, p_run.mode) = p_run.mode;
  if p_run.state = v_edge.from_state then
    return true;
  end if;
  -- A run that was stopped, failed or voided has no place.
  if v_now >= (select s.place from cutter_governance.cut_state s where s.code = v_edge.to_state) then
    return false;
  end if;
  perform iu_core.raise_step_error(p_run, p_step);
end
$$;

comment on function iu_core.is_step_due(cutter_governance.cut_run, text) is
  'True when the run is where this step begins, false when it is past it: nothing is to be done. '
  'Refuses with IU064 in every other state.';
--! EndIncluded functions/iu_core/is_step_due.sql

--! Included functions/iu_core/assert_exit.sql
create or replace function iu_core.assert_exit(
  p_run      cutter_governance.cut_run,
  p_to_state text,
  p_step     text
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if not exists (select from cutter_governance.cut_run_edge e
                  where (e.from_state, e.to_state) = (p_run.state, p_to_state))
  then
    perform iu_core.raise_step_error(p_run, p_step);
  end if;
end
$$;

comment on function iu_core.assert_exit(cutter_governance.cut_run, text, text) is
  'Refuses with IU064 unless an edge leads from the state of the run to this one.';
--! EndIncluded functions/iu_core/assert_exit.sql

--! Included functions/iu_core/move_run.sql
create or replace function iu_core.move_run(
  p_run       cutter_governance.cut_run,
  p_to_state  text,
  p_principal iu_core.cut_principal,
  p_receipt   jsonb default '{}',
  p_reason    text  default null
)
returns cutter_governance.cut_run
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run cutter_governance.cut_run;
  v_now timestamptz := clock_timestamp();
begin
  -- The edge is a foreign key: a move that is not allowed has none.
  insert into cutter_governance.cut_run_transition
         (run_id, seq, from_state, to_state, actor, login, stand_in, reason, receipt, moved_at)
  values (p_run.run_id, p_run.seq + 1, p_run.state, p_to_state, p_principal.actor,
          p_principal.login, p_principal.stand_in, p_reason, p_receipt, v_now);
  update cutter_governance.cut_run r
     set state           = p_to_state,
         seq             = p_run.seq + 1,
         moved_at        = v_now,
         manifest_digest = case when p_to_state = 'marked' and r.manifest_digest is null
                                then p_receipt ->> 'manifest_digest'
                                else r.manifest_digest
                           end
   where r.run_id = p_run.run_id
  returning r.* into strict v_run;
  perform iu_core.emit_events(
    array[iu_core.fact(
      'cut', 'run_moved', 'cutter_governance.cut_run', v_run.run_id, null,
      jsonb_build_object('from_state', p_run.state, 'to_state', p_to_state, 'mode', v_run.mode,
                         'manifest_digest', v_run.manifest_digest),
      format('cut.run_moved:%s:%s', v_run.run_id, v_run.seq))],
    p_principal.actor, iu_core.uuid_v7());
  return v_run;
end
$$;

comment on function iu_core.move_run(cutter_governance.cut_run, text, iu_core.cut_principal, jsonb,
                                     text) is
  'Moves a locked run along one of its edges: the transition with its receipt, the run, the fact '
  'cut.run_moved. Returns the run as it is now.';
--! EndIncluded functions/iu_core/move_run.sql

--! Included functions/iu_core/step_answer.sql
create or replace function iu_core.step_answer(
  p_status  text,
  p_run     cutter_governance.cut_run,
  p_receipt jsonb default '{}'
)
returns jsonb
language sql
immutable
return coalesce(p_receipt, '{}')
       || jsonb_build_object('status', p_status, 'run_id', p_run.run_id, 'state', p_run.state);

comment on function iu_core.step_answer(text, cutter_governance.cut_run, jsonb) is
  'What the step of a run answers: {status, run_id, state} and what its receipt has.';
--! EndIncluded functions/iu_core/step_answer.sql

--! Included functions/iu_core/run_receipt.sql
create or replace function iu_core.run_receipt(p_run_id text, p_step text)
returns jsonb
language sql
stable
begin atomic
  select t.receipt
    from cutter_governance.cut_run_transition t
    join cutter_governance.cut_run_edge e
      on e.from_state = t.from_state and e.to_state = t.to_state
   where t.run_id = p_run_id
     and e.step = p_step
   order by t.seq desc
   limit 1;
end;

comment on function iu_core.run_receipt(text, text) is
  'The receipt of the last time a run took this step; null when it never did.';
--! EndIncluded functions/iu_core/run_receipt.sql

--! Included functions/iu_core/state_before_exit.sql
create or replace function iu_core.state_before_exit(p_run cutter_governance.cut_run)
returns text
language sql
stable
begin atomic
  select t.from_state
    from cutter_governance.cut_run_transition t
   where t.run_id = (p_run).run_id
     and t.to_state in ('stopped', 'failed')
     and t.from_state not in ('stopped', 'failed')
   order by t.seq desc
   limit 1;
end;

comment on function iu_core.state_before_exit(cutter_governance.cut_run) is
  'Where a run that was stopped or has failed goes on when it is resumed.';
--! EndIncluded functions/iu_core/state_before_exit.sql

-- ------------------------------------------------------------------------------------------------
-- Open, mark
-- ------------------------------------------------------------------------------------------------

--! Included functions/fn_cut_open.sql
create or replace function public.fn_cut_open(
  p_source_version_id uuid,
  p_mode              text,
  p_actor             text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_source cutter_governance.source_version;
  v_run    cutter_governance.cut_run;
  v_caller iu_core.cut_principal := iu_core.caller(p_actor);
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_source_version_id', p_source_version_id::text, 'p_mode', p_mode, 'p_actor', p_actor));
  if p_mode not in ('DRYRUN', 'LIVE') then
    perform iu_core.raise_error(
      'IU004', 'p_mode is DRYRUN or LIVE', jsonb_build_object('arguments', array['p_mode']));
  end if;
  select s.* into v_source
    from cutter_governance.source_version s where s.id = p_source_version_id;
  if v_source.id is null then
    perform iu_core.raise_error(
      'IU060', format('no source version has the id %s', p_source_version_id),
      jsonb_build_object('reason', 'source_unknown', 'source_version_id', p_source_version_id),
      'Pin the bytes with public.fn_cut_source_pin first.');
  end if;

  select r.* into v_run
    from cutter_governance.cut_change_set c
    join cutter_governance.cut_run r on r.run_id = c.run_id
   where c.source_version_id = v_source.id
   order by c.created_at desc
   limit 1;
  if found then
    return iu_core.step_answer('already_cut', v_run, jsonb_build_object('mode', v_run.mode));
  end if;

  loop
    insert into cutter_governance.cut_run
           (run_id, source_version_id, mode, actor, login, state, seq, opened_at, moved_at)
    values (iu_core.new_run_id(), v_source.id, p_mode, p_actor, session_user, 'pending', 0,
            clock_timestamp(), clock_timestamp())
    on conflict (source_version_id) where state not in ('closed', 'voided') do nothing
    returning * into v_run;
    exit when v_run.run_id is not null;

    select r.* into v_run
      from cutter_governance.cut_run r
     where r.source_version_id = v_source.id and r.state not in ('closed', 'voided');
    continue when v_run.run_id is null;  -- it has ended since
    if v_run.mode <> p_mode then
      perform iu_core.raise_error(
        'IU061', format('run %s of the same source version is open', v_run.run_id),
        jsonb_build_object('run_id', v_run.run_id, 'mode', v_run.mode, 'state', v_run.state));
    end if;
    return iu_core.step_answer('exists', v_run, jsonb_build_object('mode', v_run.mode));
  end loop;

  v_run := iu_core.move_run(
    v_run, 'source_pinned', v_caller,
    jsonb_build_object('source_version_id', v_source.id, 'sha256', v_source.sha256,
                       'bytes', v_source.bytes));
  return iu_core.step_answer('opened', v_run, jsonb_build_object('mode', v_run.mode));
end
$$;

comment on function public.fn_cut_open(uuid, text, text) is
  'Opens a run over a pinned source. p_mode: DRYRUN (ends with the record of a dry run) or LIVE. '
  'One run is open per source version. Returns {status: opened | exists | already_cut, run_id, '
  'state, mode}; exists: the open run of that mode, to go on with; already_cut: by that run, and '
  'nothing was written. Emits cut.run_moved. Refuses with IU060 an unknown source version (detail '
  'reason source_unknown), IU061 when a run of the other mode is open, IU004 bad arguments, IU003 '
  'another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_open(uuid, text, text) from public;
grant  execute on function public.fn_cut_open(uuid, text, text) to cutter_exec;
--! EndIncluded functions/fn_cut_open.sql

--! Included functions/iu_core/manifest_text.sql
create or replace function iu_core.manifest_text(p_manifest_digest text)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  select concat(
           '{"format":', to_json(m.format), ',"pieces":[',
           (select string_agg(concat(
                     '{"address":', to_json(b.address), ',"byte_end":', b.byte_end,
                     ',"byte_start":', b.byte_start, ',"id":', to_json(b.piece_id),
                     ',"kind":', to_json(b.kind), ',"line_end":', b.line_end,
                     ',"line_start":', b.line_start,
                     ',"parent":', coalesce(to_json(b.parent_piece_id)::text, 'null'),
                     ',"position":', b.position, ',"role":', to_json(b.role),
                     ',"section_type":', to_json(b.section_type),
                     ',"sha256":', to_json(b.sha256), ',"title":', to_json(b.title), '}'),
                     ',' order by b.position)
              from cutter_governance.manifest_unit_block b
             where b.manifest_digest = m.manifest_digest),
           '],"prefix":', to_json(d.doc_prefix),
           ',"profile":{"name":', to_json(m.profile_name), ',"sha256":', to_json(p.sha256),
           ',"version":', m.profile_version,
           '},"source":{"byte_order_mark":', s.byte_order_mark::text, ',"bytes":', s.bytes,
           ',"encoding":', to_json(s.encoding),
           ',"line_endings":{"cr":', s.line_endings ->> 'cr', ',"crlf":', s.line_endings ->> 'crlf',
           ',"lf":', s.line_endings ->> 'lf',
           '},"lines":', s.lines, ',"sha256":', to_json(s.sha256), '}}')
    from cutter_governance.manifest_envelope m
    join cutter_governance.source_version s  on s.id = m.source_version_id
    join cutter_governance.source_document d on d.id = s.document_id
    join cutter_governance.cut_profile p
      on p.name = m.profile_name and p.version = m.profile_version
   where m.manifest_digest = p_manifest_digest
$$;

comment on function iu_core.manifest_text(text) is
  'A stored manifest as what its digest is the sha256 of: canonical JSON (RFC 8785) without digest '
  'and origin, made from the rows alone. Keys are written in their order; to_json escapes texts as '
  'RFC 8785 wants it. Null when there is none.';
--! EndIncluded functions/iu_core/manifest_text.sql

--! Included functions/iu_core/manifest_problem.sql
create or replace function iu_core.manifest_problem(
  p_check   text,
  p_problem text,
  p_address text   default null,
  p_line    bigint default null,
  p_byte    bigint default null
)
returns jsonb
language sql
immutable
return jsonb_build_object('check', p_check, 'address', p_address, 'line', p_line, 'byte', p_byte,
                          'problem', p_problem);

comment on function iu_core.manifest_problem(text, text, text, bigint, bigint) is
  'One problem of a manifest, as the detail of IU062 lists it; line from 1, byte from 0, null where '
  'it has no place.';
--! EndIncluded functions/iu_core/manifest_problem.sql

--! Included functions/iu_core/refuse_manifest.sql
create or replace function iu_core.refuse_manifest(p_problems jsonb, p_checks jsonb default null)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_first jsonb := p_problems -> 0;
begin
  perform iu_core.raise_error(
    'IU062',
    format('%s %s, the first: %s%s', jsonb_array_length(p_problems),
           case jsonb_array_length(p_problems) when 1 then 'problem' else 'problems' end,
           v_first ->> 'problem',
           coalesce(format(' (line %s, byte %s)', v_first ->> 'line', v_first ->> 'byte'), '')),
    jsonb_strip_nulls(jsonb_build_object('checks', p_checks))
      || jsonb_build_object('problems', p_problems));
end
$$;

comment on function iu_core.refuse_manifest(jsonb, jsonb) is
  'Refuses with IU062, naming every problem found.';
--! EndIncluded functions/iu_core/refuse_manifest.sql

--! Included functions/iu_core/store_manifest.sql
create or replace function iu_core.store_manifest(
  p_source    cutter_governance.source_version,
  p_manifest  jsonb,
  p_principal iu_core.cut_principal
)
returns integer
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_prefix  text  := (select d.doc_prefix from cutter_governance.source_document d
                       where d.id = p_source.document_id);
  v_facts   jsonb := jsonb_build_object(
    'bytes', p_source.bytes, 'sha256', p_source.sha256, 'encoding', p_source.encoding,
    'byte_order_mark', p_source.byte_order_mark, 'lines', p_source.lines,
    'line_endings', p_source.line_endings);
  v_digest  text := p_manifest ->> 'digest';
  v_profile cutter_governance.cut_profile;
  v_made    text;
begin
  select p.* into v_profile
    from cutter_governance.cut_profile p
   where p.name = p_manifest #>> '{profile,name}'
     and p.version::text = p_manifest #>> '{profile,version}';
  v_made := case
    when p_manifest ->> 'format' is distinct from 'iu-cut-manifest/1'
      or v_digest !~ '^[0-9a-f]{64}$' is not false
      or jsonb_typeof(p_manifest -> 'pieces') is distinct from 'array' or p_manifest -> 'pieces' = '[]'
                                              then 'shape'
    when p_manifest ->> 'prefix' is distinct from v_prefix
                                              then 'prefix'
    when p_manifest -> 'source' is distinct from v_facts
                                              then 'source'
    when v_profile.sha256 is distinct from p_manifest #>> '{profile,sha256}'
                                              then 'profile'
  end;
  if v_made is not null then
    perform iu_core.refuse_manifest(jsonb_build_array(iu_core.manifest_problem(v_made, case v_made
      when 'shape'  then 'it is no manifest: format iu-cut-manifest/1, a digest, pieces'
      when 'prefix' then format('it is of the document %s, the source of %s',
                                p_manifest ->> 'prefix', v_prefix)
      when 'source' then format('it was made of other bytes than the source: sha256 %s, not %s',
                                p_manifest #>> '{source,sha256}', p_source.sha256)
      else format('profile %s %s is not registered with the rules that made it',
                  p_manifest #>> '{profile,name}', p_manifest #>> '{profile,version}')
    end)));
  end if;

  -- Another run may have stored it: one manifest has one digest, and its rows never change.
  insert into cutter_governance.manifest_envelope
         (manifest_digest, source_version_id, format, profile_name, profile_version, pieces,
          stored_at, actor, login)
  values (v_digest, p_source.id, p_manifest ->> 'format', v_profile.name, v_profile.version,
          jsonb_array_length(p_manifest -> 'pieces'), clock_timestamp(), p_principal.actor,
          p_principal.login)
  on conflict on constraint manifest_envelope_pk do nothing;
  if found then
    begin
      insert into cutter_governance.manifest_unit_block
             (manifest_digest, position, piece_id, parent_piece_id, role, kind, section_type, title,
              address, byte_start, byte_end, line_start, line_end, sha256)
      select v_digest, b.position, b.id, b.parent, b.role, b.kind, b.section_type, b.title,
             b.address, b.byte_start, b.byte_end, b.line_start, b.line_end, b.sha256
        from jsonb_to_recordset(p_manifest -> 'pieces')
             as b ("position" integer, id text, parent text, role text, kind text,
                   section_type text, title text, address text, byte_start integer, byte_end integer,
                   line_start integer, line_end integer, sha256 text);
    exception
      when data_exception or integrity_constraint_violation then
        perform iu_core.refuse_manifest(jsonb_build_array(
          iu_core.manifest_problem('shape', 'a piece of it is none: ' || sqlerrm)));
    end;
  end if;

  v_made := iu_core.content_hash(iu_core.manifest_text(v_digest));
  if v_made <> v_digest then
    perform iu_core.refuse_manifest(jsonb_build_array(iu_core.manifest_problem(
      'digest', format('what it says has the digest %s, not the %s it names', v_made, v_digest))));
  end if;
  return jsonb_array_length(p_manifest -> 'pieces');
end
$$;

comment on function iu_core.store_manifest(cutter_governance.source_version, jsonb,
                                           iu_core.cut_principal) is
  'Stores a manifest of these bytes, once, and returns how many pieces it has. Refuses with IU062 '
  'one that is of another document or other bytes, that an unregistered profile made, or whose rows '
  'do not give its digest again; then nothing is stored.';
--! EndIncluded functions/iu_core/store_manifest.sql

--! Included functions/fn_cut_mark.sql
create or replace function public.fn_cut_mark(p_run_id text, p_manifest jsonb, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run    cutter_governance.cut_run;
  v_source cutter_governance.source_version;
  v_caller iu_core.cut_principal := iu_core.caller(p_actor);
  v_pieces integer;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_run_id', p_run_id, 'p_actor', p_actor,
    'p_manifest', case when jsonb_typeof(p_manifest) = 'object' then 'given' end));
  v_run := iu_core.lock_run(p_run_id);
  if not iu_core.is_step_due(v_run, 'mark') then
    if v_run.manifest_digest is distinct from p_manifest ->> 'digest' then
      perform iu_core.raise_step_error(
        v_run, 'mark', format('it is marked with the manifest %s; void it to mark another',
                              v_run.manifest_digest));
    end if;
    return iu_core.step_answer('unchanged', v_run, iu_core.run_receipt(p_run_id, 'mark'));
  end if;

  select s.* into strict v_source
    from cutter_governance.source_version s where s.id = v_run.source_version_id;
  v_pieces := iu_core.store_manifest(v_source, p_manifest, v_caller);
  v_run := iu_core.move_run(
    v_run, 'marked', v_caller,
    jsonb_build_object('manifest_digest', p_manifest ->> 'digest', 'pieces', v_pieces));
  return iu_core.step_answer('marked', v_run, iu_core.run_receipt(p_run_id, 'mark'));
end
$$;

comment on function public.fn_cut_mark(text, jsonb, text) is
  'Names the manifest that a run is about. p_manifest: the whole manifest as iu cut mark --out '
  'writes it; it is stored as rows, once, and its digest made again from them. Returns {status: '
  'marked | unchanged, run_id, state, manifest_digest, pieces}. Emits cut.run_moved. Refuses with '
  'IU062 a manifest that is of another document or other bytes, that no registered profile made, '
  'or whose digest is another (detail problems); IU064 another manifest once one is named, IU063 an '
  'unknown run, IU004 bad arguments, IU003 another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_mark(text, jsonb, text) from public;
grant  execute on function public.fn_cut_mark(text, jsonb, text) to cutter_exec;
--! EndIncluded functions/fn_cut_mark.sql

-- ------------------------------------------------------------------------------------------------
-- Plan
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/cut_content.sql
create or replace function iu_core.cut_content(
  p_source  cutter_governance.source_version,
  p_content bytea
)
returns bytea
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_content bytea := coalesce(p_source.content, p_content);
  v_sha256  text  := encode(sha256(v_content), 'hex');
begin
  if v_sha256 is distinct from p_source.sha256 then
    perform iu_core.raise_error(
      'IU065',
      case when p_source.content is not null
           then format('the bytes that are kept have the sha256 %s, not %s', v_sha256,
                       p_source.sha256)
           when p_content is null
           then 'its bytes are not kept here: they must be brought again'
           else format('the bytes that were brought have the sha256 %s, not %s', v_sha256,
                       p_source.sha256)
      end,
      jsonb_build_object('source_version_id', p_source.id, 'sha256', p_source.sha256,
                         'kept', p_source.content is not null, 'given_sha256', v_sha256));
  end if;
  -- In memory: what is read slice by slice would else be fetched anew for each.
  return v_content || ''::bytea;
end
$$;

comment on function iu_core.cut_content(cutter_governance.source_version, bytea) is
  'The bytes of a source, hashed again: those that are kept, else those that the caller brings. '
  'Refuses with IU065 when there are none or they are others.';
--! EndIncluded functions/iu_core/cut_content.sql

--! Included functions/iu_core/cut_write_set.sql
create or replace function iu_core.cut_write_set(p_manifest_digest text, p_content bytea)
returns table (
  "position"   integer,
  address      text,
  title        text,
  body         text,
  unit_kind    text,
  section_type text,
  owner_ref    text,
  parent_ref   text
)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
set enable_nestloop = off  -- whatever the statistics say of a manifest that was stored just now
as $$
  select b.position, b.address, b.title,
         convert_from(substring(p_content from b.byte_start + 1
                                          for b.byte_end - b.byte_start), 'UTF8'),
         b.kind, b.section_type, d.owner_ref, o.address
    from cutter_governance.manifest_envelope m
    join cutter_governance.manifest_unit_block b on b.manifest_digest = m.manifest_digest
    join cutter_governance.source_version s      on s.id = m.source_version_id
    join cutter_governance.source_document d     on d.id = s.document_id
    left join cutter_governance.manifest_unit_block o
           on o.manifest_digest = b.manifest_digest and o.piece_id = b.parent_piece_id
   where m.manifest_digest = p_manifest_digest
   order by b.position
$$;

comment on function iu_core.cut_write_set(text, bytea) is
  'The units that a manifest makes of these bytes, in reading order: what fn_iu_create_many is '
  'given. The owner is the document''s.';
--! EndIncluded functions/iu_core/cut_write_set.sql

--! Included functions/iu_core/plan_digest.sql
create or replace function iu_core.plan_digest(p_manifest_digest text, p_content bytea)
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  select iu_core.content_hash(string_agg(
           concat_ws(' ', w.position, w.address, w.unit_kind, w.section_type,
                     coalesce(w.parent_ref, '-'), iu_core.content_hash(w.owner_ref),
                     iu_core.content_hash(w.title), iu_core.content_hash(w.body)) || chr(10),
           '' order by w.position))
    from iu_core.cut_write_set(p_manifest_digest, p_content) as w
$$;

comment on function iu_core.plan_digest(text, bytea) is
  'sha256, lower-case hex, of what a cut will write: for each unit, in reading order, a line '
  '<position> <address> <kind> <section type> <parent address or -> <sha256 of the owner> <sha256 '
  'of the title> <sha256 of the body>.';
--! EndIncluded functions/iu_core/plan_digest.sql

--! Included functions/iu_core/writer_digest.sql
create or replace function iu_core.writer_digest()
returns text
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  -- What pg_get_functiondef would print, and much faster.
  select iu_core.content_hash(string_agg(
           concat_ws(' ', p.oid::regprocedure, p.prorettype::regtype, p.proretset, p.provolatile,
                     p.prosecdef, p.proconfig, p.proargnames, p.proargdefaults, p.prosqlbody)
           || chr(10) || p.prosrc || chr(10),
           '' order by p.oid))
    from pg_proc p
   where p.proowner = to_regrole('workflow_admin')
     and p.pronamespace in (select n.oid from pg_namespace n
                             where n.nspname in ('public', 'iu_core', 'cutter_governance'))
$$;

comment on function iu_core.writer_digest() is
  'sha256, lower-case hex, over the names and definitions of all governed functions: a cut is done '
  'by the functions it was planned with, or not at all. The same in one database only: another, also '
  'a restored one, numbers its functions and types anew.';
--! EndIncluded functions/iu_core/writer_digest.sql

--! Included functions/iu_core/cut_key.sql
create or replace function iu_core.cut_key(p_manifest_digest text)
returns text
language sql
immutable
return 'cut:' || p_manifest_digest;

comment on function iu_core.cut_key(text) is
  'The idempotency key of a cut: a manifest, which names its document and bytes, is cut once.';
--! EndIncluded functions/iu_core/cut_key.sql

--! Included functions/iu_core/bad_coverage.sql
create or replace function iu_core.bad_coverage(
  p_source          cutter_governance.source_version,
  p_manifest_digest text,
  p_content         bytea
)
returns setof jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  with piece as materialized (
    select b.*, row_number() over w as n,
           coalesce(lag(b.byte_end) over w, 0) as byte_due,
           coalesce(lag(b.line_end) over w, 0) + 1 as line_due,
           lead(b.position) over w is null as is_last
      from cutter_governance.manifest_unit_block b
     where b.manifest_digest = p_manifest_digest
    window w as (order by b.position)
  )
  select iu_core.manifest_problem(c.name, c.problem, p.address, p.line_start, p.byte_start)
    from piece p
   cross join lateral (values
     ('coverage', p.position <> p.n, format('its position is %s, not %s', p.position, p.n)),
     ('coverage', p.byte_start > p.byte_due,
      format('the bytes from %s to %s are in no piece', p.byte_due, p.byte_start)),
     ('coverage', p.byte_start < p.byte_due,
      format('it overlaps the piece before, which ends at byte %s', p.byte_due)),
     ('coverage', p.is_last and p.byte_end <> (p_source).bytes,
      format('the last piece ends at byte %s of %s', p.byte_end, (p_source).bytes)),
     ('coverage', p.line_start <> p.line_due or p.is_last and p.line_end <> (p_source).lines,
      format('its lines are %s to %s, from %s on of %s', p.line_start, p.line_end, p.line_due,
             (p_source).lines)),
     ('bodies', p.byte_end <= (p_source).bytes
                and encode(sha256(substring(p_content from p.byte_start + 1
                                            for p.byte_end - p.byte_start)), 'hex')
                    <> p.sha256,
      'its bytes do not have the sha256 it names'),
     -- The bytes are UTF-8 as a whole, so they are in pieces that begin where a character does.
     ('bodies', case when p.byte_start < (p_source).bytes
                     then get_byte(p_content, p.byte_start) & 192 = 128
                     else false
                end,
      'it begins within a character')
   ) as c (name, is_bad, problem)
   where c.is_bad
   order by p.position, c.name, c.problem
$$;

comment on function iu_core.bad_coverage(cutter_governance.source_version, text, bytea) is
  'What keeps the pieces of a manifest from partitioning these bytes, and bodies that do not have '
  'their sha256: no row when joining the bodies gives the source.';
--! EndIncluded functions/iu_core/bad_coverage.sql

--! Included functions/iu_core/bad_pieces.sql
create or replace function iu_core.bad_pieces(p_manifest_digest text)
returns setof jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set enable_nestloop = off  -- whatever the statistics say of a manifest that was stored just now
as $$
declare
  v_prefix  text;
  v_profile jsonb;
  v_first   integer;
  v_heads   jsonb;
begin
  select d.doc_prefix, p.canonical::jsonb into strict v_prefix, v_profile
    from cutter_governance.manifest_envelope m
    join cutter_governance.source_version s  on s.id = m.source_version_id
    join cutter_governance.source_document d on d.id = s.document_id
    join cutter_governance.cut_profile p
      on p.name = m.profile_name and p.version = m.profile_version
   where m.manifest_digest = p_manifest_digest;

  return query
  select iu_core.manifest_problem(c.name, c.problem, b.address, b.line_start, b.byte_start)
    from cutter_governance.manifest_unit_block b
    left join cutter_governance.manifest_unit_block o
           on o.manifest_digest = b.manifest_digest and o.piece_id = b.parent_piece_id
   cross join lateral (values
     ('parents', b.parent_piece_id is not null
                 and (o.position is null or o.position >= b.position or o.role <> 'unit'),
      format('its parent %s is no unit before it', b.parent_piece_id)),
     ('parents', b.role <> 'unit' and b.parent_piece_id is not null,
      'only units have a parent'),
     ('addresses', not iu_core.is_address(b.address) or split_part(b.address, '/', 1) <> v_prefix,
      format('%s is no address under %s', b.address, v_prefix))
   ) as c (name, is_bad, problem)
   where b.manifest_digest = p_manifest_digest
     and c.is_bad
   order by b.position, c.name, c.problem;
  if found then
    return;
  end if;

  -- The address of each unit, made again from the titles by the rules of the profile.
  v_first := (select min(b.position)
                from cutter_governance.manifest_unit_block b
               where b.manifest_digest = p_manifest_digest and b.role = 'unit');
  select jsonb_agg(jsonb_build_object('title', b.title, 'parent', o.position - v_first)
                   order by b.position)
    into v_heads
    from cutter_governance.manifest_unit_block b
    left join cutter_governance.manifest_unit_block o
           on o.manifest_digest = b.manifest_digest and o.piece_id = b.parent_piece_id
   where b.manifest_digest = p_manifest_digest
     and b.role = 'unit';
  return query
  with made as (
    select v_first + a.index as position, a.address
      from public.fn_iu_addresses(
             v_prefix, coalesce(v_heads, '[]'),
             (select coalesce(jsonb_agg(jsonb_strip_nulls(jsonb_build_object(
                       'pattern', l.rule -> 'pattern', 'prefix', l.rule -> 'prefix',
                       'at_root', l.rule -> 'at_root')) order by l.n), '[]')
                from jsonb_array_elements(v_profile -> 'labels') with ordinality as l (rule, n))
           ) as a
    union all
    select b.position,
           v_prefix || '/' || (v_profile -> b.role ->> 'segment') || '~1'
      from cutter_governance.manifest_unit_block b
     where b.manifest_digest = p_manifest_digest
       and b.role <> 'unit'
  )
  select iu_core.manifest_problem(
           'addresses', format('its address is %s by the rules of the profile',
                               coalesce(m.address, 'none')),
           b.address, b.line_start, b.byte_start)
    from cutter_governance.manifest_unit_block b
    left join made m on m.position = b.position
   where b.manifest_digest = p_manifest_digest
     and m.address is distinct from b.address
   order by b.position;
end
$$;

comment on function iu_core.bad_pieces(text) is
  'What is wrong with the pieces of a manifest by themselves: parents, and addresses, which are made '
  'again from the titles by the rules of the profile.';
--! EndIncluded functions/iu_core/bad_pieces.sql

--! Included functions/iu_core/bad_vocabulary.sql
create or replace function iu_core.bad_vocabulary(p_manifest_digest text)
returns setof jsonb
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
set enable_nestloop = off  -- as in iu_core.cut_write_set
as $$
  select iu_core.manifest_problem(
           'vocabulary',
           case when k.code is null then format('%s is no active unit kind', b.kind)
                else format('%s is no active section type', b.section_type)
           end,
           b.address, b.line_start, b.byte_start)
    from cutter_governance.manifest_unit_block b
    left join public.iu_unit_kind k    on k.code = b.kind and k.active
    left join public.iu_section_type t on t.code = b.section_type and t.active
   where b.manifest_digest = p_manifest_digest
     and (k.code is null or t.code is null)
   order by b.position
$$;

comment on function iu_core.bad_vocabulary(text) is
  'The pieces of a manifest whose kind or section type is not in use now.';
--! EndIncluded functions/iu_core/bad_vocabulary.sql

--! Included functions/iu_core/standing_problems.sql
create or replace function iu_core.standing_problems(p_run cutter_governance.cut_run)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_prefix   text collate "C";
  v_problems jsonb[];
  v_cap      text := (select c.value from public.dot_config c where c.key = 'cutter.max_units');
  v_pieces   integer;
  v_units    bigint;
begin
  select d.doc_prefix into strict v_prefix
    from cutter_governance.source_version s
    join cutter_governance.source_document d on d.id = s.document_id
   where s.id = p_run.source_version_id;
  select m.pieces into strict v_pieces
    from cutter_governance.manifest_envelope m where m.manifest_digest = p_run.manifest_digest;

  if iu_core.content_hash(iu_core.manifest_text(p_run.manifest_digest)) <> p_run.manifest_digest
  then
    v_problems := v_problems || iu_core.manifest_problem(
      'manifest', 'its rows do not give its digest any more');
  end if;
  if coalesce(v_cap, '') !~ '^[1-9][0-9]{0,8}$' then
    v_problems := v_problems || iu_core.manifest_problem(
      'size', 'the setting cutter.max_units is missing or no number: runtime/012 sets it');
  elsif v_pieces > v_cap::integer then
    v_problems := v_problems || iu_core.manifest_problem(
      'size', format('it has %s pieces, more than the %s of cutter.max_units', v_pieces, v_cap));
  end if;
  v_problems := v_problems || array(select iu_core.bad_vocabulary(p_run.manifest_digest));
  select count(*) into v_units
    from public.information_unit u
   where u.canonical_address > v_prefix || '/' and u.canonical_address < v_prefix || '0';
  if v_units > 0 then
    v_problems := v_problems || iu_core.manifest_problem(
      'document', format('%s is cut already: it has %s units; another edition of a cut document '
                         'cannot be cut yet', v_prefix, v_units));
  elsif exists (select from public.canonical_address_alias a
                 where a.alias > v_prefix || '/' and a.alias < v_prefix || '0')
  then
    v_problems := v_problems || iu_core.manifest_problem(
      'document', format('addresses of %s are other names of units elsewhere', v_prefix));
  end if;
  if exists (select from cutter_governance.cut_change_set c
              where c.idempotency_key = iu_core.cut_key(p_run.manifest_digest))
  then
    v_problems := v_problems || iu_core.manifest_problem(
      'idempotency', 'this very manifest was cut before');
  end if;
  return coalesce(to_jsonb(v_problems), '[]');
end
$$;

comment on function iu_core.standing_problems(cutter_governance.cut_run) is
  'What can come to keep a run from being cut though its manifest, bytes and functions stay as they '
  'are: rows that were changed, a setting, the vocabulary, units and names that others made. Asked by '
  'the plan, and again by the cut itself. An array of iu_core.manifest_problem.';
--! EndIncluded functions/iu_core/standing_problems.sql

--! Included functions/iu_core/plan_problems.sql
create or replace function iu_core.plan_problems(
  p_run     cutter_governance.cut_run,
  p_content bytea
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_source cutter_governance.source_version;
begin
  select s.* into strict v_source
    from cutter_governance.source_version s where s.id = p_run.source_version_id;
  return iu_core.standing_problems(p_run)
         || to_jsonb(array(select iu_core.bad_coverage(v_source, p_run.manifest_digest, p_content)))
         || to_jsonb(array(select iu_core.bad_pieces(p_run.manifest_digest)));
end
$$;

comment on function iu_core.plan_problems(cutter_governance.cut_run, bytea) is
  'Everything that keeps a marked run from being cut, an array of iu_core.manifest_problem, empty '
  'when nothing does: what hangs on the manifest, the bytes and the functions alone, and '
  'iu_core.standing_problems.';
--! EndIncluded functions/iu_core/plan_problems.sql

--! Included functions/iu_core/plan_checks.sql
create or replace function iu_core.plan_checks(p_problems jsonb)
returns jsonb
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_agg(
           jsonb_build_object(
             'check', c.name, 'ok', f.problems = 0,
             'detail', case f.problems when 0 then c.holds
                                       else format('%s: %s', f.problems, f.first) end)
           order by c.n)
    from (values
      (1, 'manifest',    'its rows give its digest'),
      (2, 'size',        'within cutter.max_units'),
      (3, 'coverage',    'every byte and line is in one piece, in order'),
      (4, 'bodies',      'each body has its sha256'),
      (5, 'parents',     'each parent is a unit before its children'),
      (6, 'vocabulary',  'each kind and section type is active'),
      (7, 'addresses',   'the profile gives the same addresses again'),
      (8, 'document',    'the document has no units yet'),
      (9, 'idempotency', 'this manifest was never cut')
    ) as c (n, name, holds)
   cross join lateral (
     select count(*) as problems, min(p.problem ->> 'problem') as first
       from jsonb_array_elements(p_problems) as p (problem)
      where p.problem ->> 'check' = c.name) as f
$$;

comment on function iu_core.plan_checks(jsonb) is
  'The checks of the plan, [{check, ok, detail}], given the problems found.';
--! EndIncluded functions/iu_core/plan_checks.sql

--! Included functions/fn_cut_plan.sql
create or replace function public.fn_cut_plan(
  p_run_id  text,
  p_actor   text,
  p_content bytea default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run      cutter_governance.cut_run;
  v_source   cutter_governance.source_version;
  v_content  bytea;
  v_problems jsonb;
  v_digest   text;
  v_receipt  jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_run_id', p_run_id, 'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  if not iu_core.is_step_due(v_run, 'plan') then
    return iu_core.step_answer('unchanged', v_run, iu_core.run_receipt(p_run_id, 'plan'));
  end if;

  select s.* into strict v_source
    from cutter_governance.source_version s where s.id = v_run.source_version_id;
  v_content  := iu_core.cut_content(v_source, p_content);
  v_problems := iu_core.plan_problems(v_run, v_content);
  if v_problems <> '[]' then
    perform iu_core.refuse_manifest(v_problems, iu_core.plan_checks(v_problems));
  end if;
  v_digest := iu_core.plan_digest(v_run.manifest_digest, v_content);
  if v_digest <> iu_core.plan_digest(v_run.manifest_digest, v_content) then
    perform iu_core.refuse_manifest(jsonb_build_array(iu_core.manifest_problem(
      'plan', 'made twice, what would be written is not the same')));
  end if;

  select jsonb_build_object(
           'plan_digest', v_digest, 'writer_digest', iu_core.writer_digest(), 'units', m.pieces,
           'bytes', v_source.bytes, 'checks', iu_core.plan_checks('[]'))
    into v_receipt
    from cutter_governance.manifest_envelope m
   where m.manifest_digest = v_run.manifest_digest;
  v_run := iu_core.move_run(
    v_run, 'plan_ok', iu_core.caller(p_actor), v_receipt);
  return iu_core.step_answer('planned', v_run, v_receipt);
end
$$;

comment on function public.fn_cut_plan(text, text, bytea) is
  'Plans a cut: checks that the manifest''s rows still give its digest, that its pieces partition '
  'the source''s bytes and lines and have their sha256, their parents, vocabulary and addresses '
  '(made again by the profile''s rules), that the document is not cut, that the size is within '
  'cutter.max_units; makes what would be written twice and requires one digest. p_content: the '
  'bytes, where they are not kept. Returns {status: planned | unchanged, run_id, state, '
  'plan_digest, writer_digest, units, bytes, checks: [{check, ok, detail}]}. Emits cut.run_moved. '
  'Refuses with IU062 (detail problems: [{check, address, line, byte, problem}], checks), IU065 '
  'missing or other bytes, IU064 a step too early, IU063 an unknown run, IU004 bad arguments, IU003 '
  'another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_plan(text, text, bytea) from public;
grant  execute on function public.fn_cut_plan(text, text, bytea) to cutter_exec;
--! EndIncluded functions/fn_cut_plan.sql

--! Included functions/fn_cut_plan_tree.sql
create or replace function public.fn_cut_plan_tree(p_run_id text)
returns table (
  "position"   integer,
  depth        integer,
  address      text,
  section_type text,
  role         text,
  title        text,
  line_start   integer,
  line_end     integer,
  bytes        integer,
  units_below  integer
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
set jit = off
set enable_nestloop = off  -- whatever the statistics say of a manifest that was stored just now
as $$
  with recursive piece as materialized (
    select b.*, o.piece_id as over_id
      from cutter_governance.manifest_unit_block b
      -- What is not planned yet may name a parent that is none.
      left join cutter_governance.manifest_unit_block o
             on o.manifest_digest = b.manifest_digest and o.piece_id = b.parent_piece_id
            and o.position < b.position
     where b.manifest_digest = (iu_core.read_run(p_run_id)).manifest_digest
  ),
  -- Each piece with those above it, the nearest first.
  above as (
    select p.piece_id, p.over_id, 1 as steps
      from piece p
     where p.over_id is not null
    union all
    select a.piece_id, p.over_id, a.steps + 1
      from above a
      join piece p on p.piece_id = a.over_id
     where p.over_id is not null
  )
  select p.position, coalesce(d.depth, 0), p.address, p.section_type, p.role, p.title,
         p.line_start, p.line_end, p.byte_end - p.byte_start, coalesce(n.below, 0)::integer
    from piece p
    left join (select a.piece_id, max(a.steps) as depth
                 from above a group by a.piece_id) as d on d.piece_id = p.piece_id
    left join (select a.over_id, count(*) as below
                 from above a group by a.over_id) as n on n.over_id = p.piece_id
   order by p.position
$$;

comment on function public.fn_cut_plan_tree(text) is
  'The units that a run would cut, in reading order: depth (0 at the top), lines (from 1, both '
  'included), bytes of its body, and how many units are below it. No row while it is not marked. '
  'Refuses with IU063 an unknown run. Takes no lock, works read-only and on a standby. For '
  'cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly.';

revoke all     on function public.fn_cut_plan_tree(text) from public;
grant  execute on function public.fn_cut_plan_tree(text)
       to cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly;
--! EndIncluded functions/fn_cut_plan_tree.sql

--! Included functions/iu_core/forget_settings.sql
create or replace function iu_core.forget_settings(p_keys text[], p_actor text)
returns table (key text, value text)
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
  for key, value in
    select c.key, c.value
      from public.dot_config c
     where c.key = any (p_keys)
       and not exists (select from public.iu_gate g where g.key = c.key)
     order by c.key
  loop
    perform iu_core.begin_config_write(key);
    perform iu_core.config_write(key, null, null, p_actor, 'setting removed');
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'setting_changed', 'public.dot_config', key, null,
        jsonb_build_object('key', key))],
      p_actor, iu_core.uuid_v7());
    return next;
  end loop;
end
$$;

comment on function iu_core.forget_settings(text[], text) is
  'Takes settings, no gates, out of dot_config, for the rollback of the script that made them, and '
  'returns them as they were; their history stays. For members of workflow_admin.';
--! EndIncluded functions/iu_core/forget_settings.sql

-- ------------------------------------------------------------------------------------------------
-- Evidence and exits
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/backup_problem.sql
create or replace function iu_core.backup_problem(
  p_run    cutter_governance.cut_run,
  p_backup jsonb
)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_taken_at timestamptz;
begin
  if p_backup ->> 'kind' = 'none' then
    return case when p_run.mode = 'LIVE' then 'a live cut needs a backup' end;
  end if;
  if coalesce(p_backup ->> 'ref', '') !~ '[^[:space:]]'
     or coalesce(p_backup ->> 'sha256', '') !~ '^[0-9a-f]{64}$'
  then
    return 'a backup is stated by kind, ref, sha256 (64 hex digits) and taken_at';
  end if;
  begin
    v_taken_at := p_backup ->> 'taken_at';
  exception
    when data_exception then null;
  end;
  return case
    when v_taken_at is null or not isfinite(v_taken_at)
      then 'taken_at is no time'
    when v_taken_at > clock_timestamp()
      then format('taken_at is in the future: %s', v_taken_at)
    when v_taken_at < clock_timestamp() - interval '1 day'
      then format('it was taken more than a day ago: %s', v_taken_at)
  end;
end
$$;

comment on function iu_core.backup_problem(cutter_governance.cut_run, jsonb) is
  'What is wrong with the statement of a backup; null when nothing is.';
--! EndIncluded functions/iu_core/backup_problem.sql

--! Included functions/fn_cut_record_backup.sql
create or replace function public.fn_cut_record_backup(
  p_run_id text,
  p_backup jsonb,
  p_actor  text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run     cutter_governance.cut_run;
  v_problem text;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_run_id', p_run_id, 'p_actor', p_actor, 'p_backup', p_backup ->> 'kind'));
  v_run := iu_core.lock_run(p_run_id);
  if not iu_core.is_step_due(v_run, 'record_backup') then
    return iu_core.step_answer('unchanged', v_run, iu_core.run_receipt(p_run_id, 'record_backup'));
  end if;

  v_problem := iu_core.backup_problem(v_run, p_backup);
  if v_problem is not null then
    perform iu_core.raise_error(
      'IU067', v_problem,
      jsonb_build_object('run_id', p_run_id, 'evidence', 'backup', 'given', p_backup));
  end if;
  v_run := iu_core.move_run(v_run, 'backup_taken', iu_core.caller(p_actor), p_backup);
  return iu_core.step_answer('recorded', v_run);
end
$$;

comment on function public.fn_cut_record_backup(text, jsonb, text) is
  'Records the backup that a cut could be undone with. p_backup: {kind, ref, sha256, taken_at}: '
  'the tool, where it is, the sha256 (hex) of its receipt or file, when it was taken, no more than '
  'a day before now; {"kind": "none"} in a DRYRUN run, which changes nothing. The server cannot see '
  'the backup: it keeps what was stated, and by whom. Returns {status: recorded | unchanged, '
  'run_id, state}. Emits cut.run_moved. Refuses with IU067 what is no such statement, IU064 a step '
  'too early, IU063 an unknown run, IU004 bad arguments, IU003 another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_record_backup(text, jsonb, text) from public;
grant  execute on function public.fn_cut_record_backup(text, jsonb, text) to cutter_exec;
--! EndIncluded functions/fn_cut_record_backup.sql

--! Included functions/fn_cut_probe_grants.sql
create or replace function public.fn_cut_probe_grants(p_run_id text, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run     cutter_governance.cut_run;
  v_caller  iu_core.cut_principal := iu_core.caller(p_actor);
  v_deltas  jsonb;
  v_receipt jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_run_id', p_run_id, 'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  if not iu_core.is_step_due(v_run, 'probe_grants') then
    return iu_core.step_answer(
      'unchanged', v_run, iu_core.run_receipt(p_run_id, 'probe_grants') - 'found');
  end if;

  select coalesce(jsonb_agg(to_jsonb(p)), '[]') into v_deltas
    from public.fn_deployment_grant_probe() as p;
  if v_run.mode = 'LIVE' and v_deltas <> '[]' then
    perform iu_core.raise_error(
      'IU067',
      format('%s grants differ from the matrix, the first: %s %s on %s',
             jsonb_array_length(v_deltas), v_deltas -> 0 ->> 'delta',
             v_deltas -> 0 ->> 'privilege', v_deltas -> 0 ->> 'object'),
      jsonb_build_object('run_id', p_run_id, 'evidence', 'grants', 'deltas', v_deltas),
      'iu doctor --ddl prints the statements that mend it.');
  end if;
  v_receipt := jsonb_build_object('deltas', jsonb_array_length(v_deltas));
  v_run := iu_core.move_run(
    v_run, 'grants_probed', v_caller, v_receipt || jsonb_build_object('found', v_deltas));
  v_run := iu_core.move_run(
    v_run, 'awaiting_sg_1', v_caller,
    jsonb_build_object('manifest_digest', v_run.manifest_digest));
  return iu_core.step_answer('probed', v_run, v_receipt);
end
$$;

comment on function public.fn_cut_probe_grants(text, text) is
  'Compares the grants with deployment_grant_matrix and, as nothing else is to be done before it, '
  'brings the run to the pause at SG_1. Returns {status: probed | unchanged, run_id, state, deltas}, '
  'deltas the number of rows of fn_deployment_grant_probe(). Emits cut.run_moved, twice. Refuses '
  'with IU067 deltas in a LIVE run (detail deltas), IU064 a step too early, IU063 an unknown run, '
  'IU004 bad arguments, IU003 another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_probe_grants(text, text) from public;
grant  execute on function public.fn_cut_probe_grants(text, text) to cutter_exec;
--! EndIncluded functions/fn_cut_probe_grants.sql

--! Included functions/fn_cut_stop.sql
create or replace function public.fn_cut_stop(p_run_id text, p_reason text, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run cutter_governance.cut_run;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_run_id', p_run_id, 'p_reason', p_reason, 'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  if v_run.state = 'stopped' then
    return iu_core.step_answer('unchanged', v_run);
  end if;
  perform iu_core.assert_exit(v_run, 'stopped', 'stop');
  v_run := iu_core.move_run(v_run, 'stopped', iu_core.caller(p_actor), '{}', p_reason);
  return iu_core.step_answer('stopped', v_run);
end
$$;

comment on function public.fn_cut_stop(text, text, text) is
  'Stops a run where it is; fn_cut_resume takes it on from there. Returns {status: stopped | '
  'unchanged, run_id, state}. Emits cut.run_moved. Refuses with IU064 a run that has ended, IU063 '
  'an unknown run, IU004 bad arguments, IU003 another isolation. For cutter_exec, iu_operator.';

revoke all     on function public.fn_cut_stop(text, text, text) from public;
grant  execute on function public.fn_cut_stop(text, text, text) to cutter_exec, iu_operator;
--! EndIncluded functions/fn_cut_stop.sql

--! Included functions/fn_cut_resume.sql
create or replace function public.fn_cut_resume(p_run_id text, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run cutter_governance.cut_run;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_run_id', p_run_id, 'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  if v_run.state not in ('stopped', 'failed') then
    return iu_core.step_answer('unchanged', v_run);
  end if;
  v_run := iu_core.move_run(
    v_run, iu_core.state_before_exit(v_run), iu_core.caller(p_actor));
  return iu_core.step_answer('resumed', v_run);
end
$$;

comment on function public.fn_cut_resume(text, text) is
  'Takes a run that was stopped, or has failed, back to where it was. Returns {status: resumed | '
  'unchanged, run_id, state}. Emits cut.run_moved. Refuses with IU063 an unknown run, IU004 bad '
  'arguments, IU003 another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_resume(text, text) from public;
grant  execute on function public.fn_cut_resume(text, text) to cutter_exec;
--! EndIncluded functions/fn_cut_resume.sql

--! Included functions/fn_cut_void.sql
create or replace function public.fn_cut_void(p_run_id text, p_reason text, p_approver text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run cutter_governance.cut_run;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_run_id', p_run_id, 'p_reason', p_reason, 'p_approver', p_approver));
  v_run := iu_core.lock_run(p_run_id);
  if v_run.state = 'voided' then
    return iu_core.step_answer('unchanged', v_run);
  end if;
  perform iu_core.assert_exit(v_run, 'voided', 'void');
  -- What is written is compensated, not voided.
  if exists (select from cutter_governance.cut_change_set c where c.run_id = p_run_id) then
    perform iu_core.raise_step_error(v_run, 'void', 'its units are written');
  end if;
  v_run := iu_core.move_run(v_run, 'voided', iu_core.caller(p_approver), '{}', p_reason);
  return iu_core.step_answer('voided', v_run);
end
$$;

comment on function public.fn_cut_void(text, text, text) is
  'Ends a run that has written no unit, for good, with a reason and the approver who takes it: its '
  'source can be marked again in another run. Returns {status: voided | unchanged, run_id, state}. '
  'Emits cut.run_moved. Refuses with IU064 a run that has written units or has ended, IU063 an '
  'unknown run, IU004 bad arguments, IU003 another isolation. For cutter_approver.';

revoke all     on function public.fn_cut_void(text, text, text) from public;
grant  execute on function public.fn_cut_void(text, text, text) to cutter_approver;
--! EndIncluded functions/fn_cut_void.sql

--! Included functions/iu_core/is_dryrun_green.sql
create or replace function iu_core.is_dryrun_green(p_run cutter_governance.cut_run)
returns boolean
language sql
stable
return coalesce((
  select d.verdict = 'green'
    from cutter_governance.cut_dryrun d
   where d.manifest_digest = (p_run).manifest_digest
   order by d.made_at desc
   limit 1), false);

comment on function iu_core.is_dryrun_green(cutter_governance.cut_run) is
  'Whether the latest dry run of the manifest of a run, of this run or another, was green.';
--! EndIncluded functions/iu_core/is_dryrun_green.sql

--! Included functions/fn_cut_close.sql
create or replace function public.fn_cut_close(p_run_id text, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run cutter_governance.cut_run;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_run_id', p_run_id, 'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  if not iu_core.is_step_due(v_run, 'close') then
    return iu_core.step_answer('unchanged', v_run);
  end if;
  if v_run.mode = 'DRYRUN' and not iu_core.is_dryrun_green(v_run) then
    perform iu_core.raise_step_error(v_run, 'close', 'no dry run of it is green');
  end if;
  v_run := iu_core.move_run(v_run, 'closed', iu_core.caller(p_actor));
  return iu_core.step_answer('closed', v_run);
end
$$;

comment on function public.fn_cut_close(text, text) is
  'Ends a run: a LIVE one that is enacted, a DRYRUN one whose dry run is green. Returns {status: '
  'closed | unchanged, run_id, state}. Emits cut.run_moved. Refuses with IU064 a run that is not '
  'there yet, IU063 an unknown run, IU004 bad arguments, IU003 another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_close(text, text) from public;
grant  execute on function public.fn_cut_close(text, text) to cutter_exec;
--! EndIncluded functions/fn_cut_close.sql

--! Included functions/fn_cut_runs.sql
create or replace function public.fn_cut_runs()
returns table (
  run_id     text,
  doc_prefix text,
  mode       text,
  state      text,
  actor      text,
  opened_at  timestamptz,
  moved_at   timestamptz,
  next_step  text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select r.run_id, d.doc_prefix, r.mode, r.state, r.actor, r.opened_at, r.moved_at, t.next_step
    from cutter_governance.cut_run r
    join cutter_governance.cut_state t       on t.code = r.state
    join cutter_governance.source_version s  on s.id = r.source_version_id
    join cutter_governance.source_document d on d.id = s.document_id
   order by r.opened_at desc, r.run_id
$$;

comment on function public.fn_cut_runs() is
  'All runs, the newest first, each with what is to be done next. Takes no lock, works read-only and '
  'on a standby. For cutter_exec, cutter_verify, cutter_approver, iu_operator, '
  'context_pack_readonly.';

revoke all     on function public.fn_cut_runs() from public;
grant  execute on function public.fn_cut_runs()
       to cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly;
--! EndIncluded functions/fn_cut_runs.sql

reset role;

select iu_core.protect_table(
  'cutter_governance.cut_state', 'state', 'a migration: states are part of the functions');
select iu_core.protect_table(
  'cutter_governance.cut_run_edge', 'state', 'a migration: edges are part of the functions');
select iu_core.protect_table(
  'cutter_governance.manifest_envelope', 'ledger', 'public.fn_cut_mark()');
select iu_core.protect_table(
  'cutter_governance.manifest_unit_block', 'ledger', 'public.fn_cut_mark()');
select iu_core.protect_table(
  'cutter_governance.cut_run', 'state', 'public.fn_cut_open()', '{opened_at,moved_at}');
select iu_core.protect_table(
  'cutter_governance.cut_run_transition', 'ledger', 'public.fn_cut_open()');
select iu_core.protect_table(
  'cutter_governance.cut_change_set', 'ledger', 'public.fn_cut_apply()');
select iu_core.protect_table(
  'cutter_governance.cut_change_set_affected_row', 'ledger', 'public.fn_cut_apply()');
select iu_core.protect_table(
  'cutter_governance.dot_pair_signature', 'ledger', 'public.fn_cut_apply()');
select iu_core.protect_table(
  'cutter_governance.verify_result', 'ledger', 'public.fn_cut_verify()');
select iu_core.protect_table(
  'cutter_governance.cut_dryrun', 'ledger', 'public.fn_cut_dryrun()');

select iu_core.register_errors($errors$[
  {"code": "IU061", "name": "run_open",
   "problem": "Another run over the same source version is open, in the other mode.",
   "next_step": "Go on with that run, or void it: the detail names it."},
  {"code": "IU062", "name": "manifest_refused",
   "problem": "A manifest is not one that can be cut.",
   "next_step": "The detail lists every problem with its line and byte; mark the file again, void the run, open another."},
  {"code": "IU063", "name": "run_unknown",
   "problem": "No run has this id.",
   "next_step": "iu cut status lists the runs."},
  {"code": "IU064", "name": "step_refused",
   "problem": "A run in this state does not take this step.",
   "next_step": "iu cut status says where the run is and what comes next."},
  {"code": "IU065", "name": "source_needed",
   "problem": "The bytes of a source are not kept here, or are not those that were pinned.",
   "next_step": "Bring the very file that was pinned: iu cut resume RUN FILE."},
  {"code": "IU067", "name": "evidence_refused",
   "problem": "What a run needs to be shown is missing or bad: a backup, or grants as the matrix has them.",
   "next_step": "The detail says what is wanted."},
  {"code": "IU091", "name": "stand_in_committed",
   "problem": "Something that a stand-in of a dry run wrote was about to be committed.",
   "next_step": "Nothing of it was committed. Dry runs are made by public.fn_cut_dryrun only."}
]$errors$);

select iu_core.expect_grants($grants$[
  {"object": "cutter_governance.cut_change_set", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.cut_change_set_affected_row", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.cut_dryrun", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.cut_run", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.cut_run_edge", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.cut_run_transition", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.cut_state", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.dot_pair_signature", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.manifest_envelope", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.manifest_unit_block", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "cutter_governance.verify_result", "type": "table",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["SELECT"]},
  {"object": "public.fn_cut_close(text,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_mark(text,jsonb,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_open(uuid,text,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_plan(text,text,bytea)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_plan_tree(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_probe_grants(text,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_record_backup(text,jsonb,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_resume(text,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_runs()", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_stop(text,text,text)", "type": "function",
   "grantees": ["cutter_exec", "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_void(text,text,text)", "type": "function",
   "grantees": ["cutter_approver"], "privileges": ["EXECUTE"]}
]$grants$);
