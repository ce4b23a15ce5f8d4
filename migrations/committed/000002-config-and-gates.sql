--! Previous: sha1:2753b933bf4a8b1fd5ca7d97d563f8fef806cd66
--! Hash: sha1:b4d3c474babde263db5b8a31a49acc1bd0c8d0fa
--! Message: config and gates
--! Title: Settings with their history; gates with their transitions and leases

--! split: 1-current.sql
set local role workflow_admin;

-- ------------------------------------------------------------------------------------------------
-- Settings
-- ------------------------------------------------------------------------------------------------

create table public.dot_config (
  key         text collate "C" not null,
  value       text             not null,
  description text,
  updated_at  timestamptz      not null,
  constraint dot_config_pk primary key (key)
);

comment on table  public.dot_config             is
  'Settings and the positions of gates. A gate is open only as fn_iu_gate_is_open says: its lease '
  'may have run out while its value still says true.';
comment on column public.dot_config.key is
  'area.name; a gate ends in _enabled or is in iu_gate.';
comment on column public.dot_config.value       is 'Text; of a gate true or false.';
comment on column public.dot_config.description is 'What it decides.';
comment on column public.dot_config.updated_at  is 'clock_timestamp() of the latest change.';

create table public.dot_config_history (
  id         uuid             not null,
  key        text collate "C" not null,
  old_value  text,
  new_value  text,
  actor      text             not null,
  login      text             not null,
  reason     text             not null,
  changed_at timestamptz      not null,
  constraint dot_config_history_pk primary key (id)
);

create index dot_config_history_key_ix on public.dot_config_history (key, changed_at);

comment on table  public.dot_config_history is
  'Every change of dot_config. Insert-only; outlives its key.';
comment on column public.dot_config_history.id         is 'iu_core.uuid_v7().';
comment on column public.dot_config_history.key        is 'The setting.';
comment on column public.dot_config_history.old_value  is 'The value before; null when it was new.';
comment on column public.dot_config_history.new_value is
  'The value after; null when it was removed.';
comment on column public.dot_config_history.actor      is 'Who, as stated by the caller.';
comment on column public.dot_config_history.login      is 'session_user, as seen by the server.';
comment on column public.dot_config_history.reason     is 'Why, as stated by the caller.';
comment on column public.dot_config_history.changed_at is 'clock_timestamp().';

grant select on public.dot_config         to context_pack_readonly;
grant select on public.dot_config_history to context_pack_readonly;

-- ------------------------------------------------------------------------------------------------
-- Gates
-- ------------------------------------------------------------------------------------------------

create table public.iu_gate (
  key         text collate "C" not null,
  policy      text             not null,
  description text             not null,
  constraint iu_gate_pk        primary key (key),
  constraint iu_gate_policy_ck check (policy in ('standing', 'lease', 'never'))
);

comment on table  public.iu_gate is
  'The declared gates. A key that is not here cannot be opened.';
comment on column public.iu_gate.key         is 'Key in dot_config.';
comment on column public.iu_gate.policy      is
  'standing: may be opened for good or under a lease; lease: under a lease only; never: never.';
comment on column public.iu_gate.description is 'What acts behind it.';

create table public.iu_gate_transition (
  id          uuid             not null,
  gate_key    text collate "C" not null,
  seq         integer          not null,
  from_state  text             not null,
  to_state    text             not null,
  actor       text             not null,
  login       text             not null,
  reason      text             not null,
  approval_id uuid,
  until       timestamptz,
  lease_token uuid,
  moved_at    timestamptz      not null,
  constraint iu_gate_transition_pk      primary key (id),
  constraint iu_gate_transition_seq_uq  unique (gate_key, seq),
  constraint iu_gate_transition_from_ck check (from_state in ('closed', 'lapsed', 'open')),
  constraint iu_gate_transition_to_ck   check (to_state in ('closed', 'open')),
  constraint iu_gate_transition_until_ck
    check (num_nulls(until, lease_token) in (0, 2) and (until is null or to_state = 'open'))
);

comment on table  public.iu_gate_transition             is
  'Every opening and closing of a gate. Insert-only. No foreign key: it outlives the declaration. '
  'A lease that runs out writes nothing; the next transition starts from lapsed.';
comment on column public.iu_gate_transition.id          is 'iu_core.uuid_v7().';
comment on column public.iu_gate_transition.gate_key    is 'The gate.';
comment on column public.iu_gate_transition.seq         is 'Order of the transitions of one gate.';
comment on column public.iu_gate_transition.from_state is
  'closed, open, or lapsed: a lease had run out.';
comment on column public.iu_gate_transition.to_state    is 'open or closed.';
comment on column public.iu_gate_transition.actor is
  'Who, as stated by the caller; of an open gate its holder.';
comment on column public.iu_gate_transition.login       is 'session_user, as seen by the server.';
comment on column public.iu_gate_transition.reason      is 'Why, as stated by the caller.';
comment on column public.iu_gate_transition.approval_id is
  'The approval it rests on, where there is one.';
comment on column public.iu_gate_transition.until is
  'End of the lease; null for a standing opening and a close.';
comment on column public.iu_gate_transition.lease_token is
  'Names the lease to its holder; no secret. Null without a lease.';
comment on column public.iu_gate_transition.moved_at    is 'clock_timestamp().';

grant select on public.iu_gate            to context_pack_readonly;
grant select on public.iu_gate_transition to context_pack_readonly;

-- ------------------------------------------------------------------------------------------------
-- Functions
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/lock_config.sql
create or replace function iu_core.lock_config(p_key text, p_shared boolean default false)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_shared then
    perform pg_advisory_xact_lock_shared(hashtextextended('dot_config ' || p_key, 0));
  else
    perform pg_advisory_xact_lock(hashtextextended('dot_config ' || p_key, 0));
  end if;
end
$$;

comment on function iu_core.lock_config(text, boolean) is
  'Locks a key of dot_config until the transaction ends: shared by whoever acts behind the gate of '
  'that name, exclusively by whoever changes it, there or not yet. Not a row lock: those let new '
  'sharers pass a waiting change, and a busy gate could never be closed. Here they queue.';
--! EndIncluded functions/iu_core/lock_config.sql

--! Included functions/iu_core/config_write.sql
create or replace function iu_core.config_write(
  p_key         text,
  p_value       text,
  p_description text,
  p_actor       text,
  p_reason      text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now timestamptz := clock_timestamp();
  v_old text;
begin
  select c.value into v_old from public.dot_config c where c.key = p_key for update;
  if p_value is null then
    delete from public.dot_config c where c.key = p_key;
  else
    insert into public.dot_config as c (key, value, description, updated_at)
    values (p_key, p_value, p_description, v_now)
    on conflict on constraint dot_config_pk do update
      set value       = excluded.value,
          description = coalesce(excluded.description, c.description),
          updated_at  = excluded.updated_at;
  end if;
  insert into public.dot_config_history
         (id, key, old_value, new_value, actor, login, reason, changed_at)
  values (iu_core.uuid_v7(), p_key, v_old, p_value, p_actor, session_user, p_reason, v_now);
end
$$;

comment on function iu_core.config_write(text, text, text, text, text) is
  'Writes one row of dot_config, or deletes it when the value is null, and its history row. Checks '
  'nothing: its callers do.';
--! EndIncluded functions/iu_core/config_write.sql

--! Included functions/fn_dot_config_set.sql
create or replace function public.fn_dot_config_set(
  p_key         text,
  p_value       text,
  p_actor       text,
  p_reason      text,
  p_description text default null
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_current public.dot_config;
begin
  perform iu_core.assert_read_committed();
  perform iu_core.assert_given(
    jsonb_build_object('p_key', p_key, 'p_actor', p_actor, 'p_reason', p_reason));
  if p_value is null or p_key !~ '^[a-z][a-z0-9_]*([.][a-z][a-z0-9_]*)+$' then
    perform iu_core.raise_error(
      'IU004',
      'a setting has a key like area.name and a value that is not null',
      jsonb_build_object('key', p_key, 'value', p_value));
  end if;

  -- Two sessions that set one key, or set it and declare it a gate: the second waits here and then
  -- sees what the first did.
  perform iu_core.lock_config(p_key);
  if right(p_key, 8) = '_enabled' or exists (select from public.iu_gate g where g.key = p_key) then
    perform iu_core.raise_error(
      'IU015',
      format('%s is a gate', p_key),
      jsonb_build_object('key', p_key));
  end if;

  select c.* into v_current from public.dot_config c where c.key = p_key;
  if v_current.value = p_value
     and coalesce(p_description, v_current.description) is not distinct from v_current.description
  then
    return jsonb_build_object('status', 'unchanged', 'key', p_key, 'value', p_value);
  end if;

  perform iu_core.config_write(p_key, p_value, p_description, p_actor, p_reason);
  return jsonb_build_object(
    'status', 'set', 'key', p_key, 'value', p_value, 'previous', v_current.value);
end
$$;

comment on function public.fn_dot_config_set(text, text, text, text, text) is
  'Sets a setting and writes its history; a description of null keeps the present one. Returns '
  '{status: set | unchanged, key, value, previous}; unchanged wrote nothing. Refuses gates with '
  'IU015, bad arguments with IU004, another isolation than READ COMMITTED with IU003. For '
  'iu_operator.';

revoke all     on function public.fn_dot_config_set(text, text, text, text, text) from public;
grant  execute on function public.fn_dot_config_set(text, text, text, text, text) to iu_operator;
--! EndIncluded functions/fn_dot_config_set.sql

--! Included functions/iu_core/gate_state.sql
create or replace function iu_core.gate_state(p_key text)
returns table (state text, until timestamptz, holder text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
           when c.value is distinct from 'true' or t.to_state is distinct from 'open' then 'closed'
           when t.until <= clock_timestamp() then 'lapsed'
           else 'open'
         end,
         t.until,
         t.actor
    from (values (p_key)) as k (key)
    left join public.dot_config c on c.key = k.key
    left join lateral (
      select x.to_state, x.until, x.actor
        from public.iu_gate_transition x
       where x.gate_key = k.key
       order by x.seq desc
       limit 1
    ) as t on true
$$;

comment on function iu_core.gate_state(text) is
  'One row, for any key: open, closed, or lapsed (opened under a lease that has run out by '
  'clock_timestamp(): closed, although dot_config still says true); until when, and who wrote the '
  'latest transition. The word true without an opening in iu_gate_transition is closed.';
--! EndIncluded functions/iu_core/gate_state.sql

--! Included functions/iu_core/assert_gate_open.sql
create or replace function iu_core.assert_gate_open(p_key text)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_gate record;
begin
  -- Held to the end of the transaction; a close waits for it. The state is read by the next
  -- statement, which sees what was committed while this one waited.
  perform iu_core.lock_config(p_key, true);
  select g.state, g.until into v_gate from iu_core.gate_state(p_key) as g;
  if v_gate.state <> 'open' then
    perform iu_core.raise_error(
      'IU010',
      format('gate %s is %s', p_key, v_gate.state),
      jsonb_build_object('key', p_key, 'state', v_gate.state, 'until', v_gate.until),
      format('An operator opens it with select public.fn_iu_gate_open(%L, <approval id or null>, '
             '<actor>, <reason>, <seconds or null>).', p_key));
  end if;
end
$$;

comment on function iu_core.assert_gate_open(text) is
  'What every acting function calls first: refuses with IU010 unless the gate is open, and keeps '
  'it from being closed until the transaction ends, so that when a close returns nothing acts. A '
  'lease that runs out later in the transaction does not stop it.';
--! EndIncluded functions/iu_core/assert_gate_open.sql

--! Included functions/iu_core/lock_gate.sql
create or replace function iu_core.lock_gate(p_key text)
returns public.iu_gate
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_gate public.iu_gate;
begin
  perform iu_core.lock_config(p_key);
  select g.* into v_gate from public.iu_gate g where g.key = p_key;
  if v_gate.key is null then
    perform iu_core.raise_error(
      'IU011',
      format('%s is not a declared gate', p_key),
      jsonb_build_object('key', p_key));
  end if;
  return v_gate;
end
$$;

comment on function iu_core.lock_gate(text) is
  'Locks a gate exclusively, waiting for whatever acts behind it, and returns its '
  'declaration. Refuses with IU011 a key that is not declared.';
--! EndIncluded functions/iu_core/lock_gate.sql

--! Included functions/iu_core/gate_move.sql
create or replace function iu_core.gate_move(
  p_key         text,
  p_from_state  text,
  p_to_state    text,
  p_actor       text,
  p_reason      text,
  p_approval_id uuid        default null,
  p_until       timestamptz default null,
  p_lease_token uuid        default null
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.config_write(
    p_key, (p_to_state = 'open')::text, null, p_actor, p_reason);
  insert into public.iu_gate_transition
         (id, gate_key, seq, from_state, to_state, actor, login, reason, approval_id, until,
          lease_token, moved_at)
  select iu_core.uuid_v7(), p_key, coalesce(max(t.seq), 0) + 1, p_from_state, p_to_state, p_actor,
         session_user, p_reason, p_approval_id, p_until, p_lease_token, clock_timestamp()
    from public.iu_gate_transition t
   where t.gate_key = p_key;
end
$$;

comment on function
  iu_core.gate_move(text, text, text, text, text, uuid, timestamptz, uuid) is
  'Writes the value and the transition of a gate whose row in dot_config the caller has locked; '
  'that lock is what makes seq safe. Checks nothing: its callers do.';
--! EndIncluded functions/iu_core/gate_move.sql

--! Included functions/fn_iu_gate_declare.sql
create or replace function public.fn_iu_gate_declare(
  p_key         text,
  p_policy      text,
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
  v_gate  public.iu_gate;
  v_value text;
begin
  perform iu_core.assert_read_committed();
  perform iu_core.assert_given(jsonb_build_object(
    'p_key', p_key, 'p_description', p_description, 'p_actor', p_actor));
  if p_policy is null or p_policy not in ('standing', 'lease', 'never') then
    perform iu_core.raise_error(
      'IU004',
      'the policy of a gate is standing, lease or never',
      jsonb_build_object('key', p_key, 'policy', p_policy));
  end if;

  perform iu_core.lock_config(p_key);
  select g.* into v_gate from public.iu_gate g where g.key = p_key;
  select c.value into v_value from public.dot_config c where c.key = p_key;
  if v_gate.policy = p_policy and v_gate.description = p_description and v_value is not null then
    return jsonb_build_object('status', 'unchanged', 'key', p_key, 'policy', p_policy);
  end if;
  if v_value <> 'false' then
    perform iu_core.raise_error(
      'IU012',
      format('%s says %s: a gate is declared, or changed, only while closed', p_key, v_value),
      jsonb_build_object('key', p_key, 'value', v_value),
      'Close it with public.fn_iu_gate_close; if it is not a gate yet, set it to false with '
      'public.fn_dot_config_set.');
  end if;

  insert into public.iu_gate as g (key, policy, description)
  values (p_key, p_policy, p_description)
  on conflict on constraint iu_gate_pk do update
    set policy = excluded.policy, description = excluded.description;
  if v_value is null then
    perform iu_core.config_write(p_key, 'false', p_description, p_actor, 'gate declared');
  end if;
  return jsonb_build_object('status', 'declared', 'key', p_key, 'policy', p_policy);
end
$$;

comment on function public.fn_iu_gate_declare(text, text, text, text) is
  'Declares a gate with its policy (standing: may be opened for good or under a lease; lease: '
  'under a lease only; never: not at all) and writes its closed row in dot_config. Returns '
  '{status: declared | unchanged, key, policy}. Refuses with IU012 while the value is not false, '
  'with IU004 bad arguments, with IU003 another isolation. For members of workflow_admin.';

revoke all on function public.fn_iu_gate_declare(text, text, text, text) from public;
--! EndIncluded functions/fn_iu_gate_declare.sql

--! Included functions/fn_iu_gate_withdraw.sql
create or replace function public.fn_iu_gate_withdraw(p_key text, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_value text;
begin
  perform iu_core.assert_read_committed();
  perform iu_core.assert_given(jsonb_build_object('p_key', p_key, 'p_actor', p_actor));

  perform iu_core.lock_config(p_key);
  select c.value into v_value from public.dot_config c where c.key = p_key;
  if not exists (select from public.iu_gate g where g.key = p_key) then
    return jsonb_build_object('status', 'absent', 'key', p_key);
  end if;
  if v_value <> 'false' then
    perform iu_core.raise_error(
      'IU012',
      format('gate %s is not closed, so it cannot be withdrawn', p_key),
      jsonb_build_object('key', p_key, 'value', v_value),
      'Close it with public.fn_iu_gate_close, then withdraw it.');
  end if;

  delete from public.iu_gate g where g.key = p_key;
  perform iu_core.config_write(p_key, null, null, p_actor, 'gate withdrawn');
  return jsonb_build_object('status', 'withdrawn', 'key', p_key);
end
$$;

comment on function public.fn_iu_gate_withdraw(text, text) is
  'Takes back a declaration and the gate''s row in dot_config; its transitions and history stay. '
  'Returns {status: withdrawn | absent, key}. Refuses with IU012 a gate that is not closed, with '
  'IU003 another isolation, with IU004 empty arguments. For members of workflow_admin.';

revoke all on function public.fn_iu_gate_withdraw(text, text) from public;
--! EndIncluded functions/fn_iu_gate_withdraw.sql

--! Included functions/fn_iu_gate_is_open.sql
create or replace function public.fn_iu_gate_is_open(p_key text)
returns boolean
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select g.state = 'open' from iu_core.gate_state(p_key) as g
$$;

comment on function public.fn_iu_gate_is_open(text) is
  'True when the gate is open now, false for anything else, unknown keys and null included; never '
  'null. Takes no lock and works read-only and on a standby, so it promises nothing about the next '
  'moment: what acts calls iu_core.assert_gate_open. For iu_operator, iu_worker, '
  'context_pack_readonly.';

revoke all     on function public.fn_iu_gate_is_open(text) from public;
grant  execute on function public.fn_iu_gate_is_open(text)
       to iu_operator, iu_worker, context_pack_readonly;
--! EndIncluded functions/fn_iu_gate_is_open.sql

--! Included functions/fn_iu_gate_open.sql
create or replace function public.fn_iu_gate_open(
  p_key         text,
  p_approval_id uuid,
  p_actor       text,
  p_reason      text,
  p_ttl_seconds integer
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_policy text;
  v_now    record;
  v_until  timestamptz;
  v_token  uuid;
begin
  perform iu_core.assert_read_committed();
  perform iu_core.assert_given(
    jsonb_build_object('p_key', p_key, 'p_actor', p_actor, 'p_reason', p_reason));
  if p_ttl_seconds not between 1 and 86400 then
    perform iu_core.raise_error(
      'IU004',
      'a lease lasts from 1 to 86400 seconds',
      jsonb_build_object('key', p_key, 'ttl_seconds', p_ttl_seconds));
  end if;

  v_policy := (iu_core.lock_gate(p_key)).policy;
  if v_policy = 'never' then
    perform iu_core.raise_error(
      'IU013',
      format('%s is never opened', p_key),
      jsonb_build_object('key', p_key));
  end if;
  if v_policy = 'lease' and p_ttl_seconds is null then
    perform iu_core.raise_error(
      'IU014',
      format('%s opens under a lease only', p_key),
      jsonb_build_object('key', p_key));
  end if;

  select g.state, g.until, g.holder into v_now from iu_core.gate_state(p_key) as g;
  if v_now.state = 'open' then
    if v_now.until is null and p_ttl_seconds is null then
      return jsonb_build_object(
        'status', 'already_open', 'key', p_key, 'until', null, 'lease_token', null);
    end if;
    perform iu_core.raise_error(
      'IU012',
      format('gate %s is held by %s until %s', p_key, v_now.holder,
             coalesce(v_now.until::text, 'somebody closes it')),
      jsonb_build_object('key', p_key, 'holder', v_now.holder, 'until', v_now.until));
  end if;

  if p_ttl_seconds is not null then
    v_until := clock_timestamp() + make_interval(secs => p_ttl_seconds);
    v_token := iu_core.uuid_v7();
  end if;
  perform iu_core.gate_move(
    p_key, v_now.state, 'open', p_actor, p_reason, p_approval_id, v_until, v_token);
  return jsonb_build_object(
    'status', 'opened', 'key', p_key, 'until', v_until, 'lease_token', v_token);
end
$$;

comment on function public.fn_iu_gate_open(text, uuid, text, text, integer) is
  'Opens a gate: for p_ttl_seconds (1 to 86400) under a lease, which ends by itself, or with null '
  'for good. p_approval_id may be null and is recorded. Returns {status: opened | already_open, '
  'key, until, lease_token}; already_open (both standing) wrote nothing. Refuses with IU012 while '
  'somebody holds it, the same actor included; with IU011 a key not declared, IU013 a never-flip '
  'key, IU014 a standing opening of a lease-only gate, IU004 bad arguments, IU003 another '
  'isolation. For iu_operator.';

revoke all     on function public.fn_iu_gate_open(text, uuid, text, text, integer) from public;
grant  execute on function public.fn_iu_gate_open(text, uuid, text, text, integer) to iu_operator;
--! EndIncluded functions/fn_iu_gate_open.sql

--! Included functions/fn_iu_gate_close.sql
create or replace function public.fn_iu_gate_close(p_key text, p_actor text, p_reason text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_value text;
  v_state text;
begin
  perform iu_core.assert_read_committed();
  perform iu_core.assert_given(
    jsonb_build_object('p_key', p_key, 'p_actor', p_actor, 'p_reason', p_reason));

  perform iu_core.lock_gate(p_key);
  select c.value into v_value from public.dot_config c where c.key = p_key;
  if v_value = 'false' then
    return jsonb_build_object('status', 'already_closed', 'key', p_key);
  end if;

  select g.state into v_state from iu_core.gate_state(p_key) as g;
  perform iu_core.gate_move(p_key, v_state, 'closed', p_actor, p_reason);
  return jsonb_build_object('status', 'closed', 'key', p_key);
end
$$;

comment on function public.fn_iu_gate_close(text, text, text) is
  'Closes a gate, waiting for the transactions that act behind it: when it has returned and is '
  'committed, nothing acts. Any operator may close any gate, whoever holds it. Returns {status: '
  'closed | already_closed, key}; already_closed wrote nothing. Refuses with IU011 a key not '
  'declared, IU004 empty arguments, IU003 another isolation. For iu_operator.';

revoke all     on function public.fn_iu_gate_close(text, text, text) from public;
grant  execute on function public.fn_iu_gate_close(text, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_gate_close.sql

--! Included functions/fn_iu_gate_verify_closed.sql
create or replace function public.fn_iu_gate_verify_closed()
returns jsonb
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  -- A key that looks like a gate counts as one, so that a row nobody declared cannot hide.
  with gate as (
    select coalesce(d.key, c.key) as key, coalesce(d.policy, 'undeclared') as policy, c.value
      from public.iu_gate d
      full join public.dot_config c on c.key = d.key
     where d.key is not null or right(c.key, 8) = '_enabled'
  ),
  judged as (
    select g.key, g.policy, g.value, s.state, s.until,
           -- Only 'false' and no row at all are safe where nothing may ever be opened.
           case when g.policy in ('never', 'undeclared')
                then coalesce(g.value, 'false') = 'false'
                else s.state <> 'open'
           end as safe
      from gate g
     cross join lateral iu_core.gate_state(g.key) as s
  )
  select jsonb_build_object(
           'all_safe',          coalesce(bool_and(j.safe), true),
           'never_flip_intact', coalesce(bool_and(j.safe) filter (where j.policy = 'never'), true),
           'gates',             coalesce(
             jsonb_agg(
               jsonb_build_object('key', j.key, 'policy', j.policy, 'value', j.value,
                                  'state', j.state, 'until', j.until, 'safe', j.safe)
               order by j.key collate "C"),
             '[]'))
    from judged j
$$;

comment on function public.fn_iu_gate_verify_closed() is
  'One object: {all_safe, never_flip_intact, gates: [{key, policy, value, state, until, safe}]}. A '
  'gate is safe when it is not open; one that may never open, or that nobody declared, only when '
  'its value is false or absent. Takes no lock, works read-only and on a standby. For iu_operator, '
  'context_pack_readonly.';

revoke all     on function public.fn_iu_gate_verify_closed() from public;
grant  execute on function public.fn_iu_gate_verify_closed() to iu_operator, context_pack_readonly;
--! EndIncluded functions/fn_iu_gate_verify_closed.sql

--! Included functions/fn_iu_check_gates.sql
create or replace function public.fn_iu_check_gates()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with verdict as (
    select public.fn_iu_gate_verify_closed() as v
  )
  select 'gates are declared', exists (select from public.iu_gate),
         (select count(*) || ' declared' from public.iu_gate)
  union all
  select 'never-flip keys are intact', (r.v ->> 'never_flip_intact')::boolean,
         'see the rows of these gates'
    from verdict r
  union all
  (select format('%s is closed', g.key), g.safe,
          format('%s, policy %s, value %s', g.state, g.policy, coalesce(g.value, 'absent'))
     from verdict r
    cross join lateral jsonb_to_recordset(r.v -> 'gates')
          as g (key text, policy text, value text, state text, safe boolean)
    order by g.key collate "C")
$$;

comment on function public.fn_iu_check_gates() is
  'Scenario rows: gates are declared, never-flip keys are intact, and each gate is closed; from '
  'fn_iu_gate_verify_closed(). Read only. For iu_operator.';

revoke all     on function public.fn_iu_check_gates() from public;
grant  execute on function public.fn_iu_check_gates() to iu_operator;
--! EndIncluded functions/fn_iu_check_gates.sql

reset role;

select iu_core.protect_table(
  'public.dot_config', 'state',
  'public.fn_dot_config_set(), or for a gate public.fn_iu_gate_open() or _close()',
  '{updated_at}');
select iu_core.protect_table(
  'public.dot_config_history', 'ledger', 'public.fn_dot_config_set()');
select iu_core.protect_table(
  'public.iu_gate', 'state', 'public.fn_iu_gate_declare()');
select iu_core.protect_table(
  'public.iu_gate_transition', 'ledger', 'public.fn_iu_gate_open() or public.fn_iu_gate_close()');

select iu_core.register_errors($errors$[
  {"code": "IU010", "name": "gate_closed",
   "problem": "A function was called whose gate is closed, or whose lease has run out.",
   "next_step": "Ask an operator to open the gate with public.fn_iu_gate_open."},
  {"code": "IU011", "name": "gate_unknown",
   "problem": "A key was to be opened or closed that is not a declared gate.",
   "next_step": "Check the key against public.iu_gate; runtime/003_gates.sql declares the gates."},
  {"code": "IU012", "name": "gate_held",
   "problem": "A gate is open where it would have to be closed; under a lease one driver holds it.",
   "next_step": "Wait until the lease ends, or close the gate with public.fn_iu_gate_close."},
  {"code": "IU013", "name": "gate_never_opens",
   "problem": "A never-flip key was to be opened.",
   "next_step": "Do without it: the protection behind this key is never switched off."},
  {"code": "IU014", "name": "gate_needs_lease",
   "problem": "A gate that opens under a lease only was to be opened for good.",
   "next_step": "State p_ttl_seconds, from 1 to 86400."},
  {"code": "IU015", "name": "not_a_setting",
   "problem": "A gate was to be moved as if it were a setting.",
   "next_step": "Call public.fn_iu_gate_open or public.fn_iu_gate_close."}
]$errors$);
