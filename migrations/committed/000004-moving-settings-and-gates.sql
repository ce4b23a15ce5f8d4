--! Previous: sha1:bd08fbfa7dcbd92763f5a1fb5de64b0408c563ea
--! Hash: sha1:96a2ff2c26f07b6002175d8ba07ef06abbcc0756
--! Message: moving settings and gates
--! Title: Moving settings and gates

--! split: 1-current.sql
set local role workflow_admin;

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
  perform iu_core.begin_config_write(p_key);
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
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'setting_changed', 'public.dot_config', p_key, null,
      jsonb_build_object('key', p_key))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object(
    'status', 'set', 'key', p_key, 'value', p_value, 'previous', v_current.value);
end
$$;

comment on function public.fn_dot_config_set(text, text, text, text, text) is
  'Sets a setting and writes its history; a description of null keeps the present one. Returns '
  '{status: set | unchanged, key, value, previous}; unchanged wrote nothing. Emits '
  'governance.setting_changed, which names the key and not the value. Refuses gates with IU015, '
  'bad arguments with IU004, another isolation than READ COMMITTED with IU003. For iu_operator.';

revoke all     on function public.fn_dot_config_set(text, text, text, text, text) from public;
grant  execute on function public.fn_dot_config_set(text, text, text, text, text) to iu_operator;
--! EndIncluded functions/fn_dot_config_set.sql

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
  perform iu_core.begin_config_write(p_key);
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
  'Locks a gate exclusively, waiting for whatever acts behind it, and returns its declaration; see '
  'iu_core.begin_config_write. Refuses with IU011 a key that is not declared, with IU003 another '
  'isolation.';
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
  perform iu_core.assert_given(jsonb_build_object(
    'p_key', p_key, 'p_description', p_description, 'p_actor', p_actor));
  if p_policy is null or p_policy not in ('standing', 'lease', 'never') then
    perform iu_core.raise_error(
      'IU004',
      'the policy of a gate is standing, lease or never',
      jsonb_build_object('key', p_key, 'policy', p_policy));
  end if;

  perform iu_core.begin_config_write(p_key);
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
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'gate_declared', 'public.iu_gate', p_key, null,
      jsonb_build_object('key', p_key))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'declared', 'key', p_key, 'policy', p_policy);
end
$$;

comment on function public.fn_iu_gate_declare(text, text, text, text) is
  'Declares a gate with its policy (standing: may be opened for good or under a lease; lease: '
  'under a lease only; never: not at all) and writes its closed row in dot_config. Returns '
  '{status: declared | unchanged, key, policy}. Emits governance.gate_declared. Refuses with IU012 '
  'while the value is not false, with IU004 bad arguments, with IU003 another isolation. For '
  'members of workflow_admin.';

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
  perform iu_core.assert_given(jsonb_build_object('p_key', p_key, 'p_actor', p_actor));

  perform iu_core.begin_config_write(p_key);
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
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'gate_withdrawn', 'public.iu_gate', p_key, null,
      jsonb_build_object('key', p_key))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'withdrawn', 'key', p_key);
end
$$;

comment on function public.fn_iu_gate_withdraw(text, text) is
  'Takes back a declaration and the gate''s row in dot_config; its transitions and history stay. '
  'Returns {status: withdrawn | absent, key}. Emits governance.gate_withdrawn. Refuses with IU012 '
  'a gate that is not closed, with IU003 another isolation, with IU004 empty arguments. For '
  'members of workflow_admin.';

revoke all on function public.fn_iu_gate_withdraw(text, text) from public;
--! EndIncluded functions/fn_iu_gate_withdraw.sql

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
  -- After the move: the opening of the master gate is the first fact it lets through.
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'gate_opened', 'public.iu_gate', p_key, null,
      jsonb_build_object('key', p_key, 'until', v_until))],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object(
    'status', 'opened', 'key', p_key, 'until', v_until, 'lease_token', v_token);
end
$$;

comment on function public.fn_iu_gate_open(text, uuid, text, text, integer) is
  'Opens a gate: for p_ttl_seconds (1 to 86400) under a lease, which ends by itself, or with null '
  'for good. p_approval_id may be null and is recorded. Returns {status: opened | already_open, '
  'key, until, lease_token}; already_open (both standing) wrote nothing. Emits '
  'governance.gate_opened. Refuses with IU012 while somebody holds it, the same actor included; '
  'with IU011 a key not declared, IU013 a never-flip key, IU014 a standing opening of a lease-only '
  'gate, IU004 bad arguments, IU003 another isolation. For iu_operator.';

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
  perform iu_core.assert_given(
    jsonb_build_object('p_key', p_key, 'p_actor', p_actor, 'p_reason', p_reason));

  perform iu_core.lock_gate(p_key);
  select c.value into v_value from public.dot_config c where c.key = p_key;
  if v_value = 'false' then
    return jsonb_build_object('status', 'already_closed', 'key', p_key);
  end if;

  select g.state into v_state from iu_core.gate_state(p_key) as g;
  -- Before the move: the close of the master gate is the last fact it lets through.
  perform iu_core.emit_events(
    array[iu_core.fact(
      'governance', 'gate_closed', 'public.iu_gate', p_key, null,
      jsonb_build_object('key', p_key))],
    p_actor, iu_core.uuid_v7());
  perform iu_core.gate_move(p_key, v_state, 'closed', p_actor, p_reason);
  return jsonb_build_object('status', 'closed', 'key', p_key);
end
$$;

comment on function public.fn_iu_gate_close(text, text, text) is
  'Closes a gate, waiting for the transactions that act behind it: when it has returned and is '
  'committed, nothing acts. Any operator may close any gate, whoever holds it. Returns {status: '
  'closed | already_closed, key}; already_closed wrote nothing. Emits governance.gate_closed. '
  'Refuses with IU011 a key not declared, IU004 empty arguments, IU003 another isolation. For '
  'iu_operator.';

revoke all     on function public.fn_iu_gate_close(text, text, text) from public;
grant  execute on function public.fn_iu_gate_close(text, text, text) to iu_operator;
--! EndIncluded functions/fn_iu_gate_close.sql

reset role;

select iu_core.register_errors($errors$[
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
