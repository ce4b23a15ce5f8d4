--! Previous: sha1:da7662c363a40deb09cf0918f0f64041d3cbdc26
--! Hash: sha1:bc1861d9ddf14511605d0bd98ca2e54b4723e01d
--! Message: settings and gates
--! Title: Settings with their history; gates with their transitions and leases, and reading them

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

--! Included functions/iu_core/config_lock.sql
create or replace function iu_core.config_lock(p_key text)
returns bigint
language sql
immutable
parallel safe
return hashtextextended('dot_config ' || p_key, 0);

comment on function iu_core.config_lock(text) is
  'Key of the advisory lock of a key of dot_config; see iu_core.lock_config.';
--! EndIncluded functions/iu_core/config_lock.sql

--! Included functions/iu_core/lock_config.sql
create or replace function iu_core.lock_config(p_key text, p_shared boolean default false)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_shared then
    perform pg_advisory_xact_lock_shared(iu_core.config_lock(p_key));
  else
    perform pg_advisory_xact_lock(iu_core.config_lock(p_key));
  end if;
end
$$;

comment on function iu_core.lock_config(text, boolean) is
  'Locks a key of dot_config until the transaction ends: shared by whoever acts behind the gate of '
  'that name, exclusively by whoever changes it, there or not yet. Not a row lock: those let new '
  'sharers pass a waiting change, and a busy gate could never be closed. Here they queue.';
--! EndIncluded functions/iu_core/lock_config.sql

--! Included functions/iu_core/gate_state.sql
create or replace function iu_core.gate_state(p_key text)
returns table (state text, until timestamptz, holder text)
language sql
stable
begin atomic
  -- No settings and one SELECT: it is inlined, into callers in PL/pgSQL, which keep their plans.
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
    ) as t on true;
end;

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

--! Included functions/fn_iu_gate_is_open.sql
create or replace function public.fn_iu_gate_is_open(p_key text)
returns boolean
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  return (select g.state = 'open' from iu_core.gate_state(p_key) as g);
end
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

--! Included functions/fn_iu_gate_list.sql
create or replace function public.fn_iu_gate_list()
returns table (
  key         text,
  policy      text,
  description text,
  state       text,
  until       timestamptz,
  holder      text,
  since       timestamptz,
  reason      text,
  safe        boolean
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select g.key, g.policy, d.description, g.state, g.until, t.actor, t.moved_at, t.reason, g.safe
    from jsonb_to_recordset(public.fn_iu_gate_verify_closed() -> 'gates')
         as g (key text, policy text, state text, until timestamptz, safe boolean)
    left join public.iu_gate d on d.key = g.key
    left join lateral (
      select x.actor, x.moved_at, x.reason
        from public.iu_gate_transition x
       where x.gate_key = g.key
       order by x.seq desc
       limit 1
    ) as t on true
   order by g.key collate "C"
$$;

comment on function public.fn_iu_gate_list() is
  'One row per gate, as fn_iu_gate_verify_closed() has them, with its latest transition: holder '
  '(who moved it; of an open gate its holder), since and reason, null where it never moved. policy '
  'is standing, lease, never or undeclared. Takes no lock, works read-only and on a standby. For '
  'iu_operator, context_pack_readonly.';

revoke all     on function public.fn_iu_gate_list() from public;
grant  execute on function public.fn_iu_gate_list() to iu_operator, context_pack_readonly;
--! EndIncluded functions/fn_iu_gate_list.sql

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
   "next_step": "Ask an operator to open the gate with public.fn_iu_gate_open."}
]$errors$);
