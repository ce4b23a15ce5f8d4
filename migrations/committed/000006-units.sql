--! Previous: sha1:860ede4700a8f398223f7e4bae7f89f8523a867b
--! Hash: sha1:c1da7f7714ab537eaccc53d2a69dca6193e92afa
--! Message: units
--! Title: Information units, their versions and their names

--! split: 1-current.sql
set local role workflow_admin;

--! Included functions/iu_core/content_hash.sql
create or replace function iu_core.content_hash(p_body text)
returns text
language sql
-- As convert_to() is, because conversions can be redefined (UTF8 to UTF8 never is). Called immutable,
-- or strict, it would not be put into the queries and checks that use it, and cost six times as much.
stable
parallel safe
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

-- Few: looked for when their siblings get new keys.
create index information_unit_deleted_ix
  on public.information_unit (doc_code, parent_or_container_ref)
  where deleted_at is not null;

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
-- Other names
-- ------------------------------------------------------------------------------------------------

create table public.canonical_address_alias (
  alias      text collate "C" not null,
  unit_id    uuid             not null,
  actor      text             not null,
  login      text             not null,
  reason     text             not null,
  created_at timestamptz      not null,
  constraint canonical_address_alias_pk       primary key (alias),
  constraint canonical_address_alias_alias_ck check (iu_core.is_address(alias)),
  constraint canonical_address_alias_unit_fk
    foreign key (unit_id) references public.information_unit (id)
);

create index canonical_address_alias_unit_ix on public.canonical_address_alias (unit_id);

comment on table  public.canonical_address_alias            is
  'Other addresses of units, so that old names keep resolving. Insert-only.';
comment on column public.canonical_address_alias.alias      is
  'The other address; never one that a unit was born with.';
comment on column public.canonical_address_alias.unit_id    is 'The unit it names.';
comment on column public.canonical_address_alias.actor      is 'Who, as stated by the caller.';
comment on column public.canonical_address_alias.login      is 'session_user, as seen by the server.';
comment on column public.canonical_address_alias.reason     is 'Why, as stated by the caller.';
comment on column public.canonical_address_alias.created_at is 'clock_timestamp().';

grant select on public.canonical_address_alias to context_pack_readonly;

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

--! Included functions/iu_core/find_units.sql
create or replace function iu_core.find_units(p_addresses text[])
returns table (n bigint, address text, unit public.information_unit)
language sql
stable
set search_path = pg_catalog, pg_temp
set jit = off
as $$
  -- OFFSET 0: a look-up by key per address, whatever the statistics say of the tables' sizes.
  select a.n, a.address, coalesce(u.unit, o.unit)
    from unnest(p_addresses) with ordinality as a (address, n)
    left join lateral (
      select u as unit
        from public.information_unit u
       where u.canonical_address = a.address
      offset 0) as u on true
    left join lateral (
      select l.unit_id
        from public.canonical_address_alias l
       where l.alias = a.address
      offset 0) as l on true
    left join lateral (
      select u as unit
        from public.information_unit u
       where u.id = l.unit_id
      offset 0) as o on true
$$;

comment on function iu_core.find_units(text[]) is
  'Each address or alias with the unit, live or deleted, that it names, or a null row where there '
  'is none; n from 1 is its place in the array. An alias is never also an address.';
--! EndIncluded functions/iu_core/find_units.sql

--! Included functions/iu_core/find_unit.sql
create or replace function iu_core.find_unit(p_address text)
returns setof public.information_unit
language sql
stable
-- The planner would expect a thousand.
rows 1
set search_path = pg_catalog, pg_temp
as $$
  select (f.unit).*
    from iu_core.find_units(array[p_address]) as f
   where (f.unit).id is not null
$$;

comment on function iu_core.find_unit(text) is
  'The unit, live or deleted, that an address or an alias names; no row where there is none.';
--! EndIncluded functions/iu_core/find_unit.sql

--! Included functions/iu_core/assert_unit.sql
create or replace function iu_core.assert_unit(
  p_unit    public.information_unit,
  p_address text,
  p_live    boolean default true
)
returns public.information_unit
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  if p_unit.id is null or p_live and p_unit.deleted_at is not null then
    perform iu_core.raise_error(
      'IU022',
      case when p_unit.id is null then format('no unit is named %s', coalesce(p_address, 'null'))
           else format('the unit at %s is deleted', p_address)
      end,
      jsonb_build_object('address', p_address, 'deleted', p_unit.deleted_at is not null));
  end if;
  return p_unit;
end
$$;

comment on function iu_core.assert_unit(public.information_unit, text, boolean) is
  'The unit that was found at an address. Refuses with IU022 a null row, and a deleted unit unless '
  'p_live is false.';
--! EndIncluded functions/iu_core/assert_unit.sql

--! Included functions/iu_core/live_unit.sql
create or replace function iu_core.live_unit(p_address text)
returns public.information_unit
language sql
volatile
set search_path = pg_catalog, pg_temp
as $$
  select iu_core.assert_unit(f.unit, p_address)
    from iu_core.find_units(array[p_address]) as f
$$;

comment on function iu_core.live_unit(text) is
  'The live unit that an address or an alias names, not locked. Refuses with IU022 where there is '
  'none.';
--! EndIncluded functions/iu_core/live_unit.sql

--! Included functions/iu_core/lock_unit.sql
create or replace function iu_core.lock_unit(p_address text, p_live boolean default true)
returns public.information_unit
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
declare
  v_unit public.information_unit;
begin
  select f.* into v_unit from iu_core.find_unit(p_address) as f;
  -- What is not there when first looked for is not there: else its document would not be locked.
  if v_unit.id is not null then
    perform iu_core.lock_documents(array[v_unit.doc_code]);
    -- Read by a new statement, which sees what another writer of the document committed meanwhile.
    select f.* into v_unit from iu_core.find_unit(p_address) as f;
  end if;
  return iu_core.assert_unit(v_unit, p_address, p_live);
end
$$;

comment on function iu_core.lock_unit(text, boolean) is
  'The unit that an address or an alias names, its document locked for this transaction. Refuses '
  'with IU022 where there is none, and a deleted one unless p_live is false.';
--! EndIncluded functions/iu_core/lock_unit.sql

--! Included functions/fn_iu_alias_add.sql
create or replace function public.fn_iu_alias_add(
  p_alias   text,
  p_address text,
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
  v_unit  public.information_unit;
  v_named public.information_unit;
begin
  perform iu_core.begin_write();
  perform iu_core.assert_given(jsonb_build_object(
    'p_alias', p_alias, 'p_address', p_address, 'p_actor', p_actor, 'p_reason', p_reason));
  if not iu_core.is_address(p_alias) then
    perform iu_core.raise_error(
      'IU004', 'an alias has the grammar of an address', jsonb_build_object('alias', p_alias));
  end if;

  -- Both documents, in the order of their keys: a unit could be created at the alias right now.
  v_unit := iu_core.live_unit(p_address);
  perform iu_core.lock_documents(array[split_part(p_alias, '/', 1), v_unit.doc_code]);
  v_unit := iu_core.live_unit(p_address);

  select f.* into v_named from iu_core.find_unit(p_alias) as f;
  if v_named.id = v_unit.id then
    return jsonb_build_object('status', 'exists', 'alias', p_alias, 'unit_id', v_unit.id);
  end if;
  if v_named.id is not null then
    perform iu_core.raise_error(
      'IU021',
      format('%s already names another unit', p_alias),
      jsonb_build_object('address', p_alias, 'unit_id', v_named.id));
  end if;

  insert into public.canonical_address_alias (alias, unit_id, actor, login, reason, created_at)
  values (p_alias, v_unit.id, p_actor, session_user, p_reason, clock_timestamp());
  perform iu_core.emit_events(
    array[iu_core.fact('piece', 'alias_added', 'public.information_unit', v_unit.id::text,
                       v_unit.canonical_address, jsonb_build_object('alias', p_alias),
                       'piece.alias_added:' || p_alias)],
    p_actor, iu_core.uuid_v7());
  return jsonb_build_object('status', 'added', 'alias', p_alias, 'unit_id', v_unit.id);
end
$$;

comment on function public.fn_iu_alias_add(text, text, text, text) is
  'Lets another address name a unit, for good: every function that takes an address takes the '
  'alias. It may lie in another document. Returns {status: added | exists, alias, unit_id}; exists '
  'wrote nothing. Refuses with IU021 what already names another unit, IU022 an address that names '
  'none, IU004 bad arguments, IU003 another isolation. For iu_editor, iu_operator.';

revoke all     on function public.fn_iu_alias_add(text, text, text, text) from public;
grant  execute on function public.fn_iu_alias_add(text, text, text, text)
       to iu_editor, iu_operator;
--! EndIncluded functions/fn_iu_alias_add.sql

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

--! Included functions/iu_core/last_sort_key.sql
create or replace function iu_core.last_sort_key(p_doc_code text, p_parent_ref uuid)
returns text
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
begin
  -- Two branches, as IS NOT DISTINCT FROM would not use the index of the siblings.
  if p_parent_ref is null then
    return (
      select max(u.sort_key)
        from public.information_unit u
       where u.doc_code = p_doc_code and u.parent_or_container_ref is null
         and u.deleted_at is null);
  end if;
  return (
    select max(u.sort_key)
      from public.information_unit u
     where u.doc_code = p_doc_code and u.parent_or_container_ref = p_parent_ref
       and u.deleted_at is null);
end
$$;

comment on function iu_core.last_sort_key(text, uuid) is
  'The sort key of the last live unit under a parent (null: the top of the document); null when '
  'there is none.';
--! EndIncluded functions/iu_core/last_sort_key.sql

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

--! Included functions/iu_core/resolve_parent_aliases.sql
create or replace function iu_core.resolve_parent_aliases(p_specs iu_core.unit_spec[])
returns iu_core.unit_spec[]
language sql
stable
set search_path = pg_catalog, pg_temp
as $$
  select case
           when not exists (
             select from unnest(p_specs) as s
              join public.canonical_address_alias a on a.alias = s.parent_ref)
           then p_specs
           else array(
             select row(s.index, s.address, s.title, s.body, s.unit_kind, s.section_type,
                        s.owner_ref, coalesce(u.canonical_address, s.parent_ref),
                        s.shape)::iu_core.unit_spec
               from unnest(p_specs) with ordinality as s
               left join public.canonical_address_alias a on a.alias = s.parent_ref
               left join public.information_unit        u on u.id = a.unit_id
              order by s.ordinality)
         end
$$;

comment on function iu_core.resolve_parent_aliases(iu_core.unit_spec[]) is
  'The specs with every parent_ref that is an alias replaced by the address it stands for.';
--! EndIncluded functions/iu_core/resolve_parent_aliases.sql

--! Included functions/iu_core/judge_unit_specs.sql
create or replace function iu_core.judge_unit_specs(p_specs iu_core.unit_spec[])
returns jsonb
language plpgsql
stable
set search_path = pg_catalog, pg_temp
-- A plan made for ten specs would be slow for ten thousand.
set plan_cache_mode = force_custom_plan
set jit = off
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
set jit = off
as $$
#variable_conflict use_column
declare
  v_top constant uuid := '00000000-0000-0000-0000-000000000000';
begin
  return query
  with spec as materialized (
    select s.*, split_part(s.address, '/', 1) as doc_code, u.id as known_id,
           coalesce(u.id, iu_core.uuid_v7()) as unit_id
      from unnest(p_specs) as s
      left join public.information_unit u on u.canonical_address = s.address
  ),
  placed as materialized (
    select s.*, coalesce(p.unit_id, u.id) as parent_id,
           p.unit_id is not null and p.known_id is null as under_new
      from spec s
      left join spec                    p on p.address = s.parent_ref
      left join public.information_unit u on u.canonical_address = s.parent_ref
  ),
  sibling_group as materialized (
    -- Under a parent that is new itself there are no siblings yet.
    select g.doc_code, g.parent_id,
           case when g.under_new then 0
                else coalesce(iu_core.sort_key_ordinal(
                                iu_core.last_sort_key(g.doc_code, g.parent_id)), 0)
           end as last
      from (select distinct p.doc_code, p.parent_id, p.under_new
              from placed p where p.known_id is null) as g
  )
  select p.index, p.address, 'created', p.unit_id, iu_core.uuid_v7(), p.parent_id,
         iu_core.sort_key_at(
           g.last + row_number() over (partition by p.doc_code, p.parent_id order by p.index)),
         p.unit_kind, p.section_type, p.owner_ref, p.title, p.body
    from placed p
    join sibling_group g
      on g.doc_code = p.doc_code
     -- IS NOT DISTINCT FROM would compare every unit with every group.
     and coalesce(g.parent_id, v_top) = coalesce(p.parent_id, v_top)
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
  v_specs    := iu_core.resolve_parent_aliases(v_specs);
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
           jsonb_build_object('index', s.index, 'address', s.address,
                              'unit_id', coalesce(a.unit_id, u.id),
                              'deleted', u.deleted_at is not null, 'alias', a.alias is not null)
           order by s.index)
    into v_problems
    from unnest(v_specs) as s
    left join public.canonical_address_alias a on a.alias = s.address
    left join public.information_unit        u on u.canonical_address = s.address
    left join public.unit_version            v on v.unit_id = u.id and v.version_seq = 1
   where a.alias is not null
      or u.deleted_at is not null
      or u.id is not null
         and (u.unit_kind, u.section_type, v.title, v.content_hash)
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
  'address names other content or a deleted unit, or is an alias (detail taken), with IU004 bad '
  'arguments, IU003 '
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
-- Addresses from headings
-- ------------------------------------------------------------------------------------------------

--! Included functions/iu_core/fold_to_ascii.sql
create or replace function iu_core.fold_to_ascii(p_text text)
returns text
language sql
immutable
strict
parallel safe
-- From the inside out: compatibility decomposition, marks dropped, letters without a decomposition
-- named, what is left to dashes. Collation C and translate() instead of upper(), as case and
-- character classes differ with the locale.
return trim(both '-' from regexp_replace(
  replace(replace(replace(replace(
    translate(
      regexp_replace(
        normalize(translate(p_text collate "C", 'ŉ', 'n'), nfkd),
        U&'[!0300-!036F!1AB0-!1AFF!1DC0-!1DFF!20D0-!20FF!FE00-!FE0F!FE20-!FE2F]' uescape '!',
        '', 'g'),
      'abcdefghijklmnopqrstuvwxyzđĐðÐħĦıĸłŁŋŊøØŧŦÆŒÞẞ',
      'ABCDEFGHIJKLMNOPQRSTUVWXYZDDDDHHIKLLNNOOTTæœþß'),
    'æ', 'AE'), 'œ', 'OE'), 'þ', 'TH'), 'ß', 'SS'),
  '[^A-Z0-9]+', '-', 'g'));

comment on function iu_core.fold_to_ascii(text) is
  'Words of A-Z and 0-9 joined by single dashes; empty when no Latin letter or digit is left. By '
  'NFKD, so é, ﬁ, ５, ſ and Å become E, FI, 5, S and A; combining marks (U+0300-036F, 1AB0-1AFF, '
  '1DC0-1DFF, 20D0-20FF, FE20-FE2F) and variation selectors (FE00-FE0F) are dropped. Latin '
  'letters that have no decomposition, large and small: đ ð become D, ħ H, ı I, ĸ K, ł L, ŉ ŋ N, '
  'ø O, ŧ T, æ AE, œ OE, þ TH, ß SS. Any other run of characters is one dash, none at the ends. '
  'The same in every locale; characters newer than the server''s Unicode (14 in PostgreSQL 15) '
  'are such others.';
--! EndIncluded functions/iu_core/fold_to_ascii.sql

--! Included functions/iu_core/address_segment.sql
create or replace function iu_core.address_segment(p_title text, p_label text, p_place bigint)
returns text
language sql
immutable
parallel safe
return (
  select case
           when f.folded = ''          then 'S-' || p_place
           when length(f.folded) <= 40 then f.folded
           -- One character more than fits: a dash there ends a word that fits exactly.
           else left(regexp_replace(left(f.folded, 41) collate "C", '-[^-]*$', ''), 40)
                || '~' || left(iu_core.content_hash(normalize(p_title, nfc)), 6)
         end
    -- OFFSET keeps the planner from folding once for each mention above.
    from (select coalesce(p_label, iu_core.fold_to_ascii(p_title)) as folded offset 0) as f
);

comment on function iu_core.address_segment(text, text, bigint) is
  'The segment of one heading before repeats are told apart: its label, or without one its title '
  'folded (iu_core.fold_to_ascii); cut to the words within 40 characters, a longer word at 40, '
  'then ~ and the first 6 hex digits of the sha256 of the title in NFC, as UTF-8; S-<p_place> '
  'where nothing is left of it.';
--! EndIncluded functions/iu_core/address_segment.sql

--! Included functions/iu_core/address_segments.sql
create or replace function iu_core.address_segments(
  p_titles  text[],
  p_parents integer[],
  p_labels  text[]
)
returns table (index integer, parent integer, segment text)
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  with heading as (
    select h.n::integer - 1                                         as index,
           case when left(h.label, 1) = '/' then null else h.parent end as parent,
           ltrim(h.label, '/')                                      as label,
           h.title
      from unnest(p_titles, p_parents, p_labels) with ordinality as h (title, parent, label, n)
  ),
  first_form as materialized (
    select h.index, h.parent,
           iu_core.address_segment(
             h.title, h.label, row_number() over (partition by h.parent order by h.index)
           ) collate "C" as segment
      from heading h
  ),
  numbered as (
    select f.*, row_number() over (partition by f.parent, f.segment order by f.index) as take
      from first_form f
  )
  -- No repeat has six digits: those would read like the hash of a title that was cut.
  select n.index, n.parent,
         n.segment || case when n.take = 1      then ''
                           when n.take < 100000 then '~' || n.take
                           else '~' || n.take + 900000
                      end
    from numbered n
   order by n.index
$$;

comment on function iu_core.address_segments(text[], integer[], text[]) is
  'One row per heading, in order: its index from 0, the index of the heading its address hangs '
  'under (null: the document prefix), and its segment, which no other under that parent has. A '
  'repeat gets ~2, ~3 … ~99999, then ~1000000 and on. Labels as from iu_core.label_headings. What '
  'follows a heading changes nothing of it.';
--! EndIncluded functions/iu_core/address_segments.sql

--! Included functions/iu_core/label_text.sql
create or replace function iu_core.label_text(p_text text)
returns text
language sql
immutable
strict
parallel safe
return translate(
  normalize(p_text, nfc) collate "C",
  U&'!00A0!1680!2000!2001!2002!2003!2004!2005!2006!2007!2008!2009!200A!202F!205F!3000' uescape '!',
  '                ');

comment on function iu_core.label_text(text) is
  'A title, or a pattern, as label rules compare them: in NFC, and with every space separator of '
  'Unicode (no-break, thin, ideographic …) as the blank that a regular expression knows.';
--! EndIncluded functions/iu_core/label_text.sql

--! Included functions/iu_core/is_label_pattern.sql
create or replace function iu_core.is_label_pattern(p_pattern text)
returns boolean
language plpgsql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
declare
  v_pattern constant text := iu_core.label_text(p_pattern);
begin
  -- With an empty group as its last alternative it matches '' for certain, and the match has as
  -- many elements as there are groups. Alone it must be sound as well.
  return regexp_match('', v_pattern collate "C") is distinct from '{}'
     and coalesce(cardinality(regexp_match('', (v_pattern || '|()') collate "C")) = 2, false);
exception
  when invalid_regular_expression then
    return false;
end
$$;

comment on function iu_core.is_label_pattern(text) is
  'True for a regular expression with exactly one capturing group. Not where it switches to '
  'another syntax (***=, (?b), (?q)) or ends in a comment.';
--! EndIncluded functions/iu_core/is_label_pattern.sql

--! Included functions/iu_core/bad_label_rules.sql
create or replace function iu_core.bad_label_rules(p_label_rules jsonb)
returns integer[]
language sql
immutable
strict
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(e.n - 1 order by e.n), '{}')
    from jsonb_array_elements(p_label_rules) with ordinality as e (rule, n)
   where case
           when jsonb_typeof(e.rule) <> 'object'                                           then true
           when e.rule - array['pattern', 'prefix', 'at_root'] <> '{}'                     then true
           when jsonb_typeof(e.rule -> 'pattern') is distinct from 'string'                then true
           when jsonb_typeof(e.rule -> 'prefix')  is distinct from 'string'                then true
           when jsonb_typeof(e.rule -> 'at_root') not in ('boolean', 'null')               then true
           when length(e.rule ->> 'prefix') > 32                                           then true
           when e.rule ->> 'prefix' collate "C" !~ '^[A-Z0-9]+(-[A-Z0-9]+)*$'              then true
           else not iu_core.is_label_pattern(e.rule ->> 'pattern')
         end
$$;

comment on function iu_core.bad_label_rules(jsonb) is
  'The indexes, from 0, of what is no label rule of fn_iu_addresses in an array; empty when all '
  'are.';
--! EndIncluded functions/iu_core/bad_label_rules.sql

--! Included functions/iu_core/bad_headings.sql
create or replace function iu_core.bad_headings(p_headings jsonb)
returns integer[]
language sql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
  select coalesce(array_agg(e.n - 1 order by e.n), '{}')
    from jsonb_array_elements(p_headings) with ordinality as e (heading, n)
   where case
           when jsonb_typeof(e.heading) <> 'object'                                        then true
           when e.heading - array['title', 'parent'] <> '{}'                               then true
           when jsonb_typeof(e.heading -> 'title') is distinct from 'string'               then true
           when coalesce(jsonb_typeof(e.heading -> 'parent'), 'null') = 'null'            then false
           when jsonb_typeof(e.heading -> 'parent') <> 'number'                            then true
           when (e.heading ->> 'parent')::numeric < 0                                      then true
           when (e.heading ->> 'parent')::numeric >= e.n - 1                               then true
           else (e.heading ->> 'parent')::numeric <> trunc((e.heading ->> 'parent')::numeric)
         end
$$;

comment on function iu_core.bad_headings(jsonb) is
  'The indexes, from 0, of what is no heading of fn_iu_addresses in an array, or has a parent that '
  'is not an earlier index; empty when all are sound.';
--! EndIncluded functions/iu_core/bad_headings.sql

--! Included functions/iu_core/label_headings.sql
create or replace function iu_core.label_headings(p_titles text[], p_label_rules jsonb)
returns text[]
language plpgsql
immutable
strict
parallel safe
set search_path = pg_catalog, pg_temp
as $$
declare
  v_titles text[] := array(
    select iu_core.label_text(t.title)
      from unnest(p_titles) with ordinality as t (title, n)
     order by t.n);
  v_labels text[] := array_fill(null::text, array[cardinality(p_titles)]);
  v_rule   record;
begin
  -- Rule by rule, as a session keeps only so many compiled patterns.
  for v_rule in
    select iu_core.label_text(r.rule ->> 'pattern') as pattern,
           case when (r.rule ->> 'at_root')::boolean then '/' else '' end
             || (r.rule ->> 'prefix') || '-' as start
      from jsonb_array_elements(p_label_rules) with ordinality as r (rule, n)
     order by r.n
  loop
    v_labels := array(
      select coalesce(
               h.label,
               v_rule.start || nullif(iu_core.fold_to_ascii(
                 (regexp_match(h.title collate "C", v_rule.pattern))[1]), ''))
        from unnest(v_titles, v_labels) with ordinality as h (title, label, n)
       order by h.n);
  end loop;
  return v_labels;
end
$$;

comment on function iu_core.label_headings(text[], jsonb) is
  'For each title, in order, the label <prefix>-<number> of the first rule of fn_iu_addresses '
  'whose pattern matches and whose group folds to something; with a / before it where the rule is '
  'at_root; null where no rule is for it. The rules must be sound. One pass over the titles per '
  'rule.';
--! EndIncluded functions/iu_core/label_headings.sql

--! Included functions/iu_core/refuse_indexes.sql
create or replace function iu_core.refuse_indexes(
  p_argument text,
  p_indexes  integer[],
  p_problem  text
)
returns void
language plpgsql
volatile
set search_path = pg_catalog, pg_temp
as $$
begin
  perform iu_core.raise_error(
    'IU004',
    format('%s of %s are refused, the first is %s: %s',
           cardinality(p_indexes), p_argument, p_indexes[1], p_problem),
    jsonb_build_object('arguments', array[p_argument], 'bad_indexes', p_indexes));
end
$$;

comment on function iu_core.refuse_indexes(text, integer[], text) is
  'Raises IU004 over elements of an argument that is an array; the detail names it and their '
  'indexes, from 0.';
--! EndIncluded functions/iu_core/refuse_indexes.sql

--! Included functions/iu_core/assert_address_arguments.sql
create or replace function iu_core.assert_address_arguments(
  p_prefix      text,
  p_headings    jsonb,
  p_label_rules jsonb
)
returns void
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
  v_wrong text[] := array_remove(array[
    -- The grammar of a prefix is that of an address with one plain segment after it.
    case when not coalesce(strpos(p_prefix, '/') = 0
                           and iu_core.is_address(p_prefix || '/S'), false) then 'p_prefix' end,
    case when jsonb_typeof(p_headings)    is distinct from 'array' then 'p_headings'    end,
    case when jsonb_typeof(p_label_rules) is distinct from 'array' then 'p_label_rules' end
  ], null);
  v_bad   integer[];
begin
  if v_wrong <> '{}' then
    perform iu_core.raise_error(
      'IU004',
      'p_prefix is 3 to 32 of A-Z 0-9 -, no dash at its ends; p_headings and p_label_rules are '
      'arrays',
      jsonb_build_object('arguments', v_wrong));
  end if;

  v_bad := iu_core.bad_label_rules(p_label_rules);
  if v_bad <> '{}' then
    perform iu_core.refuse_indexes(
      'p_label_rules', v_bad,
      'rules are {pattern, prefix, at_root}: a regular expression with one group, A-Z 0-9 and '
      'single dashes, true or false');
  end if;

  v_bad := iu_core.bad_headings(p_headings);
  if v_bad <> '{}' then
    perform iu_core.refuse_indexes(
      'p_headings', v_bad,
      'headings are {title, parent}: a text, the index of an earlier heading or null');
  end if;
end
$$;

comment on function iu_core.assert_address_arguments(text, jsonb, jsonb) is
  'Refuses with IU004 what fn_iu_addresses cannot take: all bad arguments, else all bad rules, '
  'else all bad headings.';
--! EndIncluded functions/iu_core/assert_address_arguments.sql

--! Included functions/fn_iu_addresses.sql
create or replace function public.fn_iu_addresses(
  p_prefix      text,
  p_headings    jsonb,
  p_label_rules jsonb default '[]'
)
returns table (index integer, segment text, address text)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
  v_titles    text[];
  v_parents   integer[];
  v_addresses text[]    := '{}';
  v_too_long  integer[] := '{}';
  v_heading   record;
  v_above     text;
begin
  perform iu_core.assert_address_arguments(p_prefix, p_headings, p_label_rules);

  select array_agg(e.heading ->> 'title' order by e.n),
         array_agg((e.heading ->> 'parent')::numeric::integer order by e.n)
    into v_titles, v_parents
    from jsonb_array_elements(p_headings) with ordinality as e (heading, n);

  -- A parent comes before its children, so one pass is enough. What is too long stays null, and
  -- what hangs under it with it: an address never grows beyond the limit and one segment.
  for v_heading in
    select s.*
      from iu_core.address_segments(
             v_titles, v_parents, iu_core.label_headings(v_titles, p_label_rules)) as s
     order by s.index
  loop
    v_above := case when v_heading.parent is null then p_prefix
                    else v_addresses[v_heading.parent + 1]
               end;
    index   := v_heading.index;
    segment := v_heading.segment;
    address := v_above || '/' || segment;
    if length(address) > 2048 then
      v_too_long := v_too_long || index;
      address    := null;
    end if;
    v_addresses[index + 1] := address;
    return next;
  end loop;

  if v_too_long <> '{}' then
    perform iu_core.refuse_indexes(
      'p_headings', v_too_long, 'the address would be longer than 2048 characters');
  end if;
end
$$;

comment on function public.fn_iu_addresses(text, jsonb, jsonb) is
  'The addresses of a document''s headings: one row per heading, in order, with its index from 0, '
  'its segment and its address. p_headings: an array of {title, parent}, in document order; title '
  'a text, may be empty; parent the index of an earlier heading, absent or null at the top. '
  'p_label_rules: an array of {pattern, prefix, at_root}; pattern a regular expression with one '
  'capturing group, the number; prefix of A-Z 0-9 and single dashes, up to 32; the first rule '
  'that matches gives <prefix>-<number>; at_root true (absent: false) hangs it directly under the '
  'document. The rules, with examples: docs/addresses.md. Every address is in the grammar of '
  'iu_core.is_address and given once; the same input gives the same addresses, and a heading '
  'added at the end changes none before it. Refuses with IU004 a bad prefix or argument (detail '
  'arguments), bad headings or rules, and headings whose address would be too long, the topmost '
  'of each branch (detail arguments, bad_indexes). Reads no table; works read-only and on a '
  'standby. For iu_editor, cutter_exec, context_pack_readonly.';

revoke all     on function public.fn_iu_addresses(text, jsonb, jsonb) from public;
grant  execute on function public.fn_iu_addresses(text, jsonb, jsonb)
       to iu_editor, cutter_exec, context_pack_readonly;
--! EndIncluded functions/fn_iu_addresses.sql

-- ------------------------------------------------------------------------------------------------
-- Reading
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
  content_hash      text,
  draft_version_id  uuid
)
language sql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
  select u.id, u.canonical_address, u.doc_code, u.unit_kind, u.section_type, p.canonical_address,
         u.lifecycle_status, u.owner_ref, v.id, v.version_seq, v.title, v.body, v.content_hash,
         u.draft_version_ref
    from iu_core.find_unit(p_address) as u
    join public.unit_version v on v.unit_id = u.id and v.id = coalesce(u.enacted_version_ref, u.draft_version_ref)
    left join public.information_unit p on p.id = u.parent_or_container_ref
   where u.deleted_at is null
$$;

comment on function public.fn_iu_get(text) is
  'One row: the live unit at an address or alias with the version in force, or else its draft '
  '(draft_version_id names a draft that waits beside the version in force, too); no row where '
  'there is no live unit, or none of its versions counts any more (superseded, retired: see '
  'fn_iu_history). Works read-only and on a standby. For iu_editor, iu_operator, cutter_exec, '
  'cutter_verify, cutter_approver, context_pack_readonly.';

revoke all     on function public.fn_iu_get(text) from public;
grant  execute on function public.fn_iu_get(text)
       to iu_editor, iu_operator, cutter_exec, cutter_verify, cutter_approver,
          context_pack_readonly;
--! EndIncluded functions/fn_iu_get.sql

reset role;

select iu_core.protect_table(
  'public.information_unit', 'state', 'public.fn_iu_create()', '{updated_at,updated_by}');
select iu_core.protect_table('public.unit_version', 'ledger', 'public.fn_iu_save()');
select iu_core.protect_table('public.canonical_address_alias', 'ledger', 'public.fn_iu_alias_add()');

select iu_core.register_errors($errors$[
  {"code": "IU020", "name": "units_refused",
   "problem": "Specs of a batch are wrong, so no unit of it was created.",
   "next_step": "Correct the specs that the detail lists by index and reason, and send all again."},
  {"code": "IU021", "name": "address_taken",
   "problem": "An address already names other content, or a deleted unit.",
   "next_step": "Choose another address; an address names its unit for life."},
  {"code": "IU022", "name": "unit_not_found",
   "problem": "No live unit has this address.",
   "next_step": "Look the address up in public.v_iu_tree, or restore the unit."}
]$errors$);
