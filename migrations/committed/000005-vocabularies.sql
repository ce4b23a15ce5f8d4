--! Previous: sha1:96a2ff2c26f07b6002175d8ba07ef06abbcc0756
--! Hash: sha1:860ede4700a8f398223f7e4bae7f89f8523a867b
--! Message: vocabularies
--! Title: Vocabularies: unit kinds, section types, lifecycle statuses and the edges between them

--! split: 1-current.sql
set local role workflow_admin;

create table public.iu_unit_kind (
  code        text collate "C" not null,
  name        text             not null,
  description text             not null,
  active      boolean          not null,
  sort_order  integer          not null,
  constraint iu_unit_kind_pk      primary key (code),
  constraint iu_unit_kind_code_ck check (code ~ '^[a-z][a-z0-9_]*$')
);

comment on table  public.iu_unit_kind             is 'What sort of document a unit belongs to.';
comment on column public.iu_unit_kind.code        is 'Code, as written in units.';
comment on column public.iu_unit_kind.name        is 'Name for people.';
comment on column public.iu_unit_kind.description is 'When to use it.';
comment on column public.iu_unit_kind.active is
  'False: retired; units keep it, new ones may not use it.';
comment on column public.iu_unit_kind.sort_order  is 'Order in lists.';

create table public.iu_section_type (
  code        text collate "C" not null,
  name        text             not null,
  description text             not null,
  active      boolean          not null,
  sort_order  integer          not null,
  constraint iu_section_type_pk      primary key (code),
  constraint iu_section_type_code_ck check (code ~ '^[a-z][a-z0-9_]*$')
);

comment on table  public.iu_section_type             is 'The part a unit plays in its document.';
comment on column public.iu_section_type.code        is 'Code, as written in units.';
comment on column public.iu_section_type.name        is 'Name for people.';
comment on column public.iu_section_type.description is 'When to use it.';
comment on column public.iu_section_type.active is
  'False: retired; units keep it, new ones may not use it.';
comment on column public.iu_section_type.sort_order  is 'Order in lists.';

create table public.iu_lifecycle_status (
  code        text collate "C" not null,
  name        text             not null,
  description text             not null,
  active      boolean          not null,
  sort_order  integer          not null,
  constraint iu_lifecycle_status_pk      primary key (code),
  constraint iu_lifecycle_status_code_ck check (code ~ '^[a-z][a-z0-9_]*$')
);

comment on table  public.iu_lifecycle_status is
  'The statuses of a unit; fixed by the lifecycle.';
comment on column public.iu_lifecycle_status.code        is 'Code, as written in units.';
comment on column public.iu_lifecycle_status.name        is 'Name for people.';
comment on column public.iu_lifecycle_status.description is 'What it means.';
comment on column public.iu_lifecycle_status.active is
  'True: the lifecycle needs all of them.';
comment on column public.iu_lifecycle_status.sort_order  is 'Order in lists.';

create table public.iu_vocabulary_history (
  id         uuid             not null,
  vocabulary text             not null,
  code       text collate "C" not null,
  entry      jsonb,
  actor      text             not null,
  login      text             not null,
  changed_at timestamptz      not null,
  constraint iu_vocabulary_history_pk primary key (id)
);

comment on table  public.iu_vocabulary_history is
  'Every change of a vocabulary. Insert-only.';
comment on column public.iu_vocabulary_history.id         is 'iu_core.uuid_v7().';
comment on column public.iu_vocabulary_history.vocabulary is
  'unit_kind, section_type or lifecycle_status.';
comment on column public.iu_vocabulary_history.code       is 'The code.';
comment on column public.iu_vocabulary_history.entry is
  'The row as it became, as JSON; null when it was removed.';
comment on column public.iu_vocabulary_history.actor      is 'Who, as stated by the caller.';
comment on column public.iu_vocabulary_history.login      is 'session_user, as seen by the server.';
comment on column public.iu_vocabulary_history.changed_at is 'clock_timestamp().';

grant select on public.iu_unit_kind          to context_pack_readonly;
grant select on public.iu_section_type       to context_pack_readonly;
grant select on public.iu_lifecycle_status   to context_pack_readonly;
grant select on public.iu_vocabulary_history to context_pack_readonly;

create table public.iu_lifecycle_transition (
  from_status text collate "C" not null,
  to_status   text collate "C" not null,
  constraint iu_lifecycle_transition_pk primary key (from_status, to_status),
  constraint iu_lifecycle_transition_from_fk
    foreign key (from_status) references public.iu_lifecycle_status (code),
  constraint iu_lifecycle_transition_to_fk
    foreign key (to_status) references public.iu_lifecycle_status (code)
);

comment on table  public.iu_lifecycle_transition             is
  'The edges of the lifecycle: which status may follow on which. Insert-only.';
comment on column public.iu_lifecycle_transition.from_status is 'The status a version has.';
comment on column public.iu_lifecycle_transition.to_status   is 'A status that may follow on it.';

grant select on public.iu_lifecycle_transition to context_pack_readonly;

--! Included functions/iu_core/allow_transition.sql
create or replace function iu_core.allow_transition(p_from_status text, p_to_status text)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into public.iu_lifecycle_transition (from_status, to_status)
  values (p_from_status, p_to_status)
$$;

comment on function iu_core.allow_transition(text, text) is
  'Adds an edge to the lifecycle. Called by the migration whose functions follow it. For members '
  'of workflow_admin.';
--! EndIncluded functions/iu_core/allow_transition.sql

--! Included functions/iu_core/raise_transition_error.sql
create or replace function iu_core.raise_transition_error(
  p_address  text,
  p_from     text,
  p_to       text,
  p_problems jsonb default null
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_allowed text[] := array(
    select t.to_status
      from public.iu_lifecycle_transition t
     where t.from_status = p_from
     order by t.to_status);
begin
  perform iu_core.raise_error(
    'IU031',
    format('%s is %s and cannot become %s', p_address, p_from, p_to),
    jsonb_build_object('address', p_address, 'from', p_from, 'to', p_to, 'allowed', v_allowed)
    || case when p_problems is null then '{}'
            else jsonb_build_object('problems', p_problems)
       end);
end
$$;

comment on function iu_core.raise_transition_error(text, text, text, jsonb) is
  'Raises IU031 for a unit, with what its status may become instead, and of a batch every problem. '
  'Never returns.';
--! EndIncluded functions/iu_core/raise_transition_error.sql

--! Included functions/iu_core/vocabulary_table.sql
create or replace function iu_core.vocabulary_table(p_vocabulary text)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_vocabulary is null
     or p_vocabulary not in ('unit_kind', 'section_type', 'lifecycle_status')
  then
    perform iu_core.raise_error(
      'IU004',
      'a vocabulary is unit_kind, section_type or lifecycle_status',
      jsonb_build_object('vocabulary', p_vocabulary));
  end if;
  return 'public.iu_' || p_vocabulary;
end
$$;

comment on function iu_core.vocabulary_table(text) is
  'The table of a vocabulary, safe to put into a statement. Refuses another name with IU004.';
--! EndIncluded functions/iu_core/vocabulary_table.sql

--! Included functions/fn_iu_vocabulary_set.sql
create or replace function public.fn_iu_vocabulary_set(
  p_vocabulary text,
  p_entries    jsonb,
  p_actor      text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_table text := iu_core.vocabulary_table(p_vocabulary);
  v_bad   jsonb;
  v_codes jsonb;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  if jsonb_typeof(p_entries) is distinct from 'array' then
    perform iu_core.raise_error(
      'IU004', 'p_entries must be an array', jsonb_build_object('vocabulary', p_vocabulary));
  end if;

  select jsonb_agg(e.n - 1 order by e.n)
    into v_bad
    from (
      select x.entry, x.n, row_number() over (partition by x.entry ->> 'code' order by x.n) as take
        from jsonb_array_elements(p_entries) with ordinality as x (entry, n)
    ) as e
   where jsonb_typeof(e.entry) <> 'object'
      or jsonb_typeof(e.entry -> 'code') is distinct from 'string'
      or e.entry ->> 'code' !~ '^[a-z][a-z0-9_]*$'
      or jsonb_typeof(e.entry -> 'name') is distinct from 'string'
      or jsonb_typeof(e.entry -> 'description') is distinct from 'string'
      or case when e.entry ->> 'sort_order' ~ '^-?[0-9]{1,19}$'
              then (e.entry ->> 'sort_order')::numeric not between -2147483648 and 2147483647
              else true
         end
      or jsonb_typeof(e.entry -> 'sort_order') is distinct from 'number'
      or case when jsonb_typeof(e.entry) = 'object'
              then e.entry - array['code', 'name', 'description', 'sort_order', 'active'] <> '{}'
              else true
         end
      or coalesce(jsonb_typeof(e.entry -> 'active'), 'boolean') <> 'boolean'
      or e.take > 1;
  if v_bad is not null then
    perform iu_core.raise_error(
      'IU004',
      'entries are {code, name, description, sort_order, active}, each code once, sort_order an '
      'integer',
      jsonb_build_object('vocabulary', p_vocabulary, 'bad_indexes', v_bad));
  end if;

  execute format(
    $statement$
      with written as (
        insert into %s as v (code, name, description, active, sort_order)
        select e.code, e.name, e.description, coalesce(e.active, true), e.sort_order
          from jsonb_to_recordset($1)
               as e (code text, name text, description text, active boolean, sort_order integer)
         order by e.code collate "C"
        on conflict (code) do update
          set name        = excluded.name,
              description = excluded.description,
              active      = excluded.active,
              sort_order  = excluded.sort_order
        where (v.name, v.description, v.active, v.sort_order)
              is distinct from
              (excluded.name, excluded.description, excluded.active, excluded.sort_order)
        returning to_jsonb(v) as entry
      ),
      recorded as (
        insert into public.iu_vocabulary_history
               (id, vocabulary, code, entry, actor, login, changed_at)
        select iu_core.uuid_v7(), $2, w.entry ->> 'code', w.entry, $3, session_user,
               clock_timestamp()
          from written w
        returning code
      )
      select coalesce(jsonb_agg(r.code order by r.code), '[]') from recorded r
    $statement$, v_table)
  into v_codes
  using p_entries, p_vocabulary, p_actor;

  if v_codes <> '[]' then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'vocabulary_changed', v_table, p_vocabulary, null,
        jsonb_build_object('vocabulary', p_vocabulary, 'codes', v_codes))],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object(
    'vocabulary', p_vocabulary,
    'written',    jsonb_array_length(v_codes),
    'unchanged',  jsonb_array_length(p_entries) - jsonb_array_length(v_codes));
end
$$;

comment on function public.fn_iu_vocabulary_set(text, jsonb, text) is
  'Adds or changes codes of unit_kind, section_type or lifecycle_status. p_entries: an array of '
  '{code, name, description, sort_order, active}; active defaults to true, false retires the '
  'code: new units may not use it, and fn_iu_verify_invariants names those that still do. Returns '
  '{vocabulary, written, unchanged}; an entry that is already so is not written. Emits '
  'governance.vocabulary_changed. Refuses with IU004 another vocabulary or bad entries (detail '
  'bad_indexes, from 0), with IU003 another isolation. For members of workflow_admin.';

revoke all on function public.fn_iu_vocabulary_set(text, jsonb, text) from public;
--! EndIncluded functions/fn_iu_vocabulary_set.sql

--! Included functions/fn_iu_vocabulary_remove.sql
create or replace function public.fn_iu_vocabulary_remove(
  p_vocabulary text,
  p_codes      text[],
  p_actor      text
)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_table text := iu_core.vocabulary_table(p_vocabulary);
  v_codes jsonb;
  v_cause text;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  if p_codes is null or array_position(p_codes, null) is not null then
    perform iu_core.raise_error(
      'IU004', 'p_codes must be given, none of them null',
      jsonb_build_object('vocabulary', p_vocabulary));
  end if;

  -- The foreign keys know every user of a code, also those of later migrations.
  begin
    execute format(
      $statement$
        with removed as (
          delete from %s v where v.code = any ($1) returning v.code
        ),
        recorded as (
          insert into public.iu_vocabulary_history
                 (id, vocabulary, code, entry, actor, login, changed_at)
          select iu_core.uuid_v7(), $2, r.code, null, $3, session_user, clock_timestamp()
            from removed r
          returning code
        )
        select coalesce(jsonb_agg(r.code order by r.code), '[]') from recorded r
      $statement$, v_table)
    into v_codes
    using p_codes, p_vocabulary, p_actor;
  exception
    when foreign_key_violation then
      get stacked diagnostics v_cause = pg_exception_detail;
      perform iu_core.raise_error(
        'IU025',
        format('a code of %s is in use', p_vocabulary),
        jsonb_build_object('vocabulary', p_vocabulary, 'codes', p_codes, 'cause', v_cause));
  end;

  if v_codes <> '[]' then
    perform iu_core.emit_events(
      array[iu_core.fact(
        'governance', 'vocabulary_changed', v_table, p_vocabulary, null,
        jsonb_build_object('vocabulary', p_vocabulary, 'codes', v_codes))],
      p_actor, iu_core.uuid_v7());
  end if;
  return jsonb_build_object('vocabulary', p_vocabulary, 'removed', jsonb_array_length(v_codes));
end
$$;

comment on function public.fn_iu_vocabulary_remove(text, text[], text) is
  'Removes codes that nothing uses; codes that are not there are passed over. Returns {vocabulary, '
  'removed}. Emits governance.vocabulary_changed. Refuses with IU025 when one is in use (none is '
  'removed then), with IU004 another vocabulary, with IU003 another isolation. For members of '
  'workflow_admin.';

revoke all on function public.fn_iu_vocabulary_remove(text, text[], text) from public;
--! EndIncluded functions/fn_iu_vocabulary_remove.sql

--! Included functions/fn_iu_check_vocabulary.sql
create or replace function public.fn_iu_check_vocabulary()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select 'unit_kind has active codes', count(*) > 0,
         coalesce(string_agg(k.code, ', ' order by k.sort_order, k.code), 'none')
    from public.iu_unit_kind k
   where k.active
  union all
  select 'section_type has active codes', count(*) > 0,
         coalesce(string_agg(s.code, ', ' order by s.sort_order, s.code), 'none')
    from public.iu_section_type s
   where s.active
  union all
  select 'every lifecycle_status is active', count(*) = 4 and bool_and(l.active),
         string_agg(l.code, ', ' order by l.sort_order, l.code)
    from public.iu_lifecycle_status l
$$;

comment on function public.fn_iu_check_vocabulary() is
  'Scenario rows: unit_kind and section_type have active codes, the four lifecycle statuses are '
  'active. Read only. For iu_operator.';

revoke all     on function public.fn_iu_check_vocabulary() from public;
grant  execute on function public.fn_iu_check_vocabulary() to iu_operator;
--! EndIncluded functions/fn_iu_check_vocabulary.sql

reset role;

select iu_core.protect_table('public.iu_unit_kind', 'state', 'public.fn_iu_vocabulary_set()');
select iu_core.protect_table('public.iu_section_type', 'state', 'public.fn_iu_vocabulary_set()');
select iu_core.protect_table(
  'public.iu_lifecycle_status', 'state', 'public.fn_iu_vocabulary_set()');
select iu_core.protect_table(
  'public.iu_lifecycle_transition', 'ledger', 'iu_core.allow_transition()');
select iu_core.protect_table(
  'public.iu_vocabulary_history', 'ledger', 'public.fn_iu_vocabulary_set()');

select iu_core.register_errors($errors$[
  {"code": "IU025", "name": "code_in_use",
   "problem": "A vocabulary code was to be removed while something uses it.",
   "next_step": "Retire it instead: public.fn_iu_vocabulary_set with active false."},
  {"code": "IU031", "name": "transition_not_allowed",
   "problem": "A status cannot follow on the one the unit has.",
   "next_step": "Choose one of the statuses that the detail allows."}
]$errors$);

-- Structure, not data a DBA turns on: the lifecycle's functions are written for these four.
select public.fn_iu_vocabulary_set('lifecycle_status', $entries$[
  {"code": "draft",      "name": "Draft",      "sort_order": 10,
   "description": "Written, not in force."},
  {"code": "enacted",    "name": "Enacted",    "sort_order": 20,
   "description": "In force."},
  {"code": "superseded", "name": "Superseded", "sort_order": 30,
   "description": "Was in force, replaced by another."},
  {"code": "retired",    "name": "Retired",    "sort_order": 40,
   "description": "Out of use, replaced by nothing."}
]$entries$, 'migration vocabularies');

select iu_core.allow_transition(t.from_status, t.to_status)
  from (values
    ('draft',      'enacted'),
    ('draft',      'retired'),
    ('enacted',    'superseded'),
    ('enacted',    'retired'),
    ('superseded', 'retired')
  ) as t (from_status, to_status);
