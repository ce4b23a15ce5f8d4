--! Previous: -
--! Hash: sha1:da7662c363a40deb09cf0918f0f64041d3cbdc26
--! Message: core
--! Title: Core: schema, keys, errors, table classes, the two locks

--! split: 1-current.sql
set local role workflow_admin;

-- What workflow_admin creates from here on is not executable by PUBLIC. Without IN SCHEMA: a
-- default per schema can only add to the built-in grant.
alter default privileges for role workflow_admin revoke execute on functions from public;

create schema iu_core;

comment on schema iu_core is
  'Internals of IU Core. No role but workflow_admin is granted anything.';

-- ------------------------------------------------------------------------------------------------
-- Errors, as data
-- ------------------------------------------------------------------------------------------------

create table public.iu_error (
  code      text collate "C" not null,
  name      text collate "C" not null,
  problem   text             not null,
  next_step text             not null,
  constraint iu_error_pk      primary key (code),
  constraint iu_error_name_uq unique (name),
  constraint iu_error_code_ck check (code ~ '^IU[0-9]{3}$'),
  constraint iu_error_name_ck check (name ~ '^[a-z]+(_[a-z]+)*$')
);

comment on table  public.iu_error is
  'The error codes our functions raise. Each has a page in docs/errors/.';
comment on column public.iu_error.code      is 'SQLSTATE of the exception, class IU.';
comment on column public.iu_error.name      is 'Short name; stands after the code in the message.';
comment on column public.iu_error.problem   is 'What is wrong, in general.';
comment on column public.iu_error.next_step is
  'What to do next; the HINT where the function has no better one.';

grant select on public.iu_error to context_pack_readonly;

-- ------------------------------------------------------------------------------------------------
-- Tables and their locks
-- ------------------------------------------------------------------------------------------------

create table iu_core.governed_table (
  table_name     text collate "C" not null,
  class          text             not null,
  write_function text             not null,
  stamp_columns  text[]           not null default '{}',
  constraint governed_table_pk       primary key (table_name),
  constraint governed_table_class_ck check (class in ('state', 'ledger', 'runtime-object'))
);

comment on table  iu_core.governed_table is
  'Every table of ours and what proofs may expect of its rows.';
comment on column iu_core.governed_table.table_name     is 'schema.table.';
comment on column iu_core.governed_table.class          is
  'state: equal after an undo; ledger: insert-only, an undo adds rows; runtime-object: partitions.';
comment on column iu_core.governed_table.write_function is
  'What to call instead of writing directly.';
comment on column iu_core.governed_table.stamp_columns  is
  'Columns that say when or by whom and may differ after an undo: proofs leave them aside.';

--! Included functions/iu_core/refuse_direct_write.sql
create or replace function iu_core.refuse_direct_write()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  -- True only inside a function owned by workflow_admin: nobody logs in as it, and a session that
  -- became it by SET ROLE or SET SESSION AUTHORIZATION shows in the other two.
  if current_user = 'workflow_admin'
     and session_user <> 'workflow_admin'
     and current_setting('role') <> 'workflow_admin'
  then
    return null;
  end if;

  raise exception 'IU001 direct_write: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'IU001',
          detail  = jsonb_build_object(
                      'table',        tg_table_schema || '.' || tg_table_name,
                      'operation',    tg_op,
                      'current_user', current_user,
                      'role',         current_setting('role'),
                      'use',          tg_argv[0])::text,
          hint    = case current_setting('role')
                      when 'workflow_admin' then 'RESET ROLE, then call '
                      else 'Call '
                    end || tg_argv[0] || '.';
end
$$;

comment on function iu_core.refuse_direct_write() is
  'Lock 1, a BEFORE STATEMENT trigger: refuses INSERT, UPDATE, DELETE, MERGE, COPY and TRUNCATE '
  'with IU001 unless a function owned by workflow_admin runs them, for superusers too. Its '
  'argument is the text naming what to call instead. It is an argument, not a look-up, so that a '
  'stranger to whom somebody granted INSERT reads the same sentence.';
--! EndIncluded functions/iu_core/refuse_direct_write.sql

--! Included functions/iu_core/refuse_change.sql
create or replace function iu_core.refuse_change()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  raise exception 'IU002 immutable: % on %.% is refused', tg_op, tg_table_schema, tg_table_name
    using errcode = 'IU002',
          detail  = jsonb_build_object(
                      'table',     tg_table_schema || '.' || tg_table_name,
                      'operation', tg_op)::text,
          hint    = 'Rows of this table never change; a correction is a new row.';
end
$$;

comment on function iu_core.refuse_change() is
  'Lock 2 of an insert-only table, a BEFORE UPDATE OR DELETE row trigger and a BEFORE TRUNCATE '
  'statement trigger: refuses with IU002 for every role, workflow_admin included.';
--! EndIncluded functions/iu_core/refuse_change.sql

--! Included functions/iu_core/protect_table.sql
create or replace function iu_core.protect_table(
  p_table          regclass,
  p_class          text,
  p_write_function text,
  p_stamp_columns  text[] default '{}'
)
returns void
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
begin
  insert into iu_core.governed_table (table_name, class, write_function, stamp_columns)
  values (p_table::text, p_class, p_write_function, p_stamp_columns);

  -- Triggers of one kind fire in the order of their names: lock 1 speaks first.
  -- Enabled as usual, not ALWAYS: a subscriber or a restore in replica mode must be able to load.
  execute format(
    'create trigger iu_lock_1_write before insert or update or delete or truncate on %s '
    'for each statement execute function iu_core.refuse_direct_write(%L)',
    p_table, p_write_function);

  if p_class = 'ledger' then
    execute format(
      'create trigger iu_lock_2_row before update or delete on %s '
      'for each row execute function iu_core.refuse_change()',
      p_table);
  end if;
  -- Attaching a partition gave it the row triggers of its parent, but not those of statements.
  if p_class = 'ledger'
     or exists (
          select
            from pg_inherits i
            join iu_core.governed_table g on g.table_name = i.inhparent::regclass::text
           where i.inhrelid = p_table and g.class = 'ledger')
  then
    execute format(
      'create trigger iu_lock_2_truncate before truncate on %s '
      'for each statement execute function iu_core.refuse_change()',
      p_table);
  end if;
end
$$;

comment on function iu_core.protect_table(regclass, text, text, text[]) is
  'Registers a new table in iu_core.governed_table and puts its locks on: lock 1 on every table, '
  'lock 2 on a ledger. Called once per table, at the end of the migration that creates it, after '
  'reset role; for a partition (runtime-object) once it is attached. For members of '
  'workflow_admin.';
--! EndIncluded functions/iu_core/protect_table.sql

--! Included functions/iu_core/release_table.sql
create or replace function iu_core.release_table(p_table regclass)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from iu_core.governed_table t where t.table_name = p_table::text
$$;

comment on function iu_core.release_table(regclass) is
  'Takes a table out of iu_core.governed_table, for the rollback that drops it; its locks stay on '
  'until then. For members of workflow_admin.';
--! EndIncluded functions/iu_core/release_table.sql

--! Included functions/iu_core/register_errors.sql
create or replace function iu_core.register_errors(p_errors jsonb)
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  insert into public.iu_error (code, name, problem, next_step)
  select e.code, e.name, e.problem, e.next_step
    from jsonb_to_recordset(p_errors) as e (code text, name text, problem text, next_step text)
$$;

comment on function iu_core.register_errors(jsonb) is
  'Adds error codes to iu_error: an array of {code, name, problem, next_step}, all texts. Called '
  'by the migration whose functions raise them. For members of workflow_admin.';
--! EndIncluded functions/iu_core/register_errors.sql

--! Included functions/iu_core/forget_errors.sql
create or replace function iu_core.forget_errors(p_codes text[])
returns void
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  delete from public.iu_error e where e.code = any (p_codes)
$$;

comment on function iu_core.forget_errors(text[]) is
  'Takes codes out of iu_error again, for the rollback of the migration that registered them. For '
  'members of workflow_admin.';
--! EndIncluded functions/iu_core/forget_errors.sql

-- ------------------------------------------------------------------------------------------------
-- What every governed function uses
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/uuid_v7.sql
create or replace function iu_core.uuid_v7()
returns uuid
language sql
volatile
parallel safe
-- A random UUID whose first 48 bits become Unix milliseconds; setting bits 52 and 53 turns the
-- version nibble 4 into 7. Parsed at creation, so no search_path can change what it means.
return encode(
  set_bit(set_bit(
    overlay(
      uuid_send(gen_random_uuid())
      placing substring(int8send((extract(epoch from clock_timestamp()) * 1000)::bigint) from 3)
      from 1 for 6),
    52, 1), 53, 1),
  'hex')::uuid;

comment on function iu_core.uuid_v7() is
  'A new version 7 UUID: 48 bits of Unix milliseconds, then random bits. Ours, because uuidv7() '
  'exists only since PostgreSQL 18. Takes nothing from a sequence, so a rollback burns nothing.';
--! EndIncluded functions/iu_core/uuid_v7.sql

--! Included functions/iu_core/raise_error.sql
create or replace function iu_core.raise_error(
  p_code    text,
  p_problem text,
  p_detail  jsonb,
  p_hint    text default null
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_error public.iu_error;
begin
  select e.* into strict v_error from public.iu_error e where e.code = p_code;
  raise exception '% %: %', v_error.code, v_error.name, p_problem
    using errcode = v_error.code,
          detail  = p_detail::text,
          hint    = coalesce(p_hint, v_error.next_step);
end
$$;

comment on function iu_core.raise_error(text, text, jsonb, text) is
  'Raises an error of class IU: SQLSTATE p_code, message "<code> <name>: <p_problem>", DETAIL '
  'p_detail, HINT p_hint or the next step that iu_error has for the code. Never returns.';
--! EndIncluded functions/iu_core/raise_error.sql

--! Included functions/iu_core/assert_read_committed.sql
create or replace function iu_core.assert_read_committed()
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if current_setting('transaction_isolation') <> 'read committed' then
    perform iu_core.raise_error(
      'IU003',
      format('this transaction is %s', current_setting('transaction_isolation')),
      jsonb_build_object('isolation', current_setting('transaction_isolation')));
  end if;
end
$$;

comment on function iu_core.assert_read_committed() is
  'Refuses with IU003 in REPEATABLE READ and SERIALIZABLE: there a function would not see what '
  'another session committed while it waited for a lock.';
--! EndIncluded functions/iu_core/assert_read_committed.sql

--! Included functions/iu_core/assert_given.sql
create or replace function iu_core.assert_given(p_arguments jsonb)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_missing text[] := array(
    select a.key
      from jsonb_each_text(p_arguments) as a
     where coalesce(a.value, '') !~ '[^[:space:]]'
     order by a.key);
begin
  if v_missing <> '{}' then
    perform iu_core.raise_error(
      'IU004',
      format('%s must not be empty', array_to_string(v_missing, ', ')),
      jsonb_build_object('arguments', v_missing));
  end if;
end
$$;

comment on function iu_core.assert_given(jsonb) is
  'Refuses with IU004 when a value of {argument: text} is null, empty or blank; names each.';
--! EndIncluded functions/iu_core/assert_given.sql

-- ------------------------------------------------------------------------------------------------
-- Checks
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/assert_no_failure.sql
create or replace function iu_core.assert_no_failure(p_failed text[])
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_failed <> '{}' then
    perform iu_core.raise_error(
      'IU005',
      format('%s of the checks failed: %s', cardinality(p_failed), array_to_string(p_failed, '; ')),
      jsonb_build_object('failed', p_failed));
  end if;
end
$$;

comment on function iu_core.assert_no_failure(text[]) is
  'Refuses with IU005 when the array names a failed scenario: the last statement before a runtime '
  'script commits. For members of workflow_admin.';
--! EndIncluded functions/iu_core/assert_no_failure.sql

--! Included functions/iu_core/check_locks.sql
create or replace function iu_core.check_locks()
returns table (scenario text, ok boolean, detail text)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_table   record;
  v_attempt text;
  v_passed  text[];
begin
  for v_table in
    select g.table_name, g.class, c.oid,
           g.class = 'ledger' or exists (
             select
               from pg_inherits i
               join iu_core.governed_table p on p.table_name = i.inhparent::regclass::text
              where i.inhrelid = c.oid and p.class = 'ledger') as insert_only,
           (select a.attname
              from pg_attribute a
             where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
               and a.attgenerated = ''
             order by a.attnum
             limit 1) as any_column
      from iu_core.governed_table g
      join pg_class c on c.oid = g.table_name::regclass
     order by g.table_name
  loop
    v_passed := '{}';
    -- No attempt can write: lock 1 refuses before the first row, and if it were gone the rows meet
    -- WHERE false or the exception below.
    foreach v_attempt in array array[
      format('insert into %s default values', v_table.table_name),
      format('update %s set %I = default where false', v_table.table_name, v_table.any_column),
      format('delete from %s where false', v_table.table_name)
    ] loop
      begin
        execute v_attempt;
        raise exception using errcode = 'IU001', message = 'passed';
      exception
        when sqlstate 'IU001' then
          if sqlerrm = 'passed' then
            v_passed := v_passed || split_part(v_attempt, ' ', 1);
          end if;
        when others then
          v_passed := v_passed || format('%s (%s)', split_part(v_attempt, ' ', 1), sqlerrm);
      end;
    end loop;

    -- TRUNCATE takes its exclusive lock before any trigger, so here the trigger is only looked at.
    if not exists (
      select from pg_trigger t
       where t.tgrelid = v_table.oid
         and t.tgfoid = 'iu_core.refuse_direct_write'::regproc
         and t.tgtype & 32 <> 0
         and t.tgenabled in ('O', 'A'))
    then
      v_passed := v_passed || 'truncate'::text;
    end if;

    if v_table.insert_only and (
      select count(*) from pg_trigger t
       where t.tgrelid = v_table.oid
         and t.tgfoid = 'iu_core.refuse_change'::regproc
         and t.tgenabled in ('O', 'A')) <> 2
    then
      v_passed := v_passed || 'lock 2'::text;
    end if;

    scenario := format('%s refuses direct writes', v_table.table_name);
    ok       := v_passed = '{}';
    detail   := case when ok then v_table.class
                     else 'not refused: ' || array_to_string(v_passed, ', ')
                end;
    return next;
  end loop;
end
$$;

comment on function iu_core.check_locks() is
  'One scenario row per governed table: INSERT, UPDATE and DELETE are tried as the caller and must '
  'be refused with IU001, the TRUNCATE trigger and the locks of a ledger and its partitions must '
  'be enabled. Writes nothing, whether they hold or not. Not on a standby. For members of '
  'workflow_admin, with rights on the tables, as otherwise a missing privilege answers before the '
  'lock does.';
--! EndIncluded functions/iu_core/check_locks.sql

--! Included functions/fn_iu_check_locks.sql
create or replace function public.fn_iu_check_locks()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  -- tgtype: 1 row, 2 before, 4 insert, 8 delete, 16 update, 32 truncate.
  with wanted (class, name, function, type) as (
    values (null,     'lock 1',          'iu_core.refuse_direct_write'::regproc::oid, 62),
           ('ledger', 'lock 2, row',     'iu_core.refuse_change'::regproc::oid,       27),
           ('ledger', 'lock 2, truncate', 'iu_core.refuse_change'::regproc::oid,      34)
  )
  select format('%s has its locks on', g.table_name),
         count(w.name) filter (where t.oid is null) = 0,
         coalesce('not there or not enabled: '
                  || string_agg(w.name, '; ' order by w.name) filter (where t.oid is null),
                  g.class)
    from iu_core.governed_table g
    join wanted w on w.class is null or w.class = g.class
    left join pg_trigger t on t.tgrelid = to_regclass(g.table_name)
                          and t.tgfoid = w.function
                          and t.tgtype & 63 = w.type
                          and t.tgenabled in ('O', 'A')
   group by g.table_name, g.class
   order by g.table_name
$$;

comment on function public.fn_iu_check_locks() is
  'One scenario row per governed table: the triggers that lock it are there and enabled. Looks '
  'only, so it works read-only and on a standby, and does not see a trigger function whose body '
  'was replaced; iu_core.check_locks() tries the locks. For iu_operator.';

revoke all     on function public.fn_iu_check_locks() from public;
grant  execute on function public.fn_iu_check_locks() to iu_operator;
--! EndIncluded functions/fn_iu_check_locks.sql

--! Included functions/fn_iu_check_roles.sql
create or replace function public.fn_iu_check_roles()
returns table (scenario text, ok boolean, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with ours (name) as (
    values ('workflow_admin'), ('cutter_exec'), ('cutter_verify'), ('cutter_approver'),
           ('iu_operator'), ('iu_worker'), ('iu_editor'), ('context_pack_readonly')
  ),
  duty (name) as (
    values ('cutter_exec'), ('cutter_verify'), ('cutter_approver')
  ),
  -- Since 16 whoever creates a role administers it without holding it.
  holder as (
    select r.rolname, string_agg(d.name, ', ' order by d.name) as duties
      from pg_roles r
      join duty d on to_regrole(d.name) <> r.oid
     where not r.rolsuper
       and case when current_setting('server_version_num')::integer >= 160000
                then pg_has_role(r.oid, to_regrole(d.name), 'usage')
                  or pg_has_role(r.oid, to_regrole(d.name), 'set')
                else pg_has_role(r.oid, to_regrole(d.name), 'member')
           end
     group by r.rolname
    having count(*) > 1
  ),
  stray_admin as (
    select r.rolname
      from pg_roles r
     where r.rolname <> 'workflow_admin'
       and not r.rolsuper
       and pg_has_role(r.oid, to_regrole('workflow_admin'), 'member')
       and not (r.rolcanlogin and (r.rolcreaterole or r.rolname = session_user))
  ),
  open_function as (
    select p.oid::regprocedure::text as name
      from pg_proc p
     cross join lateral aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) as a
     where p.proowner = to_regrole('workflow_admin')
       and a.grantee = 0
  )
  select 'every role exists',
         count(*) filter (where to_regrole(o.name) is null) = 0,
         coalesce('missing: ' || string_agg(o.name, ', ' order by o.name)
                                 filter (where to_regrole(o.name) is null),
                  count(*) || ' roles')
    from ours o
  union all
  select 'no role of ours can log in',
         count(*) filter (where r.rolcanlogin) = 0,
         coalesce('can log in: ' || string_agg(r.rolname, ', ' order by r.rolname)
                                    filter (where r.rolcanlogin),
                  'all nologin')
    from ours o
    join pg_roles r on r.rolname = o.name
  union all
  select 'nobody holds two of cutter_exec, cutter_verify, cutter_approver',
         count(*) = 0,
         coalesce(string_agg(h.rolname || ' holds ' || h.duties, '; ' order by h.rolname),
                  'not counted, as superusers: '
                  || (select string_agg(s.rolname, ', ' order by s.rolname)
                        from pg_roles s where s.rolsuper))
    from holder h
  union all
  select 'workflow_admin is granted to migrating logins only',
         count(*) = 0,
         coalesce('also to: ' || string_agg(s.rolname, ', ' order by s.rolname),
                  'each holder is a login with CREATEROLE, or this one')
    from stray_admin s
  union all
  select 'PUBLIC can execute nothing of ours',
         count(*) = 0,
         coalesce(string_agg(f.name, ', ' order by f.name), 'no function')
    from open_function f
$$;

comment on function public.fn_iu_check_roles() is
  'Scenario rows about the roles: they exist, none can log in, nobody holds two of the three '
  'cutter duties (superusers are named, not counted), workflow_admin is held by migrating logins '
  'only (a login with CREATEROLE, or the one that asks), and PUBLIC can execute nothing. Read '
  'only. For iu_operator.';

revoke all     on function public.fn_iu_check_roles() from public;
grant  execute on function public.fn_iu_check_roles() to iu_operator;
--! EndIncluded functions/fn_iu_check_roles.sql

reset role;

select iu_core.protect_table('iu_core.governed_table', 'state', 'iu_core.protect_table()');
select iu_core.protect_table('public.iu_error', 'state', 'iu_core.register_errors()');

select iu_core.register_errors($errors$[
  {"code": "IU001", "name": "direct_write",
   "problem": "A governed table was written to by direct SQL.",
   "next_step": "Call the function that the hint names, without SET ROLE workflow_admin."},
  {"code": "IU002", "name": "immutable",
   "problem": "A row, or a column of it, that never changes was to be changed or deleted.",
   "next_step": "Write a new row through the governed function: a correction is a new row."},
  {"code": "IU003", "name": "wrong_isolation",
   "problem": "A governed function that writes was called outside READ COMMITTED.",
   "next_step": "Begin the transaction with BEGIN ISOLATION LEVEL READ COMMITTED."},
  {"code": "IU004", "name": "invalid_argument",
   "problem": "An argument is missing, empty or of the wrong shape.",
   "next_step": "Correct what the detail names; the function's COMMENT states the shape."},
  {"code": "IU005", "name": "check_failed",
   "problem": "A script's own checks found something wrong, so nothing of it was committed.",
   "next_step": "Put right what the rows with ok = false say, and run the script again."}
]$errors$);
