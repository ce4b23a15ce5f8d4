--! Previous: sha1:5ca73c1723efe9b0117b6bf766be3bf8aa453cda
--! Hash: sha1:52ca9807ac6757f89ae8c92af4f38042c2768fc8
--! Message: units
--! Title: Information units and their versions

--! split: 1-current.sql
set local role workflow_admin;

--! Included functions/iu_core/content_hash.sql
create or replace function iu_core.content_hash(p_body text)
returns text
language sql
immutable
strict
parallel safe
-- convert_to() is stable only because conversions can be redefined; UTF8 to UTF8 never is.
return encode(sha256(convert_to(p_body, 'UTF8')), 'hex');

comment on function iu_core.content_hash(text) is
  'sha256 of the text''s UTF-8 bytes, 64 lower-case hex digits.';
--! EndIncluded functions/iu_core/content_hash.sql

--! Included functions/iu_core/is_address.sql
create or replace function iu_core.is_address(p_address text)
returns boolean
language sql
immutable
strict
parallel safe
return length(p_address) <= 2048
   and p_address collate "C" ~ ('^[A-Z0-9][A-Z0-9-]{1,30}[A-Z0-9]'
                                '(/[A-Z0-9]+(-[A-Z0-9]+)*(~[0-9a-f]{6})?(~[1-9][0-9]*)?)+$');

comment on function iu_core.is_address(text) is
  'True for a canonical address <PREFIX>/<SEGMENT>[/<SEGMENT>…] of at most 2,048 characters (what '
  'an index takes): a prefix of 3 to 32 of A-Z 0-9 -, no dash at its ends; segments of A-Z 0-9 '
  'joined by single dashes, then ~ and 6 hex digits where a long title was cut, ~n for a repeat.';
--! EndIncluded functions/iu_core/is_address.sql

create table public.information_unit (
  id                      uuid             not null,
  canonical_address       text collate "C" not null,
  doc_code                text collate "C" not null
    generated always as (split_part(canonical_address, '/', 1)) stored,
  unit_kind               text collate "C" not null,
  section_type            text collate "C" not null,
  parent_or_container_ref uuid,
  sort_key                text collate "C" not null,
  draft_version_ref       uuid,
  enacted_version_ref     uuid,
  lifecycle_status        text collate "C" not null default 'draft',
  owner_ref               text             not null,
  created_at              timestamptz      not null,
  created_by              text             not null,
  updated_at              timestamptz      not null,
  updated_by              text             not null,
  deleted_at              timestamptz,
  constraint information_unit_pk         primary key (id),
  constraint information_unit_address_uq unique (canonical_address),
  constraint information_unit_address_ck check (iu_core.is_address(canonical_address)),
  constraint information_unit_sort_key_ck
    check (sort_key ~ '^[a-k][0-9A-Za-z]+$'
           and length(sort_key) > ascii(sort_key) - ascii('a') + 1),
  constraint information_unit_draft_ck
    check (lifecycle_status <> 'draft' or draft_version_ref is not null),
  constraint information_unit_not_own_parent_ck check (parent_or_container_ref <> id),
  constraint information_unit_parent_fk
    foreign key (parent_or_container_ref) references public.information_unit (id),
  constraint information_unit_unit_kind_fk
    foreign key (unit_kind) references public.iu_unit_kind (code),
  constraint information_unit_section_type_fk
    foreign key (section_type) references public.iu_section_type (code),
  constraint information_unit_lifecycle_status_fk
    foreign key (lifecycle_status) references public.iu_lifecycle_status (code)
);

create unique index information_unit_sibling_uq
  on public.information_unit (doc_code, parent_or_container_ref, sort_key) nulls not distinct
  where deleted_at is null;

comment on table  public.information_unit                         is
  'One addressable piece of a document: where it stands now and which of its versions count.';
comment on column public.information_unit.id                      is 'iu_core.uuid_v7().';
comment on column public.information_unit.canonical_address       is
  'Address at birth, for life, also after it moved or was deleted. Grammar: iu_core.is_address.';
comment on column public.information_unit.doc_code is
  'The document: the prefix of the address.';
comment on column public.information_unit.unit_kind               is 'Code of iu_unit_kind.';
comment on column public.information_unit.section_type            is 'Code of iu_section_type.';
comment on column public.information_unit.parent_or_container_ref is
  'The unit it stands under, of the same document; null at the top.';
comment on column public.information_unit.sort_key                is
  'Place among its live siblings, in the order of collation C. Keys: iu_core.sort_key_at.';
comment on column public.information_unit.draft_version_ref is
  'Its draft version; null when it has none.';
comment on column public.information_unit.enacted_version_ref is
  'Its version in force; null when it has none.';
comment on column public.information_unit.lifecycle_status        is 'Code of iu_lifecycle_status.';
comment on column public.information_unit.owner_ref               is 'Who answers for its content.';
comment on column public.information_unit.created_at is
  'clock_timestamp() of its creation.';
comment on column public.information_unit.created_by is
  'Actor who created it, as stated by the caller.';
comment on column public.information_unit.updated_at is
  'clock_timestamp() of the latest change of this row.';
comment on column public.information_unit.updated_by is
  'Actor of that change, as stated by the caller.';
comment on column public.information_unit.deleted_at is
  'When it was soft-deleted; null while it lives.';

create table public.unit_version (
  id              uuid             not null,
  unit_id         uuid             not null,
  version_seq     integer          not null,
  title           text             not null,
  body            text             not null,
  content_hash    text collate "C" not null,
  content_profile jsonb            not null default '{}',
  created_at      timestamptz      not null,
  created_by      text             not null,
  constraint unit_version_pk         primary key (id),
  constraint unit_version_seq_uq     unique (unit_id, version_seq),
  constraint unit_version_unit_id_uq unique (unit_id, id),
  constraint unit_version_seq_ck     check (version_seq > 0),
  constraint unit_version_hash_ck    check (content_hash = iu_core.content_hash(body)),
  constraint unit_version_profile_ck check (jsonb_typeof(content_profile) = 'object'),
  constraint unit_version_unit_fk
    foreign key (unit_id) references public.information_unit (id)
);

comment on table  public.unit_version                 is
  'The text of a unit, one row for each version it ever had. Insert-only.';
comment on column public.unit_version.id              is 'iu_core.uuid_v7().';
comment on column public.unit_version.unit_id         is 'The unit.';
comment on column public.unit_version.version_seq     is '1, 2, 3 … within the unit.';
comment on column public.unit_version.title           is 'Heading; may be empty.';
comment on column public.unit_version.body is
  'The text, byte for byte as given; may be empty.';
comment on column public.unit_version.content_hash is
  'sha256 of the body''s UTF-8 bytes, lower-case hex.';
comment on column public.unit_version.content_profile is
  'An object with further facts about the content.';
comment on column public.unit_version.created_at      is 'clock_timestamp() of its writing.';
comment on column public.unit_version.created_by is
  'Actor who wrote it, as stated by the caller.';

-- With the unit in the key: a unit can refer to versions of its own only.
alter table public.information_unit
  add constraint information_unit_draft_version_fk
    foreign key (id, draft_version_ref) references public.unit_version (unit_id, id),
  add constraint information_unit_enacted_version_fk
    foreign key (id, enacted_version_ref) references public.unit_version (unit_id, id);

grant select on public.information_unit to context_pack_readonly;
grant select on public.unit_version     to context_pack_readonly;

--! Included functions/iu_core/keep_unit_identity.sql
create or replace function iu_core.keep_unit_identity()
returns trigger
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if tg_op = 'UPDATE'
     and (new.id, new.canonical_address, new.created_at, new.created_by)
         is not distinct from
         (old.id, old.canonical_address, old.created_at, old.created_by)
  then
    return new;
  end if;
  raise exception 'IU002 immutable: % of unit % is refused', tg_op, old.canonical_address
    using errcode = 'IU002',
          detail  = jsonb_build_object(
                      'table',     tg_table_schema || '.' || tg_table_name,
                      'operation', tg_op,
                      'address',   old.canonical_address)::text,
          hint    = 'A unit keeps its id and address for life and is never deleted; give it a new '
                    'place, or retire it.';
end
$$;

comment on function iu_core.keep_unit_identity() is
  'Lock 2 of information_unit, a BEFORE UPDATE OR DELETE row trigger: refuses with IU002 a delete, '
  'and a change of id, canonical_address, created_at or created_by, for every role.';
--! EndIncluded functions/iu_core/keep_unit_identity.sql

create trigger iu_lock_2_row
  before update or delete on public.information_unit
  for each row execute function iu_core.keep_unit_identity();

-- ------------------------------------------------------------------------------------------------
-- Creating units
-- ------------------------------------------------------------------------------------------------

create type iu_core.unit_spec as (
  index        integer,
  address      text collate "C",
  title        text,
  body         text,
  unit_kind    text collate "C",
  section_type text collate "C",
  owner_ref    text,
  parent_ref   text collate "C",
  shape        text
);

comment on type iu_core.unit_spec is
  'One spec of fn_iu_create_many: its index from 0, its fields, what is wrong with its shape.';

--! Included functions/iu_core/sort_key_at.sql
create or replace function iu_core.sort_key_at(p_ordinal bigint)
returns text
language plpgsql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_alphabet constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  v_rest   bigint := p_ordinal;
  v_digits text   := '';
begin
  loop
    v_digits := substr(v_alphabet, (v_rest % 62)::integer + 1, 1) || v_digits;
    v_rest   := v_rest / 62;
    exit when v_rest = 0;
  end loop;
  return chr(ascii('a') - 1 + length(v_digits)) || v_digits;
end
$$;

comment on function iu_core.sort_key_at(bigint) is
  'The sort key of a whole number from 0 up: a letter that says how many digits follow (a one, b '
  'two, …), then its digits to base 62 (0-9, A-Z, a-z: the order of collation C). So keys compare '
  'as their numbers do: a1 < az < b10. More digits after these are a fraction: a1 < a1V < a2, so '
  'between two keys there is always another; a fraction does not end in 0.';
--! EndIncluded functions/iu_core/sort_key_at.sql

--! Included functions/iu_core/sort_key_ordinal.sql
create or replace function iu_core.sort_key_ordinal(p_sort_key text)
returns bigint
language plpgsql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_alphabet constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  v_ordinal bigint := 0;
begin
  for i in 2 .. ascii(p_sort_key) - ascii('a') + 2 loop
    v_ordinal := v_ordinal * 62 + strpos(v_alphabet, substr(p_sort_key, i, 1)) - 1;
  end loop;
  return v_ordinal;
end
$$;

comment on function iu_core.sort_key_ordinal(text) is
  'The whole number of a sort key (iu_core.sort_key_at), its fraction left out.';
--! EndIncluded functions/iu_core/sort_key_ordinal.sql

--! Included functions/iu_core/last_sort_ordinal.sql
create or replace function iu_core.last_sort_ordinal(p_doc_code text, p_parent_ref uuid)
returns bigint
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_last text;
begin
  -- Two branches, as IS NOT DISTINCT FROM would not use the index of the siblings.
  if p_parent_ref is null then
    select max(u.sort_key) into v_last
      from public.information_unit u
     where u.doc_code = p_doc_code and u.parent_or_container_ref is null and u.deleted_at is null;
  else
    select max(u.sort_key) into v_last
      from public.information_unit u
     where u.doc_code = p_doc_code and u.parent_or_container_ref = p_parent_ref
       and u.deleted_at is null;
  end if;
  return coalesce(iu_core.sort_key_ordinal(v_last), 0);
end
$$;

comment on function iu_core.last_sort_ordinal(text, uuid) is
  'The whole number of the last live sibling''s sort key under a parent (null: the top of the '
  'document); 0 when there is none.';
--! EndIncluded functions/iu_core/last_sort_ordinal.sql

--! Included functions/iu_core/lock_documents.sql
create or replace function iu_core.lock_documents(p_doc_codes text[])
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform pg_advisory_xact_lock(k.key)
     from (
       select distinct hashtextextended('iu_core.document ' || d.doc_code, 0) as key
         from unnest(p_doc_codes) as d (doc_code)
        where d.doc_code is not null
        order by key
     ) as k;
end
$$;

comment on function iu_core.lock_documents(text[]) is
  'Makes this transaction the one writer of the working trees of these documents until it ends, '
  'locking in the order of the keys. One lock covers what units of a document share (an address '
  'not yet taken, the next sort key, an acyclic tree), and a batch of any size takes one lock per '
  'document instead of one per unit.';
--! EndIncluded functions/iu_core/lock_documents.sql

--! Included functions/iu_core/read_unit_specs.sql
create or replace function iu_core.read_unit_specs(p_specs jsonb)
returns iu_core.unit_spec[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(row(
           e.n - 1,
           e.spec ->> 'address',
           e.spec ->> 'title',
           e.spec ->> 'body',
           e.spec ->> 'unit_kind',
           e.spec ->> 'section_type',
           e.spec ->> 'owner_ref',
           e.spec ->> 'parent_ref',
           case
             when jsonb_typeof(e.spec) <> 'object'                              then 'not_an_object'
             when e.spec - array['address', 'title', 'body', 'unit_kind', 'section_type',
                                 'owner_ref', 'parent_ref'] <> '{}'             then 'unknown_key'
             when jsonb_typeof(e.spec -> 'address')      is distinct from 'string'
                                                                             then 'address_not_text'
             when jsonb_typeof(e.spec -> 'title')        is distinct from 'string'
                                                                               then 'title_not_text'
             when jsonb_typeof(e.spec -> 'body')         is distinct from 'string'
                                                                                then 'body_not_text'
             when jsonb_typeof(e.spec -> 'unit_kind')    is distinct from 'string'
                                                                           then 'unit_kind_not_text'
             when jsonb_typeof(e.spec -> 'section_type') is distinct from 'string'
                                                                        then 'section_type_not_text'
             when coalesce(jsonb_typeof(e.spec -> 'owner_ref'), 'null')
                  not in ('string', 'null') or e.spec ->> 'owner_ref' !~ '[^[:space:]]'
                                                                           then 'owner_ref_not_text'
             when coalesce(jsonb_typeof(e.spec -> 'parent_ref'), 'null')
                  not in ('string', 'null')                               then 'parent_ref_not_text'
           end
         )::iu_core.unit_spec order by e.n), '{}')
    from jsonb_array_elements(p_specs) with ordinality as e (spec, n)
$$;

comment on function iu_core.read_unit_specs(jsonb) is
  'The specs of fn_iu_create_many as typed rows, each with what is wrong with its shape, or null.';
--! EndIncluded functions/iu_core/read_unit_specs.sql

--! Included functions/iu_core/judge_unit_specs.sql
create or replace function iu_core.judge_unit_specs(p_specs iu_core.unit_spec[])
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- A plan made for ten specs would be slow for ten thousand.
set plan_cache_mode = force_custom_plan
as $$
begin
  return (
    with recursive batch as materialized (
      select s.* from unnest(p_specs) as s
    ),
    first_of as materialized (
      select b.address, min(b.index) as index, min(b.parent_ref) as parent_ref
        from batch b
       where b.address is not null
       group by b.address
    ),
    -- What hangs on something outside the batch, and what hangs on that: the rest is a circle.
    anchored as (
      select f.address
        from first_of f
       where f.parent_ref is null
          or not exists (select from first_of p where p.address = f.parent_ref)
      union all
      select f.address
        from anchored a
        join first_of f on f.parent_ref = a.address
    ),
    judged as (
      select b.index, b.address,
             case
               when b.shape is not null                                   then b.shape
               when not iu_core.is_address(b.address)                     then 'address_grammar'
               when f.index < b.index                                     then 'duplicate_in_batch'
               when k.code is null                                        then 'unit_kind_unknown'
               when t.code is null                                    then 'section_type_unknown'
               when b.parent_ref is null                                  then null
               when p.address is null and u.id is null                    then 'parent_not_found'
               when u.deleted_at is not null                              then 'parent_deleted'
               when split_part(b.parent_ref, '/', 1)
                    <> split_part(b.address, '/', 1)                 then 'parent_in_other_document'
               when a.address is null                                     then 'parent_circle'
             end as reason
        from batch b
        left join first_of f               on f.address = b.address
        left join first_of p               on p.address = b.parent_ref
        left join anchored a               on a.address = b.address
        left join public.iu_unit_kind k    on k.code = b.unit_kind and k.active
        left join public.iu_section_type t on t.code = b.section_type and t.active
        left join public.information_unit u on u.canonical_address = b.parent_ref
    )
    select jsonb_agg(
             jsonb_build_object('index', j.index, 'address', j.address, 'reason', j.reason)
             order by j.index)
      from judged j
     where j.reason is not null
  );
end
$$;

comment on function iu_core.judge_unit_specs(iu_core.unit_spec[]) is
  'What is wrong with a batch, whole: an array of {index, address, reason}, the first reason of '
  'each bad spec; null when nothing is. Reads the vocabularies and the parents, so the documents '
  'must be locked.';
--! EndIncluded functions/iu_core/judge_unit_specs.sql

--! Included functions/iu_core/place_unit_specs.sql
create or replace function iu_core.place_unit_specs(p_specs iu_core.unit_spec[])
returns table (
  index        integer,
  address      text,
  status       text,
  unit_id      uuid,
  version_id   uuid,
  parent_id    uuid,
  sort_key     text,
  unit_kind    text,
  section_type text,
  owner_ref    text,
  title        text,
  body         text
)
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
-- A plan made for ten specs would be slow for ten thousand. Set here and not on the function that
-- writes, where every foreign key check would be planned anew as well.
set plan_cache_mode = force_custom_plan
as $$
#variable_conflict use_column
begin
  return query
  with spec as materialized (
    select s.*, split_part(s.address, '/', 1) as doc_code, u.id as known_id,
           coalesce(u.id, iu_core.uuid_v7()) as unit_id
      from unnest(p_specs) as s
      left join public.information_unit u on u.canonical_address = s.address
  ),
  placed as materialized (
    select s.*, coalesce(p.unit_id, u.id) as parent_id
      from spec s
      left join spec                    p on p.address = s.parent_ref
      left join public.information_unit u on u.canonical_address = s.parent_ref
  ),
  sibling_group as materialized (
    select g.doc_code, g.parent_id, iu_core.last_sort_ordinal(g.doc_code, g.parent_id) as last
      from (select distinct p.doc_code, p.parent_id from placed p where p.known_id is null) as g
  )
  select p.index, p.address, 'created', p.unit_id, iu_core.uuid_v7(), p.parent_id,
         iu_core.sort_key_at(
           g.last + row_number() over (partition by p.doc_code, p.parent_id order by p.index)),
         p.unit_kind, p.section_type, p.owner_ref, p.title, p.body
    from placed p
    join sibling_group g
      on g.doc_code = p.doc_code and g.parent_id is not distinct from p.parent_id
   where p.known_id is null
  union all
  select p.index, p.address, 'exists_complete', p.unit_id, v.id, null, null,
         p.unit_kind, p.section_type, p.owner_ref, p.title, p.body
    from placed p
    join public.unit_version v on v.unit_id = p.known_id and v.version_seq = 1;
end
$$;

comment on function iu_core.place_unit_specs(iu_core.unit_spec[]) is
  'A sound batch, ready to be written: keys made for what is new (status created), the parent''s '
  'id, and a sort key after the last sibling; for what exists_complete its id and first version. '
  'Writes nothing. The documents must be locked.';
--! EndIncluded functions/iu_core/place_unit_specs.sql

--! Included functions/fn_iu_create_many.sql
create or replace function public.fn_iu_create_many(p_specs jsonb, p_actor text)
returns jsonb
language plpgsql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_now      timestamptz := clock_timestamp();
  v_specs    iu_core.unit_spec[];
  v_problems jsonb;
  v_units    jsonb;
  v_emits    boolean;
  v_facts    iu_core.event_fact[];
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object('p_actor', p_actor));
  if jsonb_typeof(p_specs) is distinct from 'array' then
    perform iu_core.raise_error(
      'IU004', 'p_specs must be an array', jsonb_build_object('arguments', array['p_specs']));
  end if;

  v_specs := iu_core.read_unit_specs(p_specs);
  perform iu_core.lock_documents(
    array(select distinct split_part(s.address, '/', 1) from unnest(v_specs) as s));

  -- Codes that somebody removes right now: waiting here, the batch is judged without them.
  perform from public.iu_unit_kind k
    where k.code in (select s.unit_kind from unnest(v_specs) as s)
    order by k.code
      for key share;
  perform from public.iu_section_type t
    where t.code in (select s.section_type from unnest(v_specs) as s)
    order by t.code
      for key share;

  -- From here each statement sees everything that earlier writers of these documents committed.
  v_problems := iu_core.judge_unit_specs(v_specs);
  if v_problems is not null then
    perform iu_core.raise_error(
      'IU020',
      format('%s of %s specs cannot be created, the first at index %s: %s',
             jsonb_array_length(v_problems), cardinality(v_specs),
             v_problems -> 0 ->> 'index', v_problems -> 0 ->> 'reason'),
      jsonb_build_object('problems', v_problems));
  end if;

  -- Compared is what was born at the address: a unit edited since is still the answer to a re-run.
  select jsonb_agg(
           jsonb_build_object('index', s.index, 'address', s.address, 'unit_id', u.id,
                              'deleted', u.deleted_at is not null)
           order by s.index)
    into v_problems
    from unnest(v_specs) as s
    join public.information_unit u on u.canonical_address = s.address
    join public.unit_version     v on v.unit_id = u.id and v.version_seq = 1
   where u.deleted_at is not null
      or (u.unit_kind, u.section_type, v.title, v.content_hash)
         is distinct from
         (s.unit_kind, s.section_type, s.title, iu_core.content_hash(s.body));
  if v_problems is not null then
    perform iu_core.raise_error(
      'IU021',
      format('%s of %s addresses already name other content, the first is %s',
             jsonb_array_length(v_problems), cardinality(v_specs), v_problems -> 0 ->> 'address'),
      jsonb_build_object('taken', v_problems));
  end if;

  v_emits := iu_core.outbox_is_open();

  -- Unit and version refer to each other. Both keys are made first and both rows written by one
  -- statement: foreign keys are checked at its end, so none has to be deferrable.
  with placed as materialized (
    select p.* from iu_core.place_unit_specs(v_specs) as p
  ),
  unit as (
    insert into public.information_unit
           (id, canonical_address, unit_kind, section_type, parent_or_container_ref, sort_key,
            draft_version_ref, owner_ref, created_at, created_by, updated_at, updated_by)
    select p.unit_id, p.address, p.unit_kind, p.section_type, p.parent_id, p.sort_key,
           p.version_id, coalesce(p.owner_ref, p_actor), v_now, p_actor, v_now, p_actor
      from placed p
     where p.status = 'created'
  ),
  version as (
    insert into public.unit_version
           (id, unit_id, version_seq, title, body, content_hash, created_at, created_by)
    select p.version_id, p.unit_id, 1, p.title, p.body, iu_core.content_hash(p.body), v_now, p_actor
      from placed p
     where p.status = 'created'
  )
  select jsonb_agg(
           jsonb_build_object('index', p.index, 'address', p.address, 'status', p.status,
                              'unit_id', p.unit_id, 'version_id', p.version_id)
           order by p.index),
         array_agg(
           iu_core.fact(
             'piece', 'created', 'public.information_unit', p.unit_id::text, p.address,
             jsonb_build_object(
               'version_id',   p.version_id,
               'version_seq',  1,
               'content_hash', iu_core.content_hash(p.body),
               'doc_code',     split_part(p.address, '/', 1),
               'unit_kind',    p.unit_kind,
               'section_type', p.section_type),
             'piece.created:' || p.version_id)
           order by p.index)
           filter (where v_emits and p.status = 'created')
    into v_units, v_facts
    from placed p;

  if v_facts is not null then
    perform iu_core.emit_events(v_facts, p_actor, iu_core.uuid_v7());
  end if;

  return jsonb_build_object('units', coalesce(v_units, '[]'));
end
$$;

comment on function public.fn_iu_create_many(jsonb, text) is
  'Creates units, each with its first draft version, all or none, in a constant number of '
  'statements. p_specs: an array of {address, title, body, unit_kind, section_type, owner_ref, '
  'parent_ref}, all texts; title and body may be empty; owner_ref may be absent or null (then '
  'p_actor); parent_ref is the address of a unit that exists or is in the batch, absent or null at '
  'the top. New units come after their last sibling, in the order of the array. Returns {units: '
  '[{index, address, status: created | exists_complete, unit_id, version_id}]}, index from 0, in '
  'the order of the array. exists_complete: born there with the same kind, section type, title and '
  'body (version_id is that first version), and nothing was written; place and owner are not '
  'compared, they may have changed. Emits piece.created for each new unit. Refuses the whole batch '
  'with IU020 (detail problems: index, address, reason of each bad spec), with IU021 when an '
  'address names other content or a deleted unit (detail taken), with IU004 bad arguments, IU003 '
  'another isolation. One writer per document: another batch for it waits until this transaction '
  'ends. For iu_editor, cutter_exec.';

revoke all     on function public.fn_iu_create_many(jsonb, text) from public;
grant  execute on function public.fn_iu_create_many(jsonb, text) to iu_editor, cutter_exec;
--! EndIncluded functions/fn_iu_create_many.sql

--! Included functions/fn_iu_create.sql
create or replace function public.fn_iu_create(
  p_address      text,
  p_title        text,
  p_body         text,
  p_actor        text,
  p_unit_kind    text,
  p_section_type text,
  p_owner_ref    text default null,
  p_parent_ref   text default null
)
returns jsonb
language sql
volatile
security definer
set search_path = pg_catalog, pg_temp
as $$
  select (public.fn_iu_create_many(
            jsonb_build_array(jsonb_build_object(
              'address',      p_address,
              'title',        p_title,
              'body',         p_body,
              'unit_kind',    p_unit_kind,
              'section_type', p_section_type,
              'owner_ref',    p_owner_ref,
              'parent_ref',   p_parent_ref)),
            p_actor)
          -> 'units' -> 0) - '{index,address}'::text[]
$$;

comment on function public.fn_iu_create(text, text, text, text, text, text, text, text) is
  'Creates one unit: fn_iu_create_many with one spec, the same rules and errors (index is 0). '
  'Returns {status: created | exists_complete, unit_id, version_id}. For iu_editor, cutter_exec.';

revoke all     on function public.fn_iu_create(text, text, text, text, text, text, text, text)
               from public;
grant  execute on function public.fn_iu_create(text, text, text, text, text, text, text, text)
               to iu_editor, cutter_exec;
--! EndIncluded functions/fn_iu_create.sql

-- ------------------------------------------------------------------------------------------------
-- Reading and checking
-- ------------------------------------------------------------------------------------------------

--! Included functions/fn_iu_get.sql
create or replace function public.fn_iu_get(p_address text)
returns table (
  unit_id           uuid,
  canonical_address text,
  doc_code          text,
  unit_kind         text,
  section_type      text,
  parent_address    text,
  lifecycle_status  text,
  owner_ref         text,
  version_id        uuid,
  version_seq       integer,
  title             text,
  body              text,
  content_hash      text
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.id, u.canonical_address, u.doc_code, u.unit_kind, u.section_type, p.canonical_address,
         u.lifecycle_status, u.owner_ref, v.id, v.version_seq, v.title, v.body, v.content_hash
    from public.information_unit u
    join public.unit_version v on v.id = coalesce(u.enacted_version_ref, u.draft_version_ref)
    left join public.information_unit p on p.id = u.parent_or_container_ref
   where u.canonical_address = p_address
     and u.deleted_at is null
$$;

comment on function public.fn_iu_get(text) is
  'One row: the live unit at an address with the version in force, or else its draft; no row where '
  'there is no live unit. Works read-only and on a standby. For iu_editor, context_pack_readonly.';

revoke all     on function public.fn_iu_get(text) from public;
grant  execute on function public.fn_iu_get(text) to iu_editor, context_pack_readonly;
--! EndIncluded functions/fn_iu_get.sql

--! Included functions/fn_iu_verify_invariants.sql
create or replace function public.fn_iu_verify_invariants(p_unit_ids uuid[] default null)
returns table (unit_id uuid, canonical_address text, invariant text, detail text)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  with recursive asked as materialized (
    select u.*
      from public.information_unit u
     where p_unit_ids is null or u.id = any (p_unit_ids)
  ),
  version_of as materialized (
    select a.id, count(v.id) as versions, min(v.version_seq) as first, max(v.version_seq) as last,
           count(*) filter (where v.content_hash <> iu_core.content_hash(v.body)) as wrong_hashes,
           bool_or(v.id = a.draft_version_ref)   as own_draft,
           bool_or(v.id = a.enacted_version_ref) as own_enacted
      from asked a
      left join public.unit_version v on v.unit_id = a.id
     group by a.id, a.draft_version_ref, a.enacted_version_ref
  ),
  upward (id, parent_ref) as (
    select a.id, a.parent_or_container_ref from asked a where a.parent_or_container_ref is not null
    union all
    select w.id, u.parent_or_container_ref
      from upward w
      join public.information_unit u on u.id = w.parent_ref
     where u.parent_or_container_ref is not null
  ) cycle id, parent_ref set is_circle using path,
  broken as (
    select o.id, 'versions_dense' as invariant,
           format('%s versions, numbered %s to %s', o.versions, o.first, o.last) as detail
      from version_of o
     where (o.versions, o.first, o.last) is distinct from (o.last::bigint, 1, o.last)
    union all
    select a.id, 'refs_own',
           format('draft %s, enacted %s', a.draft_version_ref, a.enacted_version_ref)
      from asked a
      join version_of o on o.id = a.id
     where (a.lifecycle_status = 'draft' and a.draft_version_ref is null)
        or o.own_draft is false
        or o.own_enacted is false
    union all
    select o.id, 'hash_recomputes', format('%s versions do not', o.wrong_hashes)
      from version_of o
     where o.wrong_hashes > 0
    union all
    select a.id, 'address_grammar', 'not a canonical address'
      from asked a
     where not iu_core.is_address(a.canonical_address)
    union all
    select a.id, 'vocabulary_active',
           format('kind %s, section type %s', a.unit_kind, a.section_type)
      from asked a
     where not exists (select from public.iu_unit_kind k where k.code = a.unit_kind and k.active)
        or not exists (
             select from public.iu_section_type t where t.code = a.section_type and t.active)
    union all
    select a.id, 'parent_in_document',
           format('its parent %s is in %s', a.parent_or_container_ref,
                  coalesce(p.doc_code, 'no document: it does not exist'))
      from asked a
      left join public.information_unit p on p.id = a.parent_or_container_ref
     where a.parent_or_container_ref is not null
       and p.doc_code is distinct from a.doc_code
    union all
    select distinct w.id, 'acyclic', 'its parents run in a circle'
      from upward w
     where w.is_circle
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
                 and s.deleted_at is null))
  )
  select b.id, a.canonical_address, b.invariant, b.detail
    from broken b
    join asked a on a.id = b.id
   order by a.canonical_address, b.invariant
$$;

comment on function public.fn_iu_verify_invariants(uuid[]) is
  'One row per broken invariant of these units, or of all when null; no row is healthy. '
  'Invariants: versions_dense, refs_own, hash_recomputes, address_grammar, vocabulary_active, '
  'parent_in_document, acyclic, siblings_unique. What constraints already promise is looked at '
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
         count(b.unit_id) = 0,
         case when count(b.unit_id) = 0
              then (select count(*) || ' units' from public.information_unit)
              else format('%s units, the first is %s: %s', count(b.unit_id),
                          min(b.canonical_address),
                          (array_agg(b.detail order by b.canonical_address))[1])
         end
    from unnest(array['versions_dense', 'refs_own', 'hash_recomputes', 'address_grammar',
                      'vocabulary_active', 'parent_in_document', 'acyclic', 'siblings_unique'])
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
  'public.information_unit', 'state', 'public.fn_iu_create()', '{updated_at,updated_by}');
select iu_core.protect_table('public.unit_version', 'ledger', 'public.fn_iu_create()');

select iu_core.register_errors($errors$[
  {"code": "IU020", "name": "units_refused",
   "problem": "Specs of a batch are wrong, so no unit of it was created.",
   "next_step": "Correct the specs that the detail lists by index and reason, and send all again."},
  {"code": "IU021", "name": "address_taken",
   "problem": "An address already names other content, or a deleted unit.",
   "next_step": "Choose another address; an address names its unit for life."}
]$errors$);
