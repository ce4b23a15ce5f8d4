--! Previous: sha1:42bc9fcc683c13a1c66956be51cdc5c340c2053e
--! Hash: sha1:a303e97dbe01d3ad61569e1d23e38c1db37845bf
--! Message: cut bodies
--! Title: The cut: its bodies, the dry run of them, readiness, the kill-switch

--! split: 1-current.sql
set local role workflow_admin;

-- ------------------------------------------------------------------------------------------------
-- The bodies: granted to nobody
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/assert_complete.sql
create or replace function iu_core.assert_complete(
  p_run      cutter_governance.cut_run,
  p_what     text,
  p_expected bigint,
  p_found    bigint
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_found is distinct from p_expected then
    perform iu_core.raise_error(
      'IU066', format('%s: %s of %s', p_what, coalesce(p_found, 0), p_expected),
      jsonb_build_object('run_id', p_run.run_id, 'what', p_what, 'expected', p_expected,
                         'found', p_found));
  end if;
end
$$;

comment on function iu_core.assert_complete(cutter_governance.cut_run, text, bigint, bigint) is
  'Refuses with IU066 when a cut did less, or other, than it set out to do.';
--! EndIncluded functions/iu_core/assert_complete.sql

--! Included functions/iu_core/assert_plan_holds.sql
create or replace function iu_core.assert_plan_holds(
  p_run     cutter_governance.cut_run,
  p_content bytea
)
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_plan     jsonb := iu_core.run_receipt(p_run.run_id, 'plan');
  v_problems jsonb := iu_core.standing_problems(p_run);
begin
  -- While manifest, bytes, write set and functions are the same, so is what else the plan found.
  if iu_core.plan_digest(p_run.manifest_digest, p_content) <> v_plan ->> 'plan_digest' then
    v_problems := v_problems || iu_core.manifest_problem(
      'plan', 'what would be written is not what was planned');
  end if;
  if iu_core.writer_digest() <> v_plan ->> 'writer_digest' then
    v_problems := v_problems || iu_core.manifest_problem(
      'plan', 'the governed functions are not those it was planned with: void the run, and plan '
              'another');
  end if;
  if v_problems <> '[]' then
    perform iu_core.refuse_manifest(v_problems);
  end if;
  return v_plan;
end
$$;

comment on function iu_core.assert_plan_holds(cutter_governance.cut_run, bytea) is
  'The receipt of the plan. Refuses with IU062 when something else would be written than was '
  'planned, or by other functions, or when what can change has (iu_core.standing_problems). The '
  'bytes were hashed by iu_core.cut_content.';
--! EndIncluded functions/iu_core/assert_plan_holds.sql

--! Included functions/iu_core/sign.sql
create or replace function iu_core.sign(
  p_run_id         text,
  p_duty           text,
  p_principal      iu_core.cut_principal,
  p_subject_digest text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into cutter_governance.dot_pair_signature
         (run_id, duty, actor, login, session, stand_in, subject_digest, signed_at)
  values (p_run_id, p_duty, p_principal.actor, p_principal.login, p_principal.session,
          p_principal.stand_in, p_subject_digest, clock_timestamp());
end
$$;

comment on function iu_core.sign(text, text, iu_core.cut_principal, text) is
  'Writes that this principal did its duty in a run.';
--! EndIncluded functions/iu_core/sign.sql

--! Included functions/iu_core/count_stored.sql
create or replace function iu_core.count_stored(p_change_set cutter_governance.cut_change_set)
returns bigint
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
set enable_nestloop = off  -- as in iu_core.cut_write_set
as $$
  select count(*)
    from cutter_governance.cut_change_set_affected_row a
    join cutter_governance.manifest_unit_block b
      on b.manifest_digest = (p_change_set).manifest_digest and b.position = a.position
    -- OFFSET 0: by their keys, as in iu_core.find_units.
   cross join lateral (
     select u.canonical_address
       from public.information_unit u
      where u.id = a.unit_id
     offset 0) as u
   cross join lateral (
     select v.content_hash
       from public.unit_version v
      where v.id = a.version_id and v.unit_id = a.unit_id
     offset 0) as v
   where a.change_set_id = (p_change_set).id
     and u.canonical_address = b.address
     and v.content_hash = b.sha256
$$;

comment on function iu_core.count_stored(cutter_governance.cut_change_set) is
  'How many units of a change set are stored with the address and the sha256 of their piece.';
--! EndIncluded functions/iu_core/count_stored.sql

--! Included functions/iu_core/cut_apply_impl.sql
create or replace function iu_core.cut_apply_impl(
  p_run_id   text,
  p_executor iu_core.cut_principal,
  p_approver iu_core.cut_principal,
  p_content  bytea
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
set jit = off
as $$
declare
  v_run      cutter_governance.cut_run := iu_core.lock_run(p_run_id);
  v_source   cutter_governance.source_version;
  v_content  bytea;
  v_plan     jsonb;
  v_pieces   integer;
  v_units    jsonb;
  v_decision jsonb;
  v_set      cutter_governance.cut_change_set;
begin
  if v_run.state <> 'awaiting_sg_1' then
    perform iu_core.raise_step_error(v_run, 'apply');
  end if;
  select s.* into strict v_source
    from cutter_governance.source_version s where s.id = v_run.source_version_id;
  v_content := iu_core.cut_content(v_source, p_content);
  -- From here on nobody else writes the document: what is checked is what is cut.
  perform iu_core.lock_documents(array(
    select d.doc_prefix from cutter_governance.source_document d where d.id = v_source.document_id));
  v_plan := iu_core.assert_plan_holds(v_run, v_content);
  select m.pieces into strict v_pieces
    from cutter_governance.manifest_envelope m where m.manifest_digest = v_run.manifest_digest;

  select public.fn_iu_create_many(
           jsonb_agg(to_jsonb(w) - 'position' order by w.position), p_executor.actor) -> 'units'
    into v_units
    from iu_core.cut_write_set(v_run.manifest_digest, v_content) as w;
  perform iu_core.assert_complete(
    v_run, 'units created', v_pieces,
    (select count(*) from jsonb_array_elements(v_units) as u where u ->> 'status' = 'created'));

  v_decision := iu_core.write_review_decision(
    'cut', 'approve', null,
    array(select row((u ->> 'unit_id')::uuid, (u ->> 'version_id')::uuid, null)
                   ::iu_core.review_subject
            from jsonb_array_elements(v_units) as u),
    p_approver.actor, format('cut of manifest %s in run %s', v_run.manifest_digest, p_run_id));
  insert into cutter_governance.cut_change_set
         (id, run_id, source_version_id, manifest_digest, review_decision_id, idempotency_key,
          plan_digest, writer_digest, rollback_key, units, created_at, actor, login)
  values (iu_core.uuid_v7(), p_run_id, v_source.id, v_run.manifest_digest,
          (v_decision ->> 'review_decision_id')::uuid, iu_core.cut_key(v_run.manifest_digest),
          v_plan ->> 'plan_digest', v_plan ->> 'writer_digest', iu_core.uuid_v7(), v_pieces,
          clock_timestamp(), p_executor.actor, p_executor.login)
  returning * into v_set;
  -- The index of a unit in the answer is that of its piece.
  insert into cutter_governance.cut_change_set_affected_row
         (change_set_id, position, unit_id, version_id)
  select v_set.id, (u ->> 'index')::integer + 1, (u ->> 'unit_id')::uuid, (u ->> 'version_id')::uuid
    from jsonb_array_elements(v_units) as u;
  perform iu_core.assert_complete(
    v_run, 'units stored as their pieces', v_pieces,
    iu_core.count_stored(v_set));

  perform iu_core.sign(p_run_id, 'executor', p_executor, v_set.plan_digest);
  v_run := iu_core.move_run(
    v_run, 'cut_committed', p_executor,
    jsonb_build_object(
      'change_set_id', v_set.id, 'review_decision_id', v_set.review_decision_id,
      'rollback_key', v_set.rollback_key, 'units', v_set.units, 'plan_digest', v_set.plan_digest,
      'writer_digest', v_set.writer_digest));
  return iu_core.step_answer('cut', v_run, iu_core.run_receipt(p_run_id, 'apply'));
end
$$;

comment on function
  iu_core.cut_apply_impl(text, iu_core.cut_principal, iu_core.cut_principal, bytea) is
  'The cut itself, in one transaction: checks the plan again, writes the units (leg A) and their '
  'record (leg B): the decision, the change set, its rows, the executor''s signature. Succeeds only '
  'when as many units were created as there are pieces, and reading them again finds them. What '
  'authority it takes its callers have checked; run by public.fn_cut_apply and, undone, by '
  'public.fn_cut_dryrun.';
--! EndIncluded functions/iu_core/cut_apply_impl.sql

--! Included functions/iu_core/verify_findings.sql
create or replace function iu_core.verify_findings(p_change_set cutter_governance.cut_change_set)
returns table (axis integer, name text, ok boolean, detail text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
set plan_cache_mode = force_custom_plan
set jit = off
set enable_nestloop = off  -- whatever the statistics say of a manifest that was stored just now
as $$
#variable_conflict use_column
declare
  v_source cutter_governance.source_version;
  v_prefix text;
  v_text   text;
begin
  select s.* into strict v_source
    from cutter_governance.source_version s where s.id = p_change_set.source_version_id;
  select d.doc_prefix into strict v_prefix
    from cutter_governance.source_document d where d.id = v_source.document_id;
  v_text := public.fn_iu_reconstruct_source(v_prefix);
  return query
  select 1, 'source', iu_core.content_hash(v_text) is not distinct from v_source.sha256,
         format('the stored text has %s bytes, sha256 %s; its source %s, %s',
                octet_length(v_text), iu_core.content_hash(v_text), v_source.bytes,
                v_source.sha256);

  return query
  with place as materialized (
    select (t.unit).id as unit_id, row_number() over (order by t.path collate "C") as position
      from iu_core.tree(v_prefix) as t
  ),
  stored as materialized (
    select b.position, b.address, b.title, b.sha256, b.kind, b.section_type,
           o.address as over_address, u.canonical_address, u.unit_kind,
           u.section_type as unit_section_type, u.deleted_at, w.canonical_address as above_address,
           v.title as version_title, v.content_hash, iu_core.content_hash(v.body) as body_hash,
           k.active and s.active as is_active, p.position as place
      from cutter_governance.manifest_unit_block b
      left join cutter_governance.manifest_unit_block o
             on o.manifest_digest = b.manifest_digest and o.piece_id = b.parent_piece_id
      left join cutter_governance.cut_change_set_affected_row a
             on a.change_set_id = p_change_set.id and a.position = b.position
      -- OFFSET 0: by their keys, as in iu_core.find_units.
      left join lateral (
        select u.* from public.information_unit u where u.id = a.unit_id offset 0) as u on true
      left join lateral (
        select w.canonical_address
          from public.information_unit w
         where w.id = u.parent_or_container_ref
        offset 0) as w on true
      left join lateral (
        select v.title, v.content_hash, v.body
          from public.unit_version v
         where v.id = a.version_id and v.id = u.draft_version_ref
        offset 0) as v on true
      left join public.iu_unit_kind k     on k.code = u.unit_kind
      left join public.iu_section_type s  on s.code = u.section_type
      left join place p                   on p.unit_id = a.unit_id
     where b.manifest_digest = p_change_set.manifest_digest
  )
  select 2, c.name, count(*) filter (where c.holds is not true) = 0,
         format('%s of %s %s', count(*) filter (where c.holds), count(*), c.says)
         || coalesce(', not ' || min(s.address) filter (where c.holds is not true), '')
    from stored s
   cross join lateral (values
     ('units',      s.deleted_at is null and s.canonical_address is not null, 'units are there'),
     ('addresses',  s.canonical_address = s.address, 'have the address of their piece'),
     ('parents',    s.above_address is not distinct from s.over_address,
                    'are under the unit of their piece''s parent'),
     ('vocabulary', (s.unit_kind, s.unit_section_type) = (s.kind, s.section_type) and s.is_active,
                    'have an active kind and section type, their piece''s'),
     ('titles',     s.version_title = s.title, 'have the title of their piece'),
     ('bodies',     s.content_hash = s.sha256 and s.body_hash = s.sha256,
                    'have the sha256 of their piece'),
     ('order',      s.place = s.position, 'are in the order of the source')
   ) as c (name, holds, says)
   group by c.name, c.says;

  return query
  select 2, 'invariants', count(*) = 0,
         case count(*) when 0 then 'none is broken'
                       else format('%s broken, the first: %s of %s', count(*), min(i.invariant),
                                   coalesce(min(i.canonical_address), v_prefix))
         end
    from public.fn_iu_verify_invariants(array(
           select a.unit_id
             from cutter_governance.cut_change_set_affected_row a
            where a.change_set_id = p_change_set.id)) as i;
end
$$;

comment on function iu_core.verify_findings(cutter_governance.cut_change_set) is
  'What is stored, held against what was to be: axis 1, the text composed back has the sha256 of '
  'its source; axis 2, units, addresses, parents, vocabulary, titles, bodies, order as the manifest '
  'has them, and no invariant is broken. Reads only.';
--! EndIncluded functions/iu_core/verify_findings.sql

--! Included functions/iu_core/cut_verify_impl.sql
create or replace function iu_core.cut_verify_impl(
  p_run_id   text,
  p_verifier iu_core.cut_principal
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run      cutter_governance.cut_run := iu_core.lock_run(p_run_id);
  v_executor cutter_governance.dot_pair_signature;
  v_set      cutter_governance.cut_change_set;
  v_results  jsonb;
  v_failed   jsonb;
begin
  if v_run.state <> 'cut_committed' then
    perform iu_core.raise_step_error(v_run, 'verify');
  end if;
  select s.* into strict v_executor
    from cutter_governance.dot_pair_signature s
   where s.run_id = p_run_id and s.duty = 'executor';
  if p_verifier.login = v_executor.login or p_verifier.session = v_executor.session then
    perform iu_core.raise_error(
      'IU069', format('%s cut this run', v_executor.login),
      jsonb_build_object('run_id', p_run_id, 'executor', v_executor.login,
                         'verifier', p_verifier.login,
                         'same_session', p_verifier.session = v_executor.session));
  end if;
  select c.* into strict v_set
    from cutter_governance.cut_change_set c where c.run_id = p_run_id;

  with written as (
    insert into cutter_governance.verify_result
           (run_id, run_seq, axis, name, ok, detail, actor, login, verified_at)
    select p_run_id, v_run.seq, f.axis, f.name, f.ok, f.detail, p_verifier.actor, p_verifier.login,
           clock_timestamp()
      from iu_core.verify_findings(v_set) as f
    returning axis, name, ok, detail
  )
  select jsonb_agg(to_jsonb(w) order by w.axis, w.name),
         jsonb_agg(to_jsonb(w) order by w.axis, w.name) filter (where not w.ok)
    into v_results, v_failed
    from written w;

  if v_failed is not null then
    v_run := iu_core.move_run(
      v_run, 'failed', p_verifier, jsonb_build_object('failed', v_failed),
      'what is stored is not what was approved');
    return iu_core.step_answer(
      'failed', v_run, jsonb_build_object('verdict', 'red', 'results', v_results));
  end if;
  perform iu_core.sign(
    p_run_id, 'verifier', p_verifier, iu_core.content_hash(v_results::text));
  v_run := iu_core.move_run(v_run, 'structure_verified', p_verifier);
  v_run := iu_core.move_run(v_run, 'cut_verified', p_verifier);
  v_run := iu_core.move_run(v_run, 'awaiting_sg_2', p_verifier);
  return iu_core.step_answer(
    'verified', v_run, jsonb_build_object('verdict', 'green', 'results', v_results));
end
$$;

comment on function iu_core.cut_verify_impl(text, iu_core.cut_principal) is
  'Verifies what a run has cut and brings it to the pause at SG_2, or to failed, with every result '
  'written either way. Refuses with IU069 whoever cut it, by login or by session. Run by '
  'public.fn_cut_verify and, undone, by public.fn_cut_dryrun.';
--! EndIncluded functions/iu_core/cut_verify_impl.sql

--! Included functions/iu_core/cut_enact_impl.sql
create or replace function iu_core.cut_enact_impl(
  p_run_id             text,
  p_review_decision_id uuid,
  p_executor           iu_core.cut_principal
)
returns jsonb
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run    cutter_governance.cut_run := iu_core.lock_run(p_run_id);
  v_set    cutter_governance.cut_change_set;
  v_answer jsonb;
begin
  if v_run.state <> 'awaiting_sg_2' then
    perform iu_core.raise_step_error(v_run, 'enact');
  end if;
  select c.* into strict v_set
    from cutter_governance.cut_change_set c where c.run_id = p_run_id;
  v_answer := iu_core.run_transition(
    'enact', 'enacted',
    -- OFFSET 0: by their keys, as in iu_core.find_units.
    array(select u.canonical_address
            from cutter_governance.cut_change_set_affected_row a
           cross join lateral (
             select u.canonical_address
               from public.information_unit u
              where u.id = a.unit_id
             offset 0) as u
           where a.change_set_id = v_set.id
           order by a.position),
    null, p_executor.actor, p_review_decision_id, v_set.id, 'run ' || p_run_id,
    v_set.writer_digest, false);
  perform iu_core.assert_complete(
    v_run, 'units enacted', v_set.units,
    (select count(*) from jsonb_array_elements(v_answer -> 'units') as u
      where u ->> 'status' = 'enacted'));
  perform iu_core.assert_complete(
    v_run, 'units in the edition', v_set.units,
    (v_answer #>> '{editions,0,units}')::bigint);
  v_run := iu_core.move_run(
    v_run, 'enacted', p_executor,
    jsonb_build_object('review_decision_id', p_review_decision_id, 'units', v_set.units,
                       'edition', v_answer #> '{editions,0}'));
  return iu_core.step_answer('enacted', v_run, iu_core.run_receipt(p_run_id, 'enact'));
end
$$;

comment on function iu_core.cut_enact_impl(text, uuid, iu_core.cut_principal) is
  'Puts all units of a run''s change set in force, and with them the document''s edition, in one '
  'transaction. The review decision must approve enacting these very versions. Run by '
  'public.fn_cut_enact and, undone, by public.fn_cut_dryrun.';
--! EndIncluded functions/iu_core/cut_enact_impl.sql

-- ------------------------------------------------------------------------------------------------
-- Live: the authority it takes, and then the bodies
-- ------------------------------------------------------------------------------------------------

--! Included functions/execution_enabled.sql
create or replace function cutter_governance.execution_enabled(p_run_id text)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return coalesce(
    (select g.state = 'open' and g.holder = p_run_id
       from iu_core.gate_state('cutter.execution_enabled') as g), false);
end
$$;

comment on function cutter_governance.execution_enabled(text) is
  'The kill-switch of cuts: true while the gate cutter.execution_enabled is open under a lease that '
  'this run holds (its id is the actor who opened it); false for anything else, never null. Takes no '
  'lock. For cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly.';

revoke all     on function cutter_governance.execution_enabled(text) from public;
grant  execute on function cutter_governance.execution_enabled(text)
       to cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly;
--! EndIncluded functions/execution_enabled.sql

--! Included functions/iu_core/assert_execution.sql
create or replace function iu_core.assert_execution(
  p_run  cutter_governance.cut_run,
  p_gate text
)
returns iu_core.cut_principal
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_approver iu_core.cut_principal;
  v_reason   text;
begin
  -- Kept as it is until the transaction ends: when a close returns nothing cuts any more.
  perform iu_core.lock_config('cutter.execution_enabled', true);
  select row(t.actor, t.login, null, t.stand_in)::iu_core.cut_principal into v_approver
    from cutter_governance.cut_run_transition t
    join cutter_governance.cut_run_edge e
      on e.from_state = t.from_state and e.to_state = t.to_state
   where t.run_id = p_run.run_id
     and e.step = 'authorize_' || lower(p_gate);
  v_reason := case
    when p_run.mode <> 'LIVE'                                      then 'not_a_live_run'
    when not cutter_governance.execution_enabled(p_run.run_id)     then 'switch_closed'
    when v_approver is null                                        then 'not_approved'
  end;
  if v_reason is not null then
    perform iu_core.raise_error(
      'IU090', format('run %s may not act: %s', p_run.run_id, v_reason),
      jsonb_build_object('run_id', p_run.run_id, 'mode', p_run.mode, 'gate', p_gate,
                         'reason', v_reason));
  end if;
  return v_approver;
end
$$;

comment on function iu_core.assert_execution(cutter_governance.cut_run, text) is
  'Who approved this gate (SG_1, SG_2) of a live run. Refuses with IU090 a run that is not LIVE, '
  'whose lease of the kill-switch is not open, or that no approver authorised: until approvals can '
  'be recorded, every run.';
--! EndIncluded functions/iu_core/assert_execution.sql

--! Included functions/fn_cut_apply.sql
create or replace function public.fn_cut_apply(
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
  v_run cutter_governance.cut_run;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_run_id', p_run_id, 'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  return iu_core.cut_apply_impl(
    p_run_id, iu_core.caller(p_actor), iu_core.assert_execution(v_run, 'SG_1'), p_content);
end
$$;

comment on function public.fn_cut_apply(text, text, bytea) is
  'Cuts: writes the units of a run and their record, in one transaction. p_content: the bytes, where '
  'they are not kept. Returns {status: cut, run_id, state, change_set_id, review_decision_id, '
  'rollback_key, units, plan_digest, writer_digest}. Refuses with IU090 unless the run is LIVE, its '
  'lease of the kill-switch is open and SG_1 is approved, which this release cannot record; with '
  'IU062 when the plan does not hold any more, IU066 when not all was written, IU064 another state, '
  'IU065 missing or other bytes, IU063 an unknown run, IU004 bad arguments, IU003 another '
  'isolation. For cutter_exec.';

revoke all     on function public.fn_cut_apply(text, text, bytea) from public;
grant  execute on function public.fn_cut_apply(text, text, bytea) to cutter_exec;
--! EndIncluded functions/fn_cut_apply.sql

--! Included functions/fn_cut_verify.sql
create or replace function public.fn_cut_verify(p_run_id text, p_actor text)
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
  perform iu_core.assert_execution(v_run, 'SG_1');
  return iu_core.cut_verify_impl(p_run_id, iu_core.caller(p_actor));
end
$$;

comment on function public.fn_cut_verify(text, text) is
  'Verifies what a run has cut, by another login and session than cut it. Returns {status: verified '
  '| failed, run_id, state, verdict: green | red, results: [{axis, name, ok, detail}]}. Refuses with '
  'IU069 whoever cut it, IU090 as fn_cut_apply does, IU064 another state, IU063 an unknown run, '
  'IU004 bad arguments, IU003 another isolation. For cutter_verify.';

revoke all     on function public.fn_cut_verify(text, text) from public;
grant  execute on function public.fn_cut_verify(text, text) to cutter_verify;
--! EndIncluded functions/fn_cut_verify.sql

--! Included functions/fn_cut_enact.sql
create or replace function public.fn_cut_enact(
  p_run_id             text,
  p_review_decision_id uuid,
  p_actor              text
)
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
    'p_run_id', p_run_id, 'p_review_decision_id', p_review_decision_id::text,
    'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  perform iu_core.assert_execution(v_run, 'SG_2');
  return iu_core.cut_enact_impl(p_run_id, p_review_decision_id, iu_core.caller(p_actor));
end
$$;

comment on function public.fn_cut_enact(text, uuid, text) is
  'Puts everything a run has cut in force. p_review_decision_id: the decision to enact these very '
  'versions. Returns {status: enacted, run_id, state, review_decision_id, units, edition}. Refuses '
  'with IU090 unless the run is LIVE, its lease of the kill-switch is open and SG_2 is approved, '
  'which this release cannot record; with IU030 a decision that does not carry it, IU064 another '
  'state, IU063 an unknown run, IU004 bad arguments, IU003 another isolation. For cutter_exec.';

revoke all     on function public.fn_cut_enact(text, uuid, text) from public;
grant  execute on function public.fn_cut_enact(text, uuid, text) to cutter_exec;
--! EndIncluded functions/fn_cut_enact.sql

-- ------------------------------------------------------------------------------------------------
-- The dry run: the bodies, undone
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/rehearse_cut.sql
create or replace function iu_core.rehearse_cut(
  p_run     cutter_governance.cut_run,
  p_actor   text,
  p_content bytea
)
returns text
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_executor iu_core.cut_principal :=
    row('dry run of ' || p_actor, 'stand-in executor', 'stand-in executor', true);
  v_verifier iu_core.cut_principal :=
    row('dry run of ' || p_actor, 'stand-in verifier', 'stand-in verifier', true);
  v_approver iu_core.cut_principal :=
    row('dry run of ' || p_actor, 'stand-in approver', 'stand-in approver', true);
  v_cut      jsonb;
  v_verified jsonb;
  v_decision jsonb;
  v_enacted  jsonb;
  v_run      cutter_governance.cut_run;
begin
  v_cut      := iu_core.cut_apply_impl(p_run.run_id, v_executor, v_approver, p_content);
  v_verified := iu_core.cut_verify_impl(p_run.run_id, v_verifier);
  if v_verified ->> 'verdict' <> 'green' then
    perform iu_core.raise_error(
      'IU066', 'what would be stored is not what was planned',
      jsonb_build_object('run_id', p_run.run_id, 'results', v_verified -> 'results'));
  end if;
  v_decision := iu_core.write_review_decision(
    'enact', 'approve', null,
    array(select row(a.unit_id, a.version_id, null)::iu_core.review_subject
            from cutter_governance.cut_change_set_affected_row a
           where a.change_set_id = (v_cut ->> 'change_set_id')::uuid
           order by a.position),
    v_approver.actor, 'dry run');
  v_enacted  := iu_core.cut_enact_impl(
    p_run.run_id, (v_decision ->> 'review_decision_id')::uuid, v_executor);
  v_run := iu_core.move_run(iu_core.read_run(p_run.run_id), 'closed', v_executor);
  return iu_core.content_hash(public.fn_iu_reconstruct_source(
    v_enacted #>> '{edition,doc_code}', (v_enacted #>> '{edition,edition}')::integer));
end
$$;

comment on function iu_core.rehearse_cut(cutter_governance.cut_run, text, bytea) is
  'Everything that is left of a run, from the pause at SG_1 to its end, by the bodies that do it '
  'live; stand-ins play the principals, and their rows can never be committed. Returns the sha256 of '
  'the edition, composed back. Its caller undoes it.';
--! EndIncluded functions/iu_core/rehearse_cut.sql

--! Included functions/iu_core/rows_written.sql
create or replace function iu_core.rows_written()
returns table (name text, inserted bigint, updated bigint)
language sql
volatile  -- the counters move within a statement
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(pg_partition_root(c.oid), c.oid::regclass)::text,
         sum(pg_stat_get_xact_tuples_inserted(c.oid))::bigint,
         sum(pg_stat_get_xact_tuples_updated(c.oid))::bigint
    from pg_class c
    join pg_namespace n on n.oid = c.relnamespace
   where n.nspname in ('public', 'cutter_governance', 'iu_core')
     and c.relkind = 'r'
   group by 1
$$;

comment on function iu_core.rows_written() is
  'What this transaction has inserted and updated so far, by table; partitions count for their '
  'parent. All 0 where track_counts is off.';
--! EndIncluded functions/iu_core/rows_written.sql

--! Included functions/iu_core/events_written.sql
create or replace function iu_core.events_written()
returns table (topic text, events bigint)
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select e.event_domain || '.' || e.event_type, count(*)
    from public.event_outbox e
   where e.tx = pg_current_xact_id()
   group by 1
$$;

comment on function iu_core.events_written() is
  'The events that this transaction has recorded so far, by domain.type.';
--! EndIncluded functions/iu_core/events_written.sql

--! Included functions/iu_core/cut_impact.sql
create or replace function iu_core.cut_impact(p_rows_before jsonb, p_events_before jsonb)
returns jsonb
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  with moved as (
    select w.name, w.inserted - coalesce((b.row ->> 'inserted')::bigint, 0) as inserted,
           w.updated - coalesce((b.row ->> 'updated')::bigint, 0) as updated
      from iu_core.rows_written() as w
      left join jsonb_each(p_rows_before) as b (name, row) on b.name = w.name
  ),
  recorded as (
    select w.topic, w.events - coalesce((p_events_before ->> w.topic)::bigint, 0) as events
      from iu_core.events_written() as w
  )
  select jsonb_build_object(
           'units',   (select coalesce(max(m.inserted), 0) from moved m
                        where m.name = 'public.information_unit'),
           'rows',    (select coalesce(jsonb_object_agg(m.name, m.inserted), '{}')
                         from moved m where m.inserted > 0),
           'updated', (select coalesce(jsonb_object_agg(m.name, m.updated), '{}')
                         from moved m where m.updated > 0),
           'events',  (select coalesce(jsonb_object_agg(r.topic, r.events), '{}')
                         from recorded r where r.events > 0))
$$;

comment on function iu_core.cut_impact(jsonb, jsonb) is
  'What was written since rows_written() and events_written() were these: {units, rows: {table: '
  'inserted}, updated: {table: rows}, events: {domain.type: number}}.';
--! EndIncluded functions/iu_core/cut_impact.sql

--! Included functions/fn_cut_dryrun.sql
create or replace function public.fn_cut_dryrun(
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
  v_dryrun   cutter_governance.cut_dryrun;
  v_started  timestamptz;
  v_rows     jsonb := '{}';
  v_events   jsonb := '{}';
  v_impact   jsonb := '{}';
  v_sha256   text;
  v_problem  jsonb;
  v_message  text;
  v_state    text;
  v_detail   text;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_run_id', p_run_id, 'p_actor', p_actor));
  v_run := iu_core.lock_run(p_run_id);
  if v_run.state <> 'awaiting_sg_1' then
    perform iu_core.raise_step_error(v_run, 'dryrun');
  end if;
  select s.* into strict v_source
    from cutter_governance.source_version s where s.id = v_run.source_version_id;
  v_content := iu_core.cut_content(v_source, p_content);

  v_started := clock_timestamp();
  select jsonb_object_agg(w.name, to_jsonb(w)) into v_rows from iu_core.rows_written() as w;
  select coalesce(jsonb_object_agg(w.topic, w.events), '{}') into v_events
    from iu_core.events_written() as w;
  begin
    v_sha256 := iu_core.rehearse_cut(v_run, p_actor, v_content);
    v_impact := iu_core.cut_impact(v_rows, v_events);
    raise exception using errcode = 'IUDRY', message = 'this was a dry run';
  exception
    when sqlstate 'IUDRY' then
      if v_sha256 is distinct from v_source.sha256 then
        v_problem := jsonb_build_object(
          'code', 'IU066', 'name', 'cut_incomplete',
          'message', 'the edition composed back is not the source', 'detail',
          jsonb_build_object('sha256', v_source.sha256, 'reconstructed_sha256', v_sha256));
      end if;
    when others then
      get stacked diagnostics v_state = returned_sqlstate, v_message = message_text,
                              v_detail = pg_exception_detail;
      -- A lost race, a full disk, a shutdown say nothing of the document: not recorded, but raised.
      if left(v_state, 2) in ('25', '40', '53', '55', '57', '58', 'XX') then
        raise;
      end if;
      v_problem := jsonb_build_object(
        'code', v_state, 'name', (select e.name from public.iu_error e where e.code = v_state),
        'message', v_message,
        'detail', coalesce(iu_core.read_json(v_detail), to_jsonb(nullif(v_detail, ''))));
  end;

  insert into cutter_governance.cut_dryrun
         (id, run_id, manifest_digest, verdict, reconstructed_sha256, impact, problem, made_at,
          actor, login)
  values (iu_core.uuid_v7(), p_run_id, v_run.manifest_digest,
          case when v_problem is null then 'green' else 'red' end, v_sha256,
          v_impact || jsonb_build_object(
            'events_recorded', iu_core.outbox_is_open(),
            'milliseconds', round(extract(epoch from clock_timestamp() - v_started) * 1000)),
          v_problem, clock_timestamp(), p_actor, session_user)
  returning * into v_dryrun;
  if v_problem is not null then
    v_run := iu_core.move_run(
      v_run, 'failed', iu_core.caller(p_actor), jsonb_build_object('dryrun_id', v_dryrun.id),
      'its dry run is red: ' || (v_problem ->> 'message'));
  end if;
  return iu_core.step_answer(
    'recorded', v_run,
    jsonb_build_object(
      'dryrun_id', v_dryrun.id, 'verdict', v_dryrun.verdict, 'manifest_digest',
      v_dryrun.manifest_digest, 'source_sha256', v_source.sha256, 'reconstructed_sha256', v_sha256,
      'problem', v_problem) || v_dryrun.impact);
end
$$;

comment on function public.fn_cut_dryrun(text, text, bytea) is
  'Does all that is left of a run, cut, verify, enact, compose back, by the very bodies that do it '
  'live, undoes it, and records what it would have changed: all that stays. The document is locked '
  'meanwhile. p_content: the bytes, where they are not kept. Returns {status: recorded, run_id, '
  'state, dryrun_id, verdict: green | red, manifest_digest, source_sha256, reconstructed_sha256, '
  'units, rows: {table: inserted}, updated: {table: rows}, events: {domain.type: number}, '
  'events_recorded (false: the master gate is closed, so no event is seen), milliseconds, problem: '
  '{code, name, message, detail} or null}. A red one moves the run to failed. Undone, it has still '
  'used ids of event_outbox. Emits cut.run_moved when red. Refuses with IU064 a run that is not at the pause at '
  'SG_1, IU065 missing or other bytes, IU063 an unknown run, IU004 bad arguments, IU003 another '
  'isolation; fails as they fail on deadlocks, lock timeouts, lack of room, shutdown. For '
  'cutter_exec.';

revoke all     on function public.fn_cut_dryrun(text, text, bytea) from public;
grant  execute on function public.fn_cut_dryrun(text, text, bytea) to cutter_exec;
--! EndIncluded functions/fn_cut_dryrun.sql

-- ------------------------------------------------------------------------------------------------
-- Where a run is, and what it lacks
-- ------------------------------------------------------------------------------------------------

--! Included functions/fn_cut_status.sql
create or replace function public.fn_cut_status(p_run_id text)
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select jsonb_build_object(
           'run_id', r.run_id, 'mode', r.mode, 'state', r.state,
           'terminal', r.state in ('closed', 'voided'), 'next_step', t.next_step,
           'actor', r.actor, 'opened_at', r.opened_at, 'doc_prefix', d.doc_prefix,
           'source', jsonb_build_object(
             'source_version_id', s.id, 'sha256', s.sha256, 'bytes', s.bytes, 'origin', s.origin,
             'kept', s.content is not null),
           'manifest_digest', r.manifest_digest,
           'pieces', (select m.pieces from cutter_governance.manifest_envelope m
                       where m.manifest_digest = r.manifest_digest),
           'plan_digest', iu_core.run_receipt(r.run_id, 'plan') -> 'plan_digest',
           'transitions', (
             select coalesce(jsonb_agg(jsonb_build_object(
                      'seq', x.seq, 'from', x.from_state, 'to', x.to_state, 'step', e.step,
                      'actor', x.actor, 'login', x.login, 'reason', x.reason,
                      'moved_at', x.moved_at, 'receipt', x.receipt) order by x.seq), '[]')
               from cutter_governance.cut_run_transition x
               join cutter_governance.cut_run_edge e
                 on e.from_state = x.from_state and e.to_state = x.to_state
              where x.run_id = r.run_id),
           'dry_runs', (
             select coalesce(jsonb_agg(jsonb_build_object(
                      'dryrun_id', y.id, 'verdict', y.verdict, 'manifest_digest',
                      y.manifest_digest, 'reconstructed_sha256', y.reconstructed_sha256,
                      'impact', y.impact, 'problem', y.problem, 'made_at', y.made_at)
                      order by y.made_at), '[]')
               from cutter_governance.cut_dryrun y
              where y.run_id = r.run_id))
    from (select (iu_core.read_run(p_run_id)).*) as r
    join cutter_governance.cut_state t       on t.code = r.state
    join cutter_governance.source_version s  on s.id = r.source_version_id
    join cutter_governance.source_document d on d.id = s.document_id
$$;

comment on function public.fn_cut_status(text) is
  'Everything recorded of a run: {run_id, mode, state, terminal, next_step, actor, opened_at, '
  'doc_prefix, source: {source_version_id, sha256, bytes, origin, kept}, manifest_digest, pieces, '
  'plan_digest, transitions: [{seq, from, to, step, actor, login, reason, moved_at, receipt}], '
  'dry_runs: [{dryrun_id, verdict, manifest_digest, reconstructed_sha256, impact, problem, '
  'made_at}]}. Refuses with IU063 an unknown run. Takes no lock, works read-only and on a standby. '
  'For cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly.';

revoke all     on function public.fn_cut_status(text) from public;
grant  execute on function public.fn_cut_status(text)
       to cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly;
--! EndIncluded functions/fn_cut_status.sql

--! Included functions/iu_core/cut_criteria.sql
create or replace function iu_core.cut_criteria(p_run cutter_governance.cut_run)
returns table (code text, item text, owner text, form text, state text, next text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_source   cutter_governance.source_version;
  v_document cutter_governance.source_document;
  v_pieces   integer;
  v_reserved text := (select c.value from public.dot_config c
                       where c.key = 'cutter.reserved_prefixes');
  v_cap      text := (select c.value from public.dot_config c where c.key = 'cutter.max_units');
  v_units    bigint;
begin
  select s.* into strict v_source
    from cutter_governance.source_version s where s.id = p_run.source_version_id;
  select d.* into strict v_document
    from cutter_governance.source_document d where d.id = v_source.document_id;
  select m.pieces into v_pieces
    from cutter_governance.manifest_envelope m where m.manifest_digest = p_run.manifest_digest;
  select count(*) into v_units
    from public.information_unit u
   where u.canonical_address > (v_document.doc_prefix || '/') collate "C"
     and u.canonical_address < (v_document.doc_prefix || '0') collate "C";

  return query values
    ('C1', 'the source is pinned and its bytes have their sha256', 'cutter_exec',
     'the bytes, under public.fn_cut_source_pin',
     case when v_source.content is null then 'partial'
          when encode(sha256(v_source.content), 'hex') = v_source.sha256 then 'closed'
          else 'open'
     end,
     case when v_source.content is null
          then 'the bytes are not kept: bring the file with each step that reads it'
          else 'pin the bytes that were meant'
     end),
    ('C2', 'the prefix is not reserved, or the approver names it', 'cutter_approver',
     'dot_config cutter.reserved_prefixes, a list with commas',
     case when v_reserved is null then 'open'
          when v_document.doc_prefix = any (string_to_array(replace(v_reserved, ' ', ''), ','))
          then 'open'
          else 'closed'
     end,
     case when v_reserved is null then 'set cutter.reserved_prefixes: runtime/012 does'
          else 'take another prefix, or have the approval of SG_1 name it'
     end),
    ('C3', 'a dry run of this very manifest is green', 'cutter_exec', 'a row of cut_dryrun',
     case when iu_core.is_dryrun_green(p_run) then 'closed' else 'open' end,
     'select public.fn_cut_dryrun: iu cut run does, at the pause at SG_1'),
    ('C4', 'the size is within the cap', 'iu_operator', 'dot_config cutter.max_units, a number',
     case when v_pieces is null or coalesce(v_cap, '') !~ '^[1-9][0-9]{0,8}$' then 'open'
          when v_pieces <= v_cap::integer then 'closed'
          else 'open'
     end,
     case when v_pieces is null then 'mark the run'
          else format('it has %s pieces, cutter.max_units is %s: an operator may raise it', v_pieces,
                      coalesce(v_cap, 'not set'))
     end),
    ('C5', 'the authority class of the document is stated', 'iu_operator',
     'authoritative or non_authoritative, under public.fn_cut_source_set',
     case when v_document.authority_class is null then 'open' else 'closed' end,
     'state it: iu cut run --authority-class, or public.fn_cut_source_set'),
    ('C6', 'the document is non-authoritative, or the approver names it', 'cutter_approver',
     'the approval of SG_1 names the document',
     case v_document.authority_class when 'non_authoritative' then 'closed' else 'open' end,
     'the approval of SG_1 must name it'),
    ('C7', 'the change set is fresh', 'cutter_exec',
     'no unit of the document, no change set of the manifest',
     case when v_units > 0
            or exists (select from cutter_governance.cut_change_set c
                        where c.idempotency_key = iu_core.cut_key(p_run.manifest_digest))
          then 'open'
          else 'closed'
     end,
     format('%s has %s units already: another edition cannot be cut yet', v_document.doc_prefix,
            v_units)),
    ('C8', 'how it would be undone is planned', 'cutter_approver',
     'a compensation plan', 'partial',
     'until it cuts a run is undone by public.fn_cut_void; what undoes a cut comes with live cuts');
end
$$;

comment on function iu_core.cut_criteria(cutter_governance.cut_run) is
  'The intake criteria C1 to C8 of a run, as rows of fn_cut_readiness.';
--! EndIncluded functions/iu_core/cut_criteria.sql

--! Included functions/iu_core/cut_prerequisites.sql
create or replace function iu_core.cut_prerequisites(p_run cutter_governance.cut_run)
returns table (code text, item text, owner text, form text, state text, next text)
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_plan   jsonb  := iu_core.run_receipt(p_run.run_id, 'plan');
  v_backup jsonb  := iu_core.run_receipt(p_run.run_id, 'record_backup');
  v_deltas bigint := (select count(*) from public.fn_deployment_grant_probe());
  v_duties text   := (select string_agg(c.scenario || ': ' || c.detail, '; ')
                        from public.fn_iu_check_roles() as c where not c.ok);
  v_gate   text   := (select g.state from iu_core.gate_state(iu_core.master_gate_key()) as g);
begin
  return query values
    ('MANIFEST', 'the manifest is stored and its rows give its digest', 'cutter_exec',
     'iu cut mark FILE --out, under public.fn_cut_mark',
     case when iu_core.content_hash(iu_core.manifest_text(p_run.manifest_digest))
               = p_run.manifest_digest then 'closed' else 'open' end,
     'mark the run'),
    ('PLAN', 'the plan is made, and by the functions that are there now', 'cutter_exec',
     'public.fn_cut_plan',
     case when v_plan is null then 'open'
          when v_plan ->> 'writer_digest' = iu_core.writer_digest() then 'closed'
          else 'partial'
     end,
     case when v_plan is null then 'plan the run'
          else 'the functions changed since: void the run, and plan another'
     end),
    ('BACKUP', 'a backup is stated that the cut could be undone with', 'cutter_exec',
     '{kind, ref, sha256, taken_at}, under public.fn_cut_record_backup',
     case when v_backup is null then 'open'
          when v_backup ->> 'kind' = 'none' then 'partial'
          else 'closed'
     end,
     case when v_backup ->> 'kind' = 'none' then 'a dry run needs none; a live run will'
          else 'take one (iu backup) and state it'
     end),
    ('GRANTS', 'the grants are those of the matrix', 'workflow_admin',
     'no row of public.fn_deployment_grant_probe()',
     case v_deltas when 0 then 'closed' else 'open' end,
     format('%s differ: iu doctor --ddl prints what mends them', v_deltas)),
    ('ROLES', 'nobody cuts, verifies and approves alone', 'workflow_admin',
     'no failed row of public.fn_iu_check_roles()',
     case when v_duties is null then 'closed' else 'open' end, v_duties),
    ('GATE', 'the master gate is open, so that events are recorded', 'iu_operator',
     'public.fn_iu_gate_open(''iu_core.routes_master_enabled'', …)',
     case v_gate when 'open' then 'closed' else 'partial' end,
     'it is ' || v_gate || ': the cut would leave a gap in the outbox (v_iu_outbox_gaps)'),
    ('SG_1', 'the cut is approved', 'cutter_approver',
     'an approval signed with Ed25519 over this manifest digest', 'open',
     'this release records no approvals: live cuts come next'),
    ('SG_2', 'the enactment is approved', 'cutter_approver',
     'an approval signed with Ed25519, with the review decision', 'open',
     'this release records no approvals: live cuts come next'),
    ('SWITCH', 'the kill-switch is open for this run', 'iu_operator',
     'a lease of cutter.execution_enabled that the run holds',
     case when cutter_governance.execution_enabled(p_run.run_id) then 'closed' else 'open' end,
     'only after SG_1: it is opened for this run and for a stated time');
end
$$;

comment on function iu_core.cut_prerequisites(cutter_governance.cut_run) is
  'What a run needs besides C1 to C8, as rows of fn_cut_readiness.';
--! EndIncluded functions/iu_core/cut_prerequisites.sql

--! Included functions/fn_cut_readiness.sql
create or replace function public.fn_cut_readiness(p_run_id text)
returns table (code text, item text, owner text, form text, state text, next text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
declare
  v_run cutter_governance.cut_run := iu_core.read_run(p_run_id);
begin
  return query
  select r.code, r.item, r.owner, r.form, r.state,
         case when r.state <> 'closed' then r.next end
    from (
      select 1 as part, c.* from iu_core.cut_criteria(v_run) as c
      union all
      select 2, p.* from iu_core.cut_prerequisites(v_run) as p
    ) as r (part, code, item, owner, form, state, next)
   order by r.part, array_position(
              array['MANIFEST', 'PLAN', 'BACKUP', 'GRANTS', 'ROLES', 'GATE', 'SG_1', 'SG_2',
                    'SWITCH'], r.code), r.code;
end
$$;

comment on function public.fn_cut_readiness(text) is
  'What a live cut of this run takes, one row each: code (C1 to C8, MANIFEST, PLAN, BACKUP, GRANTS, '
  'ROLES, GATE, SG_1, SG_2, SWITCH), item, owner (the role that owes it), form (in which), state '
  '(closed, partial, open) and the next step, null where it is closed. A plan that holds is not a '
  'run that is ready. Refuses with IU063 an unknown run. Takes no lock, works read-only and on a '
  'standby. For cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly.';

revoke all     on function public.fn_cut_readiness(text) from public;
grant  execute on function public.fn_cut_readiness(text)
       to cutter_exec, cutter_verify, cutter_approver, iu_operator, context_pack_readonly;
--! EndIncluded functions/fn_cut_readiness.sql

reset role;

select iu_core.register_errors($errors$[
  {"code": "IU066", "name": "cut_incomplete",
   "problem": "A cut did less, or other, than it set out to do; it is undone.",
   "next_step": "The detail says what was expected and what was found."},
  {"code": "IU069", "name": "same_principal",
   "problem": "Whoever cut a run may not verify it.",
   "next_step": "Verify with another login, in a session of its own."},
  {"code": "IU090", "name": "production_execution_not_authorized",
   "problem": "A run may not act: it is not live, not approved, or its kill-switch is closed.",
   "next_step": "iu cut readiness says what is missing, and who owes it."}
]$errors$);

select iu_core.expect_grants($grants$[
  {"object": "cutter_governance.execution_enabled(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_apply(text,text,bytea)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_dryrun(text,text,bytea)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_enact(text,uuid,text)", "type": "function",
   "grantees": ["cutter_exec"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_readiness(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_status(text)", "type": "function",
   "grantees": ["context_pack_readonly", "cutter_approver", "cutter_exec", "cutter_verify",
                "iu_operator"], "privileges": ["EXECUTE"]},
  {"object": "public.fn_cut_verify(text,text)", "type": "function",
   "grantees": ["cutter_verify"], "privileges": ["EXECUTE"]}
]$grants$);
