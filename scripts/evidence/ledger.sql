-- iu_ledger: what was done to this database, when, by whom and from which bytes.
-- Run by the harness, once per database, as workflow_admin, in one transaction with graphile-migrate's
-- own schema, after migrations/roles.sql.

create schema iu_ledger;

comment on schema iu_ledger is
  'What was done to this database: an insert-only, hash-chained list of events, written by iu.';

-- ---------------------------------------------------------------------------------------------
-- Events
-- ---------------------------------------------------------------------------------------------

create table iu_ledger.event (
  seq             bigint       not null,
  at              timestamptz  not null,
  run_id          uuid         not null,
  kind            text         not null,
  file            text         not null,
  outcome         text         not null,
  actor           text         not null,
  server          text         not null,
  forward_sha256  text,
  forward_digest  text,
  rollback_sha256 text,
  rollback_digest text,
  verify_sha256   text,
  verify_digest   text,
  statements      integer,
  milliseconds    bigint,
  seal            text,
  detail          text,
  previous_hash   text,
  hash            text         not null,
  constraint event_pk                primary key (seq),
  constraint event_previous_hash_uq  unique nulls not distinct (previous_hash),
  constraint event_kind_ck           check (kind in ('migrate', 'rollback', 'runtime', 'revert', 'probe',
                                                     'prove', 'cut', 'seal')),
  constraint event_outcome_ck        check (outcome in ('started', 'done', 'failed'))
);

comment on table iu_ledger.event is
  'One event of the chain. A file is announced (started) with its digests in a transaction of its own, '
  'before it runs; its done event is written in the transaction of the file itself, so the one exists '
  'exactly when the other took effect. Insert-only for every role.';
comment on column iu_ledger.event.seq             is 'Place in the chain: 1, 2, 3 … without gaps.';
comment on column iu_ledger.event.at              is 'clock_timestamp() of the writing.';
comment on column iu_ledger.event.run_id          is 'One run of a verb; the started and done events of a file share it.';
comment on column iu_ledger.event.kind            is 'What was done: migrate, rollback, runtime, revert, probe, prove, cut, seal.';
comment on column iu_ledger.event.file            is 'The file, relative to the project, or the empty text where there is none.';
comment on column iu_ledger.event.outcome         is 'started, done or failed. started without done or failed: the run was killed.';
comment on column iu_ledger.event.actor           is 'session_user.';
comment on column iu_ledger.event.server          is 'system_identifier/database/server_version_num; - where it may not be read.';
comment on column iu_ledger.event.forward_sha256  is 'sha256 of the file''s bytes, hex.';
comment on column iu_ledger.event.forward_digest  is 'Token digest of the file (docs/FORMATS.md), hex: headers and tokens, no comments.';
comment on column iu_ledger.event.rollback_sha256 is 'The same of its rollback file.';
comment on column iu_ledger.event.rollback_digest is 'The same of its rollback file.';
comment on column iu_ledger.event.verify_sha256   is 'The same of the file its Verify header names.';
comment on column iu_ledger.event.verify_digest   is 'The same of the file its Verify header names.';
comment on column iu_ledger.event.statements      is 'Number of statements in the file.';
comment on column iu_ledger.event.milliseconds    is 'From the started event to this one.';
comment on column iu_ledger.event.seal            is 'Content seal of the schema before (started, on a real target) or after (kind seal) the work, hex.';
comment on column iu_ledger.event.detail          is 'JSON: the PostCheck of a started file, the error of a failed one.';
comment on column iu_ledger.event.previous_hash   is 'hash of the event before; null for the first.';
comment on column iu_ledger.event.hash            is 'sha256 over this event and previous_hash: iu_ledger.fn_event_hash.';

create function iu_ledger.fn_event_hash(e iu_ledger.event)
returns text
language sql
stable
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select encode(sha256(convert_to(array_to_json(array[
    e.seq::text, to_char(e.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), e.run_id::text,
    e.kind, e.file, e.outcome, e.actor, e.server,
    e.forward_sha256, e.forward_digest, e.rollback_sha256, e.rollback_digest,
    e.verify_sha256, e.verify_digest, e.statements::text, e.milliseconds::text,
    e.seal, e.detail, e.previous_hash
  ])::text, 'UTF8')), 'hex')
$$;

comment on function iu_ledger.fn_event_hash(iu_ledger.event) is
  'The hash an event must carry: sha256, hex, over the compact JSON array of its columns as texts, in '
  'the order of docs/FORMATS.md, so that it can be recomputed without PostgreSQL.';

-- ---------------------------------------------------------------------------------------------
-- Writing
-- ---------------------------------------------------------------------------------------------

create function iu_ledger.fn_append(
  p_run_id  uuid,
  p_kind    text,
  p_file    text,
  p_outcome text,
  p_facts   jsonb default '{}'
)
returns bigint
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_last    iu_ledger.event;
  v_started iu_ledger.event;
  v_new     iu_ledger.event;
begin
  -- One writer at a time, held to the end of the transaction: the chain has no forks and no gaps.
  lock table iu_ledger.event in exclusive mode;
  select e.* into v_last from iu_ledger.event e order by e.seq desc limit 1;
  select e.* into v_started
    from iu_ledger.event e
   where e.run_id = p_run_id and e.kind = p_kind and e.file = p_file and e.outcome = 'started'
   order by e.seq desc
   limit 1;
  if p_outcome <> 'started' and v_started.seq is null then
    raise exception 'ledger: % % was not announced', p_kind, p_file using
      errcode = 'IU903',
      hint    = 'Apply and roll back through iu; graphile-migrate alone leaves no evidence.';
  end if;

  v_new := jsonb_populate_record(null::iu_ledger.event, p_facts);
  v_new.seq           := coalesce(v_last.seq, 0) + 1;
  v_new.at            := clock_timestamp();
  v_new.run_id        := p_run_id;
  v_new.kind          := p_kind;
  v_new.file          := p_file;
  v_new.outcome       := p_outcome;
  v_new.actor         := session_user;
  v_new.server        := coalesce(v_new.server, v_started.server, '-');
  v_new.milliseconds  := extract(epoch from v_new.at - v_started.at) * 1000;
  v_new.previous_hash := v_last.hash;
  v_new.hash          := iu_ledger.fn_event_hash(v_new);
  insert into iu_ledger.event select v_new.*;
  return v_new.seq;
end
$$;

comment on function iu_ledger.fn_append(uuid, text, text, text, jsonb) is
  'Appends one event and returns its seq. p_facts may carry server, the six digests, statements, seal '
  'and detail, by column name. done and failed need the started event of the same run, kind and file: '
  'IU903 otherwise. For members of workflow_admin.';

create function iu_ledger.fn_guard()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'INSERT' and current_user = 'workflow_admin' and current_setting('role') <> 'workflow_admin' then
    return null;
  end if;
  raise exception 'ledger: % of % is refused', lower(tg_op), tg_table_name using
    errcode = 'IU901',
    hint    = 'The ledger is insert-only and written by iu_ledger.fn_append alone.';
end
$$;

comment on function iu_ledger.fn_guard() is
  'Refuses every write to the ledger that does not come from fn_append: IU901, for every role.';

create trigger event_guard
  before insert or update or delete or truncate on iu_ledger.event
  for each statement execute function iu_ledger.fn_guard();

create function iu_ledger.fn_follow_migrations()
returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  v_run   uuid := nullif(current_setting('iu.run_id', true), '');
  v_file  text := nullif(current_setting('iu.file', true), '');
  v_kind  text := case tg_op when 'INSERT' then 'migrate' when 'DELETE' then 'rollback' end;
  v_check text;
  v_holds boolean;
begin
  if v_run is null or v_file is null or v_kind is null then
    raise exception 'ledger: % of graphile_migrate.migrations outside iu', lower(tg_op) using
      errcode = 'IU903',
      hint    = 'Apply and roll back through iu; graphile-migrate alone leaves no evidence.';
  end if;
  select e.detail::jsonb ->> 'postCheck' into v_check
    from iu_ledger.event e
   where e.run_id = v_run and e.kind = v_kind and e.file = v_file and e.outcome = 'started'
   order by e.seq desc
   limit 1;
  if v_check is not null then
    execute v_check into v_holds;
    if v_holds is not true then
      raise exception 'the PostCheck of % does not hold', v_file using
        errcode = 'IU904',
        detail  = v_check,
        hint    = 'The file ran, but not to its end: look for an INVALID index, drop it, run again.';
    end if;
  end if;
  perform iu_ledger.fn_append(v_run, v_kind, v_file, 'done');
  return null;
end
$$;

comment on function iu_ledger.fn_follow_migrations() is
  'Writes the done event of a migration or a rollback in the transaction that adds or removes its row '
  'in graphile_migrate.migrations. Runs as the migrating login, so that a PostCheck has no more rights '
  'than the file. The session says which file in iu.run_id and iu.file. IU903: nobody announced it; '
  'IU904: the PostCheck does not hold.';

create function iu_ledger.fn_verify_chain()
returns table (seq bigint, problem text)
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  with chain as (
    select e.seq, e.hash, e.previous_hash, iu_ledger.fn_event_hash(e) as expected,
           lag(e.hash) over w as before, row_number() over w as place
      from iu_ledger.event e
    window w as (order by e.seq)
  )
  select c.seq, p.problem
    from chain c
   cross join lateral (values
     (case when c.hash <> c.expected                            then 'the event was changed' end),
     (case when c.previous_hash is distinct from c.before       then 'the event before is not the one it was written after' end),
     (case when c.seq <> c.place                                then 'an event is missing before this one' end)
   ) p (problem)
   where p.problem is not null
   order by c.seq
$$;

comment on function iu_ledger.fn_verify_chain() is
  'The broken links of the chain; none is healthy. Cannot see that the newest events were cut off: a '
  'receipt that cites a later hash can.';

revoke all on function iu_ledger.fn_event_hash(iu_ledger.event)             from public;
revoke all on function iu_ledger.fn_append(uuid, text, text, text, jsonb)   from public;
revoke all on function iu_ledger.fn_guard()                                 from public;
revoke all on function iu_ledger.fn_follow_migrations()                     from public;
revoke all on function iu_ledger.fn_verify_chain()                          from public;

grant usage  on schema iu_ledger                            to context_pack_readonly;
grant select on iu_ledger.event                             to context_pack_readonly;
grant execute on function iu_ledger.fn_event_hash(iu_ledger.event) to context_pack_readonly;
grant execute on function iu_ledger.fn_verify_chain()       to context_pack_readonly;
grant usage  on schema graphile_migrate                     to context_pack_readonly;
grant select on graphile_migrate.migrations                 to context_pack_readonly;

create trigger iu_ledger_follow
  after insert or update or delete on graphile_migrate.migrations
  for each row execute function iu_ledger.fn_follow_migrations();
create trigger iu_ledger_follow_truncate
  after truncate on graphile_migrate.migrations
  for each statement execute function iu_ledger.fn_follow_migrations();
